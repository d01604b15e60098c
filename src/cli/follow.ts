/** What `logs` and `events` have in common: what is asked of all supervisors, in the order of time. */
import { isGone } from '../control/client.ts';
import type { LiveRecord, LostRecord, StreamAsked } from '../control/records.ts';
import { StreamBroken, type Stream } from '../control/subscribe.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { parseDuration } from '../model/units.ts';
import { EXIT } from '../render/words.ts';
import { findRunning, isAll, type Found } from './names.ts';
import { fail } from './output.ts';
import type { Flags } from './verb.ts';

/** How many are shown where nothing else is asked for. */
const COUNT = 100;

interface Timed {
  /** ISO 8601 */
  readonly time: string;
}

export interface Follower<T> {
  subscribe(socket: string, asked: StreamAsked): Promise<Result<Stream<T>>>;
  /** What is printed of one; `found`: the supervisors, each with its processes. */
  show(found: Found): (one: T | LostRecord) => string;
}

interface Following<T> {
  readonly remote: Found[number]['remote'];
  readonly rest: AsyncIterator<T | LostRecord | LiveRecord>;
}

/** Shows what is kept, the oldest first, and with --follow what comes, until all supervisors have ended. */
export async function follow<T extends Timed>(
  names: readonly string[],
  flags: Flags,
  follower: Follower<T>,
): Promise<number> {
  const asked = askedOf(names, flags, Date.now());
  if (!asked.ok) return fail(asked.error);
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const rows = found.value.flatMap(({ status }) => status.processes);
  const spelled = rows.flatMap((row) => [row.name, row.instance]);
  const every = names.some((name) => isAll(name, spelled));
  const wanted = every ? { ...asked.value, names: null } : asked.value;
  const show = follower.show(found.value);
  const put = async (one: T | LostRecord): Promise<void> => write(show(one));

  const all: Following<T>[] = [];
  for (const { remote } of found.value) {
    const stream = await follower.subscribe(remote.socket, wanted);
    if (!stream.ok) return fail(stream.error);
    all.push({ remote, rest: stream.value[Symbol.asyncIterator]() });
  }
  const past = await Promise.all(all.map(async (one) => unlessBroken(one, async () => pastOf(one.rest))));
  const lists = past.map((one) => (one.ok ? one.value : []));
  for (const one of mergeByTime(lists, asked.value.count)) await put(one);
  const ends = await Promise.all(
    all.map(async (one, index) =>
      past[index]?.ok === false ? past[index] : unlessBroken(one, async () => restOf(one.rest, put)),
    ),
  );
  const problem = ends.find((end): end is { ok: false; error: Failure } => end !== undefined && !end.ok);
  return problem === undefined ? EXIT.ok : fail(problem.error);
}

/** What comes before the present, or before the end. */
export async function pastOf<T extends Timed>(
  rest: AsyncIterator<T | LostRecord | LiveRecord>,
): Promise<(T | LostRecord)[]> {
  const past: (T | LostRecord)[] = [];
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    if ('live' in next.value) break;
    past.push(next.value);
  }
  return past;
}

async function restOf<T extends Timed>(
  rest: AsyncIterator<T | LostRecord | LiveRecord>,
  put: (one: T | LostRecord) => Promise<void>,
): Promise<never[]> {
  for (let next = await rest.next(); next.done !== true; next = await rest.next())
    if (!('live' in next.value)) await put(next.value);
  return [];
}

/** A supervisor that was killed has ended too; any other that hangs up is a failure. */
async function unlessBroken<T, V>({ remote }: Following<T>, read: () => Promise<V[]>): Promise<Result<V[]>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    if (!(error instanceof StreamBroken)) throw error;
    const status = await remote.status();
    const ended = !status.ok && isGone(status.error);
    return ended ? { ok: true, value: [] } : { ok: false, error: error.failure };
  }
}

/** All in the order of time, each list in its own; the last `count` of them. A loss stands before what came after it. */
export function mergeByTime<T extends Timed>(
  lists: readonly (readonly (T | LostRecord)[])[],
  count: number | null,
): (T | LostRecord)[] {
  const heads = lists.map((list) => ({ list, index: 0 }));
  const merged: (T | LostRecord)[] = [];
  for (;;) {
    let least: (typeof heads)[number] | null = null;
    let earliest = '';
    for (const head of heads) {
      const one = head.list[head.index];
      if (one === undefined) continue;
      const time = 'time' in one ? one.time : '';
      if (least !== null && time >= earliest) continue;
      least = head;
      earliest = time;
    }
    const next = least?.list[least.index];
    if (least === null || next === undefined) break;
    merged.push(next);
    least.index += 1;
  }
  return count === null ? merged : merged.slice(Math.max(0, merged.length - count));
}

/** Waits where the reader of our output is slow: the supervisor then counts what we miss, and we need no memory. */
async function write(text: string): Promise<void> {
  if (text === '' || process.stdout.write(text)) return;
  await new Promise<void>((done) => void process.stdout.once('drain', done));
}

/** `now`: milliseconds since the epoch. */
export function askedOf(names: readonly string[], flags: Flags, now: number): Result<StreamAsked> {
  const usage = (detail: string): Result<never> => ({ ok: false, error: failure('usage', { detail }) });
  const given = flags['since'];
  const since = given === undefined ? null : instantOf(String(given), now);
  if (given !== undefined && since === null) {
    const forms = 'a duration such as 10m or a time such as 2026-05-01T12:00';
    return usage(`--since must be ${forms}, not "${String(given)}"`);
  }
  const lines = flags['lines'] === undefined ? null : String(flags['lines']);
  if (lines !== null && lines !== 'all' && !/^\d{1,9}$/.test(lines))
    return usage(`-n must be a number, or all, not "${lines}"`);
  const unasked = since === null ? COUNT : null;
  const count = lines === null ? unasked : lines === 'all' ? null : Number(lines);
  return {
    ok: true,
    value: { count, since, follow: flags['follow'] === true, names: names.length === 0 ? null : names },
  };
}

/** A duration ago, or a time: of this place, unless it names its zone. Milliseconds since the epoch. */
function instantOf(text: string, now: number): number | null {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d|$)/.test(text)) return null;
  const at = Date.parse(text.length === 10 ? `${text}T00:00` : text);
  return Number.isNaN(at) ? null : at;
}
