/** What python/prodserver_deep.py tells, one JSON object a line. */
import * as z from 'zod';
import { DEEP_STEPS, DOOR_TROUBLES, type DeepStep } from '../model/deep.ts';

const placeSchema = z.object({ file: z.string(), line: z.number(), text: z.string() });

const errorSchema = z.object({
  /** `ModuleNotFoundError`, or with its module where it is no builtin. */
  type: z.string(),
  text: z.string(),
  /** The module that is not there. */
  missing: z.string().nullable(),
  /** The last line of the project's own code on the way to it. */
  place: placeSchema.nullable(),
  trace: z.array(z.string()),
});

export type ProjectError = z.output<typeof errorSchema>;

const troubleSchema = z.object({
  kind: z.enum(DOOR_TROUBLES),
  detail: z.string(),
  missing: z.string().nullable(),
});

/** Why a broker or a result backend did not answer. */
export type DoorTrouble = z.output<typeof troubleSchema>;

const doorSchema = z.object({
  /** As kombu writes it, its password masked. */
  url: z.string(),
  host: z.string().nullable(),
  port: z.union([z.number(), z.string()]).nullable(),
  trouble: troubleSchema.nullable(),
});

export type Door = z.output<typeof doorSchema>;

const sentSchema = z.object({
  name: z.string(),
  task: z.string(),
  from: z.enum(['settings', 'database', 'redis']),
});

/** An entry of beat's schedule. */
export type Sent = z.output<typeof sentSchema>;

const djangoAppSchema = z.object({
  label: z.string(),
  installed: z.boolean(),
  unapplied: z.array(z.string()),
  unreachable: z.string().nullable(),
  database: z
    .object({ alias: z.string(), vendor: z.string(), name: z.string(), host: z.string().nullable() })
    .nullable(),
});

/** How far an application of Django's is there. */
export type DjangoApp = z.output<typeof djangoAppSchema>;

const failed = { question: z.number(), ok: z.literal(false), error: errorSchema };
const told = { question: z.number(), ok: z.literal(true) };

const step = <S extends DeepStep, T extends z.ZodRawShape>(name: S, shape: T) =>
  z.object({ ...told, step: z.literal(name), ...shape });

const toldSchema = z.discriminatedUnion('step', [
  step('packages', {
    python: z.string(),
    executable: z.string(),
    versions: z.record(z.string(), z.string().nullable()),
  }),
  step('app', { main: z.string().nullable() }),
  /** The application's own tasks; `django`: INSTALLED_APPS, null where there is no Django. */
  step('tasks', { names: z.array(z.string()), django: z.array(z.string()).nullable() }),
  step('schedule', { schedule: z.array(sentSchema) }),
  step('scheduler', {
    scheduler: z.string(),
    keeper: z.enum(['database', 'redis', 'own']),
    schedule: z.array(sentSchema),
    django_app: djangoAppSchema.nullable(),
  }),
  step('broker', { doors: z.array(doorSchema) }),
  step('results', {
    ...doorSchema.shape,
    url: z.string().nullable(),
    /** The class. */
    backend: z.string(),
    /** False: it cannot be asked without leaving a trace. */
    asked: z.boolean(),
    django_app: djangoAppSchema.nullable(),
  }),
  step('web', {
    callable: z.boolean(),
    /** Null where it cannot be told. */
    interface: z.enum(['wsgi', 'asgi']).nullable(),
    is: z.string(),
  }),
  step('setup', {}),
  step('commands', {
    known: z.array(z.string()),
    /** Which application each of the commands asked for is of. */
    owners: z.record(z.string(), z.string()),
    apps: z.array(z.string()),
  }),
  step('migrations', djangoAppSchema.shape),
]);

const failedSchema = z.object({ ...failed, step: z.enum(DEEP_STEPS) });

export type Told = z.output<typeof toldSchema>;
export type ToldBy<S extends DeepStep> = Extract<Told, { step: S }>;
export type Failed = z.output<typeof failedSchema>;

const lineSchema = z.union([
  toldSchema,
  failedSchema,
  z.object({ at: z.tuple([z.number(), z.enum(DEEP_STEPS)]) }),
  z.object({ done: z.literal(1) }),
]);

export type Line = z.output<typeof lineSchema>;

/** One line of an interview; null for what is none: the stack of a step that hangs, or what the project wrote there. */
export function parseLine(text: string): Line | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // no JSON
  }
}
