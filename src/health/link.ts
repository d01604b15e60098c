/** What a Celery worker or beat reports from inside, one JSON object a line. The other end is python/prodserver_link.py. */
import * as z from 'zod';
import type { BrokerTrouble } from '../model/process.ts';
import type { BeatVitals, WorkerVitals } from '../model/vitals.ts';

const PROTOCOL = 1;
const LINE_LIMIT = 4096;

const common = { v: z.literal(PROTOCOL), pid: z.number().int(), at: z.number() };
const text = z.string().max(2000);
const count = z.number().int().min(0);
const seconds = z.number().min(0);

const reportSchema = z.discriminatedUnion('event', [
  z.object({
    ...common,
    event: z.literal('init'),
    role: z.enum(['worker', 'beat']),
    versions: z.record(z.string().max(40), z.string().max(80).nullable()),
  }),
  z.object({
    ...common,
    event: z.literal('ready'),
    node: text.nullable(),
    pool: text.nullish(),
    tasks: count.nullish(),
  }),
  z.object({
    ...common,
    event: z.literal('broker-lost'),
    url: text,
    error: text,
    retry_in: z.number().nullable(),
  }),
  z.object({ ...common, event: z.literal('broker-found'), url: text }),
  z.object({ ...common, event: z.literal('stopping') }),
  /** Tasks that still run while it stops. */
  z.object({ ...common, event: z.literal('draining'), active: count }),
  z.object({ ...common, event: z.literal('stopped') }),
  /** How a worker's work stands, every two seconds and once more at its end. */
  z.object({
    ...common,
    event: z.literal('tick'),
    loop_age: seconds,
    received: count,
    succeeded: count,
    failed: count,
    retried: count,
    revoked: count,
    active: count,
    reserved: count,
    slots: count.nullable(),
    oldest: z.object({ task: z.string().max(200), age: seconds }).nullable(),
    polling: z.boolean().nullable(),
    canary: seconds.nullable(),
    canaries: count.nullable(),
    child_exits: count,
    unknown: z.object({ task: z.string().max(200), count }).nullish(),
  }),
  /** Beat has ticked, and when it is to tick again. */
  z.object({ ...common, event: z.literal('beat-tick'), next: seconds, sent: count }),
]);

export type Report = z.output<typeof reportSchema>;

/** Reports of one run; anything that is none is counted and dropped. */
export interface LinkReader {
  push(chunk: Buffer): Report[];
  garbled(): number;
}

export function newLinkReader(): LinkReader {
  let held = '';
  let garbled = 0;
  const parse = (line: string): Report[] => {
    try {
      const report = reportSchema.safeParse(JSON.parse(line));
      if (report.success) return [report.data];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    garbled += 1;
    return [];
  };
  let skipping = false;
  const take = (line: string): Report[] => {
    // The end of a line that was too long to hold.
    if (skipping) {
      skipping = false;
      return [];
    }
    if (line.length <= LINE_LIMIT) return line === '' ? [] : parse(line);
    garbled += 1;
    return [];
  };
  return {
    push(chunk) {
      // Read as bytes, so that a chunk's border cannot split a character; the reports are UTF-8.
      const lines = (held + chunk.toString('latin1')).split('\n');
      held = lines.pop() ?? '';
      const reports = lines.flatMap((line) => take(Buffer.from(line, 'latin1').toString('utf8')));
      if (held.length > LINE_LIMIT) {
        if (!skipping) garbled += 1;
        held = '';
        skipping = true;
      }
      return reports;
    },
    garbled: () => garbled,
  };
}

export const troubleOf = (report: Extract<Report, { event: 'broker-lost' }>): BrokerTrouble => ({
  url: report.url,
  error: report.error,
});

type Tick = Extract<Report, { event: 'tick' }>;
type BeatTick = Extract<Report, { event: 'beat-tick' }>;

const milliseconds = (value: number): number => Math.round(value * 1000);
const millisecondsOrNull = (value: number | null): number | null =>
  value === null ? null : milliseconds(value);

/** `heardAt` is of the clock's monotonic milliseconds. */
export const workerVitals = (tick: Tick, heardAt: number): WorkerVitals => ({
  kind: 'worker',
  heardAt,
  loopAgeMs: milliseconds(tick.loop_age),
  counts: {
    received: tick.received,
    succeeded: tick.succeeded,
    failed: tick.failed,
    retried: tick.retried,
    revoked: tick.revoked,
  },
  active: tick.active,
  reserved: tick.reserved,
  slots: tick.slots,
  oldest: tick.oldest === null ? null : { task: tick.oldest.task, ageMs: milliseconds(tick.oldest.age) },
  polling: tick.polling,
  canaryMs: millisecondsOrNull(tick.canary),
  canaries: tick.canaries,
  childExits: tick.child_exits,
  unknown: tick.unknown ?? null,
});

/** `heardAt` is of the clock's monotonic milliseconds. */
export const beatVitals = ({ next, sent }: BeatTick, heardAt: number): BeatVitals => ({
  kind: 'beat',
  heardAt,
  nextMs: milliseconds(next),
  sent,
});
