/** What a backend of the user's own must be, and what its methods must give. A description is what an error says was expected. */
import * as z from 'zod';
import type { Compiled, Entry, Finding, Subject } from '../backends/backend.ts';
import { KILL } from '../backends/backend.ts';
import type { Options } from '../backends/options.ts';
import { isMade } from '../backends/toolkit.ts';
import type { Readiness, Rung } from '../model/spec.ts';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const texts = z.array(z.string().min(1)).describe('a list of texts');
const argv = z
  .array(z.string())
  .refine(([program = '']) => program !== '')
  .describe('a list of texts: the program and its arguments')
  .transform((given) => given as [string, ...string[]]);
const milliseconds = z.number().int().min(0).describe('a whole number of milliseconds from 0');

/** One export of the file. */
export const backendSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z]\w*$/)
      .describe('a name of letters and digits, such as HttpServer'),
    paths: texts.default([]),
    app: z
      .enum(['wsgi', 'asgi', 'celery', 'none'])
      .describe('one of wsgi, asgi, celery, none')
      .default('none'),
    cmd: z.enum(['required', 'none']).describe('one of required, none').default('none'),
    singleton: z.boolean().describe('true or false').default(false),
    package: z.string().min(1).nullable().describe('the name of a Python package, or null').default(null),
    options: z.custom<() => unknown>(isFunction).describe('a function that gives the options').optional(),
    rules: z.custom<(subject: Subject) => unknown>(isFunction).describe('a function').optional(),
    compile: z.custom<(entry: Entry) => unknown>(isFunction).describe('a function'),
  })
  .describe('a mapping with name and compile');

export const optionsSchema: z.ZodType<Options> = z
  .record(z.string(), z.custom<Options[string]>(isMade).describe('an option that the toolkit has made'))
  .describe('a mapping of names to options');

const CODES = ['option-ignored', 'option-otherwise', 'option-unwise', 'option-refused', 'option-conflict'];
const finding = z
  .strictObject({
    option: z.string().nullable(),
    failure: z.object({ code: z.enum(CODES), facts: z.record(z.string(), z.string()) }),
  })
  .describe('what a function of the toolkit gives');

/** The toolkit's own functions tie the facts to their code. */
export const findingsSchema = z
  .array(finding)
  .describe('a list of what functions of the toolkit give') as unknown as z.ZodType<Finding[]>;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const signal = z.enum(SIGNALS).describe(`one of ${SIGNALS.join(', ')}`);
const anySignal = z.enum([...SIGNALS, 'SIGKILL']).describe(`one of ${SIGNALS.join(', ')}, SIGKILL`);

const address = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('tcp'),
      host: z.string().describe('text'),
      port: z.number().int().min(1).max(65535).describe('a port'),
    }),
    z.strictObject({ kind: z.literal('unix'), path: z.string().min(1).describe('a path') }),
  ])
  .describe('{kind: tcp, host, port} or {kind: unix, path}');

const readiness = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('alive'), afterMs: milliseconds }),
    z.strictObject({
      kind: z.literal('listen'),
      addresses: z.array(address).describe('a list of addresses'),
    }),
    z.strictObject({
      kind: z.literal('http'),
      url: z.string().min(1).describe('a path or a URL'),
      addresses: z.array(address).describe('a list of addresses').default([]),
    }),
    z.strictObject({ kind: z.literal('command'), argv }),
    z.strictObject({
      kind: z.literal('file'),
      path: z.string().min(1).describe('a path'),
      maxAgeMs: milliseconds.nullable().default(null),
    }),
  ])
  .describe(
    'a mapping whose kind is one of alive, listen, http, command, file',
  ) satisfies z.ZodType<Readiness>;

const rung = z.strictObject({ signal: anySignal, waitMs: milliseconds });
/** What ends it for certain comes last, also where its author did not think of it. */
const ladder = z
  .array(rung)
  .min(1)
  .describe('a list of {signal, waitMs}')
  .transform((rungs) => (rungs.at(-1)?.signal === 'SIGKILL' ? rungs : [...rungs, KILL]) as [Rung, ...Rung[]]);

const KINDS = ['node', 'worker', 'statedb', 'schedule', 'pidfile'] as const;

/** Only Celery's own processes report from inside. */
export const compiledSchema = z
  .strictObject({
    argv,
    added: texts.default([]),
    env: z.record(z.string(), z.string()).describe('a mapping of names to texts').default({}),
    readiness: readiness.default({ kind: 'alive', afterMs: 1000 }),
    stop: ladder.default([{ signal: 'SIGTERM', waitMs: 10_000 }, KILL]),
    startTimeoutMs: milliseconds.default(60_000),
    permanentExitCodes: z
      .array(z.number().int().min(1).max(255))
      .describe('a list of exit codes from 1 to 255')
      .default([]),
    stackDump: signal.nullable().default(null),
    reload: z
      .strictObject({
        signal,
        order: z.enum(['new-first', 'old-first']).describe('one of new-first, old-first'),
      })
      .nullable()
      .describe('{signal, order}, or null')
      .default(null),
    unfit: z
      .partialRecord(anySignal, z.string())
      .describe('a mapping of signals to what the program does')
      .default({}),
    overlap: z
      .union([
        z.strictObject({ token: z.number().int().min(0), at: z.number().int().min(0) }),
        z.literal('alike'),
      ])
      .nullable()
      .describe('{token, at}, "alike", or null')
      .default(null),
    singleton: z
      .strictObject({ kind: z.literal('name'), name: z.string().min(1) })
      .nullable()
      .describe('{kind: name, name}, or null')
      .default(null),
    claims: z
      .array(
        z.strictObject({
          kind: z.enum(KINDS).describe(`one of ${KINDS.join(', ')}`),
          value: z.string().describe('text'),
          option: z.string().describe('text'),
        }),
      )
      .describe('a list of {kind, value, option}')
      .default([]),
  })
  .describe('a mapping with argv') satisfies z.ZodType<Omit<Compiled, 'link' | 'linkLoop'>>;

export type BackendInput = z.output<typeof backendSchema>;
