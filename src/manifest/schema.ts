import * as z from 'zod';
import { parseDuration } from '../model/units.ts';

/** What an error says was expected, and an editor shows. */
const DURATION = 'a duration such as 30s, 5m or 1h30m';

export const isDurationText = (expected: string): boolean => expected === DURATION;

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== null)
  .transform((text) => parseDuration(text) ?? 0)
  .describe(DURATION);

const whole = (min: number, expects: string): z.ZodType<number> =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .refine((value) => Number.isInteger(value) && value >= min)
    .describe(expects);

const text = (expects: string): z.ZodString => z.string().min(1).describe(expects);
/** Interpolation makes texts, so "true" and "false" are understood as well. */
const yesNo = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
  .describe('true or false');

const ready = z
  .strictObject({
    http: z
      .string()
      .regex(/^(\/|https?:\/\/)/)
      .describe('a path such as /healthz, or a URL')
      .optional(),
    tcp: z.string().regex(/:\d+$/).describe('HOST:PORT').optional(),
    timeout: duration.optional(),
  })
  .describe('a mapping with http, tcp, timeout');

const restart = z
  .strictObject({
    policy: z.enum(['always', 'on-failure', 'never']).describe('one of always, on-failure, never').optional(),
    'max-attempts': whole(1, 'a whole number from 1').optional(),
    'stable-after': duration.optional(),
    significant: yesNo.optional(),
    backoff: z
      .strictObject({
        initial: duration.optional(),
        max: duration.optional(),
        factor: z.number().min(1).max(10).describe('a number from 1 to 10').optional(),
      })
      .describe('a mapping with initial, max, factor')
      .optional(),
  })
  .describe('a mapping with policy, max-attempts, backoff, stable-after, significant');

/** YAML reads `sleep 10` in a list as a number; a program gets text. */
const token = z.union([z.string(), z.number().transform(String)]);
const scalar = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .describe('text, a number or true/false');

/** An entry of PRODUCTION_PROCESSES. ARGS are checked by the backend's own table. */
export const entrySchema = z.strictObject({
  BACKEND: text('a backend such as GunicornServer, CeleryWorker, CeleryBeat, CeleryFlower or Command'),
  APP: text('the application, as myproject.wsgi or myproject.celery.app').optional(),
  ARGS: z.unknown().optional(),
  EXTRA_ARGS: z.array(token).describe('a list of texts, passed on unchecked').optional(),
  CMD: z.array(token).min(1).describe('a list: the program and its arguments').optional(),
  ENV: z.record(z.string(), scalar).describe('a mapping of names to values').optional(),
  CWD: text('a folder').optional(),
  INSTANCES: whole(1, 'a whole number from 1').optional(),
  AUTOSTART: yesNo.optional(),
  READY: ready.optional(),
  STOP: z.strictObject({ timeout: duration.optional() }).describe('a mapping with timeout').optional(),
  RESTART: restart.optional(),
  LOCK: z
    .strictObject({ name: text('a name').optional() })
    .describe('a mapping with name')
    .optional(),
});

export const supervisorSchema = z
  .strictObject({
    python: text('the path or the name of an interpreter').optional(),
    'on-fatal': z.enum(['keep', 'shutdown']).describe('one of keep, shutdown').optional(),
  })
  .describe('a mapping with python, on-fatal');

export type EntryInput = z.output<typeof entrySchema>;
export type SupervisorInput = z.output<typeof supervisorSchema>;

/** Keys that the design has and this version does not: refused by name, never ignored. */
const PLANNED = new Set(
  (
    'ENV_FILE USER GROUP UMASK LIMITS DEPENDS_ON WAIT_FOR LIVE RECYCLE LOG ONESHOT LOCK.redis LOCK.file LOCK.ttl ' +
    'STOP.signal READY.command READY.file SUPERVISOR.backends'
  ).split(' '),
);

export const isPlannedKey = (path: readonly (string | number)[]): boolean =>
  PLANNED.has(path.slice(path[0] === 'SUPERVISOR' ? 0 : 2).join('.'));

/** Longer names would not fit into a node name or a log prefix. */
export const NAME_RULE = 'letters, digits, "_" and "-", 63 at most, a letter or digit first';
export const isName = (name: string): boolean => /^[A-Za-z0-9][\w-]{0,62}$/.test(name);
