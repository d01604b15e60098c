/** READY, LIVE, WAIT_FOR and DEPENDS_ON: when a process may start, and how it is known what it does. */
import * as z from 'zod';
import { duration, text, token, whole } from './schema-values.ts';
import { parseTarget } from './targets.ts';

/** What READY and LIVE have in common; all that are given must hold. */
const probes = {
  http: z
    .string()
    .regex(/^(\/|https?:\/\/)/, { abort: true })
    .refine((value) => value.startsWith('/') || URL.canParse(value))
    .describe('a path such as /healthz, or a URL')
    .optional(),
  tcp: z.string().regex(/:\d+$/).describe('HOST:PORT').optional(),
  command: z.array(token).min(1).describe('a list: the program and its arguments').optional(),
  file: text('a path').optional(),
};

export const ready = z
  .strictObject({
    ...probes,
    timeout: duration.optional(),
    delay: duration.optional(),
    period: duration.optional(),
    'probe-timeout': duration.optional(),
  })
  .describe('a mapping with http, tcp, command, file, timeout, delay, period, probe-timeout');

/** YAML 1.1 reads `off` as false. */
const off = z
  .union([z.literal(false), z.enum(['off', 'false'])])
  .transform(() => 'off' as const)
  .describe('off');

/** What a Celery process reports from inside. */
const celery = z
  .union([
    off,
    z.strictObject({
      loop: duration.optional(),
      canary: z.union([off, duration]).describe('off, or a duration such as 30s').optional(),
      polling: duration.optional(),
      task: duration.optional(),
      stuck: z.enum(['report', 'restart']).describe('one of report, restart').optional(),
      beat: duration.optional(),
    }),
  ])
  .describe('off, or a mapping with loop, canary, polling, task, stuck, beat');

export const live = z
  .strictObject({
    ...probes,
    'max-age': duration.optional(),
    delay: duration.optional(),
    period: duration.optional(),
    timeout: duration.optional(),
    failures: whole(1, 'a whole number from 1').optional(),
    celery: celery.optional(),
  })
  .refine(({ celery: link, http, tcp, command, file, ...how }) => {
    const looks = [http, tcp, command, file].some((one) => one !== undefined);
    return looks || (link !== undefined && Object.keys(how).length === 0);
  })
  .describe(
    'a mapping with at least one of http, tcp, command, file, and with them max-age, delay, period, timeout, failures; ' +
      'or with celery',
  );

const targets = z.array(
  z
    .string()
    .regex(/^[a-z][a-z0-9+]*:./, { abort: true })
    .refine((value) => parseTarget(value, '/') !== null)
    .describe(
      'an address such as tcp://redis:6379, https://host/healthz, unix:/run/db.sock or file:/run/ready',
    ),
);

export const waitFor = z
  .union([targets, z.strictObject({ targets, timeout: duration.optional() })])
  .describe('a list of addresses, or a mapping with targets, timeout');

export const dependsOn = z
  .union([z.array(z.string()), z.record(z.string(), z.enum(['started', 'ready', 'completed']))])
  .describe('a list of names, or a mapping of names to started, ready or completed');

export type ReadyInput = z.output<typeof ready>;
export type LiveInput = z.output<typeof live>;
export type WaitForInput = z.output<typeof waitFor>;
export type DependsOnInput = z.output<typeof dependsOn>;
