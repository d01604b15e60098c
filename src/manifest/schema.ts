import * as z from 'zod';
import { HTTP_ADDRESS, HTTP_EXPECTS, parseHttpAddress } from '../model/http-door.ts';
import { limits } from './limits.ts';
import { dependsOn, live, ready, waitFor } from './schema-health.ts';
import { lock } from './schema-lock.ts';
import { recycle } from './schema-recycle.ts';
import { stop } from './schema-stop.ts';
import { duration, size, text, token, whole, yesNo } from './schema-values.ts';

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

const log = z
  .strictObject({
    file: text('a path'),
    'max-size': size.optional(),
    'max-age': duration.optional(),
    keep: whole(0, 'a whole number from 0').optional(),
    'when-full': z.enum(['block', 'drop']).describe('one of block, drop').optional(),
  })
  .describe('a mapping with file, max-size, max-age, keep, when-full');
const scalar = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .describe('text, a number or true/false');

/** A name of passwd(5), or a number; what would be an option of a command, or several names, is neither. */
export const account = (expects: string) =>
  z
    .union([z.number().int().min(0), z.string().regex(/^(?!-)[^\s:,/]+$/)])
    .transform(String)
    .describe(expects);

/** Of YAML's numbers it cannot be known whether the writer thought of octal digits: 22 and 022 are both in use. */
const umask = z
  .union([z.string(), z.number()])
  .refine((mask) => typeof mask === 'string' && /^0[0-7]{1,3}$/.test(mask))
  .transform((mask) => Number.parseInt(String(mask), 8))
  .describe('octal digits with a 0 in front, such as "027"');

const path = text('the path of a file');

/** A slip of the pen beyond this would take the machine's memory before anything is started. */
const MOST_INSTANCES = 1000;

/** An entry of PRODUCTION_PROCESSES. ARGS are checked by the backend's own table. */
export const entrySchema = z.strictObject({
  BACKEND: text('a backend such as GunicornServer, CeleryWorker, CeleryBeat, CeleryFlower or Command'),
  APP: text('the application, as myproject.wsgi or myproject.celery.app').optional(),
  ARGS: z.unknown().optional(),
  EXTRA_ARGS: z.array(token).describe('a list of texts, passed on unchecked').optional(),
  CMD: z.array(token).min(1).describe('a list: the program and its arguments').optional(),
  ENV: z.record(z.string(), scalar).describe('a mapping of names to values').optional(),
  ENV_FILE: z
    .union([path, z.array(path).min(1)])
    .transform((files) => (typeof files === 'string' ? [files] : files))
    .describe('the path of a file, or a list of them')
    .optional(),
  CWD: text('a folder').optional(),
  USER: account('the name or the number of a user').optional(),
  GROUP: account('the name or the number of a group').optional(),
  UMASK: umask.optional(),
  LIMITS: limits.optional(),
  INSTANCES: whole(1, `a whole number from 1 to ${MOST_INSTANCES}`, MOST_INSTANCES).optional(),
  AUTOSTART: yesNo.optional(),
  ONESHOT: yesNo.optional(),
  DEPENDS_ON: dependsOn.optional(),
  WAIT_FOR: waitFor.optional(),
  READY: ready.optional(),
  LIVE: live.optional(),
  STOP: stop.optional(),
  RESTART: restart.optional(),
  RECYCLE: recycle.optional(),
  LOCK: lock.optional(),
  LOG: log.optional(),
});

export const supervisorSchema = z
  .strictObject({
    python: text('the path or the name of an interpreter').optional(),
    'on-fatal': z.enum(['keep', 'shutdown']).describe('one of keep, shutdown').optional(),
    'start-rate': whole(1, 'a whole number from 1').optional(),
    backends: z.array(path).min(1).describe('a list of JavaScript files').optional(),
    http: z
      .string()
      .regex(HTTP_ADDRESS, { abort: true })
      .refine((address) => parseHttpAddress(address) !== null)
      .describe(HTTP_EXPECTS)
      .optional(),
    'http-token-file': path.optional(),
    'http-hosts': z
      .array(z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/))
      .min(1)
      .describe('a list of host names, without ports')
      .optional(),
  })
  .describe('a mapping with python, on-fatal, start-rate, backends, http, http-token-file, http-hosts');

export type EntryInput = z.output<typeof entrySchema>;
export type SupervisorInput = z.output<typeof supervisorSchema>;

/** Longer names would not fit into a node name or a log prefix. */
export const NAME_RULE = 'letters, digits, "_" and "-", 63 at most, a letter or digit first';
export const isName = (name: string): boolean => /^[A-Za-z0-9][\w-]{0,62}$/.test(name);
