/** What streams carry: events as server-sent events, lines as one JSON object a line. */
import * as z from 'zod';
import { STATE_NAMES, type StateName } from '../model/process.ts';

const state = z.enum(STATE_NAMES as [StateName, ...StateName[]]);

/** What has happened, as the supervisor's own lines tell it. What an event does not have is null. */
export const eventBody = z.object({
  /** The kind of news: `changed`, `replaced`, `failed` ... */
  type: z.string(),
  level: z.enum(['info', 'warn', 'error']),
  process: z.string().nullable(),
  instance: z.string().nullable(),
  /** 1, and one more for each successor that ran or was to run beside its predecessor. */
  generation: z.number().nullable(),
  from: state.nullable(),
  to: state.nullable(),
  /** `crash`, `lock`, `memory`, the code of a failure, the order of a command. */
  reason: z.string().nullable(),
  pid: z.number().nullable(),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable() }).nullable(),
  /** What `start` prints of it; more than one line for some. */
  message: z.string(),
});
export const eventRecord = z.object({
  /** One more than that of the event before, in this supervisor. */
  id: z.number(),
  /** ISO 8601 */
  time: z.string(),
  supervisor_pid: z.number(),
  ...eventBody.shape,
});
export const lineRecord = z.object({
  /** ISO 8601: when it came out of its process. */
  time: z.string(),
  process: z.string(),
  instance: z.string(),
  stream: z.enum(['stdout', 'stderr']),
  line: z.string(),
  /** Too long for one line: the next of this stream goes on with it. */
  cut: z.literal(true).optional(),
});
/** The reader was too slow for so many lines or events; instance null: of everybody. */
export const lostRecord = z.object({ lost: z.number(), instance: z.string().nullable() });
/** From here on what is told has just happened. */
export const liveRecord = z.object({ live: z.literal(true) });

export type EventBody = z.output<typeof eventBody>;
export type EventRecord = z.output<typeof eventRecord>;
export type LineRecord = z.output<typeof lineRecord>;
export type LostRecord = z.output<typeof lostRecord>;
export type LiveRecord = z.output<typeof liveRecord>;

/** What a reader asks for, in the query of the request: `?n=100&since=1700000000000&follow=0&name=worker`. */
const streamQuery = z.object({
  /** So many of the last ones; without it, all that are kept. */
  n: z.coerce.number().int().min(0).optional(),
  /** None that is older: milliseconds since the epoch. */
  since: z.coerce.number().optional(),
  /** 0: ends where the present begins. */
  follow: z.enum(['0', '1']).optional(),
});

export interface StreamAsked {
  readonly count: number | null;
  /** Milliseconds since the epoch. */
  readonly since: number | null;
  readonly follow: boolean;
  /** Names of processes or instances, or patterns; null: all. */
  readonly names: readonly string[] | null;
  /** The id of the last event that the reader had, as its stream said it: what follows it is wanted. */
  readonly after?: string;
}

export function queryOf({ count, since, follow, names }: StreamAsked): string {
  const query = new URLSearchParams({ follow: follow ? '1' : '0' });
  if (count !== null) query.set('n', String(count));
  if (since !== null) query.set('since', String(since));
  for (const name of names ?? []) query.append('name', name);
  return query.toString();
}

/** Null: it is not understood. `lastEventId`: the header with which browsers come back. */
export function askedOf(query: URLSearchParams, lastEventId?: string | string[]): StreamAsked | null {
  const parsed = streamQuery.safeParse(Object.fromEntries(query));
  if (!parsed.success) return null;
  const names = query.getAll('name');
  const { n, since, follow } = parsed.data;
  return {
    count: n ?? null,
    since: since ?? null,
    follow: follow !== '0',
    names: names.length === 0 ? null : names,
    ...(typeof lastEventId === 'string' && lastEventId !== '' ? { after: lastEventId } : {}),
  };
}
