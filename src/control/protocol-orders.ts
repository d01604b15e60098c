/** What commands order of a supervisor, and what it answers. */
import * as z from 'zod';
import { failure, PROTOCOL, state } from './protocol-basics.ts';

/** Names null: everything, and the supervisor itself. The asker is the pid of who waits for that. */
export const stopRequest = z.strictObject({
  names: z.array(z.string().max(100)).max(10_000).nullable(),
  asker: z.int().positive().optional(),
});
export const stopAnswer = z.object({ protocol: z.literal(PROTOCOL), instances: z.array(z.string()) });

/** Names null: everything. What runs is replaced, or stopped and started; what does not is started. */
export const restartRequest = z.strictObject({ names: z.array(z.string().max(100)).max(10_000).nullable() });
export const restartAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  instances: z.array(
    z.object({
      instance: z.string(),
      /** A successor beside it, a stop and then a start, or a start of what does not run. */
      way: z.enum(['replace', 'restart', 'start']),
      /** Of the run that is to go. */
      pid: z.number().nullable(),
    }),
  ),
});

/** Names null: everything. What runs takes in new code; nothing is started. */
export const reloadRequest = restartRequest;
export const reloadAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  instances: z.array(
    z.object({
      instance: z.string(),
      /**
       * By a signal to the program, which goes on; by a successor, or by a stop and a start; its next start will have the
       * new code; or not at all, since it does not run.
       */
      way: z.enum(['signal', 'replace', 'restart', 'later', 'none']),
      signal: z.string().nullable(),
      /** Of the run that is signalled, or is to go. */
      pid: z.number().nullable(),
      state,
    }),
  ),
});

/** Names null: everything. What runs goes on; what has ended, or waits for its next try, starts now. */
export const startRequest = restartRequest;
export const startAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  /** As it was before: `pid` of the run that was there. */
  instances: z.array(z.object({ instance: z.string(), was: state, pid: z.number().nullable() })),
});

export const signalRequest = z.strictObject({
  names: z.array(z.string().max(100)).max(10_000).nullable(),
  /** `SIGHUP` */
  signal: z.string().regex(/^SIG[A-Z0-9+]{2,10}$/),
});
export const signalAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  /** Null: it does not run. */
  instances: z.array(z.object({ instance: z.string(), pid: z.number().nullable() })),
});

/** How many instances there are to be, by name. */
export const scaleRequest = z.strictObject({
  counts: z.record(z.string().max(100), z.int().min(1).max(1000)),
});
const list = z.array(z.string());
const lists = z.object({ removed: list, added: list, changed: list });
const difference = z.object({
  instance: z.string(),
  from: z.record(z.string(), z.unknown()),
  to: z.record(z.string(), z.unknown()),
  argv: lists,
  env: lists,
  fields: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
});

/** `dry` only tells what would change. */
export const updateRequest = z.strictObject({ dry: z.boolean() });
export const reviseAnswer = z.object({
  protocol: z.literal(PROTOCOL),
  /** Null: nothing was changed, and the failures say why. */
  changes: z
    .array(
      z.object({
        instance: z.string(),
        kind: z.enum(['added', 'removed', 'changed']),
        /** Of the plan's own words, where it is changed. */
        fields: z.array(z.string()),
        effect: z.enum(['live', 'restart']).nullable(),
        /** Where it is changed: what differs, masked. */
        difference: difference.nullable(),
      }),
    )
    .nullable(),
  failures: z.array(failure.extend({ place: z.unknown().optional() })),
});

export type StopAnswer = z.output<typeof stopAnswer>;
export type RestartAnswer = z.output<typeof restartAnswer>;
export type ReloadAnswer = z.output<typeof reloadAnswer>;
export type StartAnswer = z.output<typeof startAnswer>;
export type SignalAnswer = z.output<typeof signalAnswer>;
export type ReviseAnswer = z.output<typeof reviseAnswer>;
