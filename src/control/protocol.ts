/** What supervisor and commands say to each other: JSON over HTTP over a Unix socket, checked on both sides. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { failure, PROTOCOL, state } from './protocol-basics.ts';

export { PROTOCOL };
export * from './protocol-orders.ts';

/** Supervisors of one manifest are found by this. */
export const manifestId = (realPath: string): string =>
  createHash('sha256').update(realPath).digest('hex').slice(0, 16);

const exit = z.object({
  code: z.number().nullable(),
  signal: z.string().nullable(),
  oom: z.boolean().optional(),
});
const holder = z.object({
  host: z.string().nullable(),
  pid: z.number().nullable(),
  supervisorPid: z.number().nullable(),
  since: z.string().nullable(),
  manifest: z.string().nullable(),
  /** The lock file, or a Redis and the name of the lock there. */
  file: z.string(),
  fence: z.number().nullable(),
  expiresInMs: z.number().nullable(),
});
const trouble = z.object({
  probe: z.enum(['http', 'tcp', 'unix', 'socket', 'command', 'file', 'celery']),
  target: z.string(),
  got: z.string(),
});
const hindrance = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('lock'), holder }),
  z.object({
    kind: z.literal('lock-delay'),
    file: z.string(),
    fence: z.number(),
    leftMs: z.number(),
  }),
  z.object({ kind: z.literal('lock-store'), file: z.string(), error: z.string() }),
  z.object({ kind: z.literal('previous'), pid: z.number().nullable() }),
  z.object({
    kind: z.literal('dependency'),
    instance: z.string(),
    needs: z.enum(['started', 'ready', 'completed']),
    state,
  }),
  z.object({ kind: z.literal('target'), trouble }),
]);

/** The facts behind a process's reason; the command that shows them has the words. */
const cause = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('crash'), exit }),
  z.object({ kind: z.literal('start-timeout'), exit }),
  z.object({
    kind: z.literal('failure'),
    failure,
  }),
  z.object({ kind: z.literal('broker-unreachable'), url: z.string(), error: z.string() }),
  z.object({ kind: z.literal('unresponsive'), exit, trouble }),
  z.object({ kind: z.literal('waiting'), hindrance }),
  z.object({
    kind: z.literal('lock-lost'),
    loss: z.object({ file: z.string(), why: z.enum(['taken', 'silent']), graceMs: z.number() }),
  }),
  z.object({ kind: z.literal('manual') }),
  z.object({ kind: z.literal('completed') }),
]);

/** Why a process is replaced; bytes and milliseconds. */
const replaceCause = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('memory'),
    memory: z.enum(['pss', 'rss', 'main']),
    usedBytes: z.number(),
    limitBytes: z.number(),
    hard: z.boolean(),
  }),
  z.object({ kind: z.literal('max-tasks'), done: z.number(), limit: z.number() }),
  z.object({ kind: z.literal('max-age'), ageMs: z.number(), limitMs: z.number() }),
  z.object({ kind: z.literal('schedule'), pattern: z.string() }),
  z.object({ kind: z.literal('manual') }),
  z.object({ kind: z.literal('reload'), file: z.string().nullable(), others: z.number() }),
]);

const processRow = z.object({
  name: z.string(),
  instance: z.string(),
  supervisor_pid: z.number(),
  backend: z.string(),
  state,
  ready: z.boolean(),
  cause: cause.nullable(),
  pid: z.number().nullable(),
  uptime_s: z.number().nullable(),
  restarts: z.number(),
  attempt: z.number(),
  next_retry_at: z.string().nullable(),
  exit,
  /** Of the run that serves: 1, and another one for each successor that was started beside it. */
  generation: z.number(),
  /** Queued: others of its name come first. `pid` of the one that is being started or stopped. */
  replacing: z
    .object({
      cause: replaceCause,
      phase: z.enum(['queued', 'starting', 'draining', 'reloading']),
      pid: z.number().nullable(),
      /** That the one which ends still runs, as it said last. */
      tasks: z.number().nullable(),
    })
    .nullable(),
  /** The last attempt, where that failed; `generation` of the one that was to serve. */
  replacement_failed: z.object({ at: z.string(), generation: z.number(), cause }).nullable(),
  /** When it last took in new code by a signal. */
  reloaded_at: z.string().nullable(),
  /** Pids of all that belongs to it, the main process first; a successor and one that drains count too. */
  members: z.array(z.number()),
  /** How its last runs ended, the newest last. */
  exits: z.array(
    z.object({
      at: z.string(),
      pid: z.number(),
      code: z.number().nullable(),
      signal: z.string().nullable(),
      uptime_s: z.number(),
      peak_rss_bytes: z.number().nullable(),
      reason: z.string(),
    }),
  ),
  /** Of all members. */
  memory: z.object({ rss_bytes: z.number().nullable(), pss_bytes: z.number().nullable() }),
  /** How the memory of the run went since its start, the oldest first; shared pages count for each process. */
  growth: z.array(
    z.object({
      age_s: z.number(),
      rss_bytes: z.number(),
      processes: z.number(),
      tasks: z.number().nullable(),
    }),
  ),
  cpu_percent: z.number().nullable(),
  tasks: z.object({
    done: z.number().nullable(),
    failed: z.number().nullable(),
    active: z.number().nullable(),
    /** Those that are done, over the last 30 seconds at most. */
    per_second: z.number().nullable(),
    /** Of the application, as far as the worker knows them. */
    registered: z.number().nullable(),
    /** Messages that were thrown away since they named a task which the worker does not know; the last such name. */
    unknown: z.object({ task: z.string(), count: z.number() }).nullable(),
  }),
  lock: z
    .object({
      holder: holder.nullable(),
      since: z.string().nullable(),
      fence: z.number().nullable(),
      expires_in_s: z.number().nullable(),
    })
    .nullable(),
  versions: z.record(z.string(), z.string().nullable()).nullable(),
  /** Null: its lines go to the supervisor's standard output. */
  log: z.object({ file: z.string().nullable(), lines_dropped: z.number() }),
  /** The last lines it said, where it does not run. */
  said: z.array(z.string()),
});

export const statusAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  supervisor: z.object({
    pid: z.number(),
    version: z.string(),
    manifest: z.string(),
    started_at: z.string(),
    degraded: z.boolean(),
    stopping: z.boolean(),
    /** Of all processes, and of the supervisor's own. */
    /** What was found wanting since the start, the newest of each kind. */
    warnings: z.array(failure),
    log_lines_dropped: z.number(),
    /** `127.0.0.1:9180`; null: it listens nowhere but here. */
    http: z.string().nullable(),
    /** How late the loop came to its work, since the start. Milliseconds. */
    loop_lag_ms: z.object({ p99: z.number(), max: z.number() }),
  }),
  processes: z.array(processRow),
});

export const planAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  plan: z.object({
    manifest: z.string(),
    /** It was told to run whatever the manifest has. */
    all: z.boolean(),
    onFatal: z.enum(['keep', 'shutdown']).nullable(),
    startRate: z.number(),
    http: z
      .object({
        host: z.string(),
        port: z.number(),
        tokenFile: z.string().nullable(),
        hosts: z.array(z.string()),
      })
      .nullable(),
    /** With which the digests were made. No secret leaves. */
    salt: z.string(),
    processes: z.array(
      z.object({
        spec: z.record(z.string(), z.unknown()),
        digests: z.record(z.string(), z.string()),
      }),
    ),
  }),
});

export const errorAnswer = z.object({ protocol: z.number(), error: z.string() });

export type Cause = z.output<typeof cause>;
export type ProcessRow = z.output<typeof processRow>;
export type StatusAnswer = z.output<typeof statusAnswer>;
export type PlanAnswer = z.output<typeof planAnswer>;
