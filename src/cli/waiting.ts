/** How a command gives an order, and waits for what it has ordered. */
import type { ProcessRow } from '../control/protocol.ts';
import { failure, type Result } from '../model/failure.ts';
import { parseDuration } from '../model/units.ts';
import { systemClock as clock } from '../os/clock.ts';
import { progressLine, progressShown, type Told } from '../render/progress.ts';
import { findRunning, instancesOf, type Found } from './names.ts';
import { complain } from './output.ts';
import type { Flags } from './verb.ts';

/** How often the supervisor is asked how far it is. Milliseconds. */
const POLL_MS = 100;

/** An order to running supervisors, as the command line gives it. */
export interface Order {
  readonly found: Found;
  /** Instances, whatever they were called by. Null: everything. */
  readonly names: readonly string[] | null;
  readonly json: boolean;
  readonly wait: boolean;
  /** Looks until it is done, for as long as --timeout says, and tells people for whom it waits. */
  waitUntil(look: () => Promise<Result<Look>>, late: Late): Promise<Result<null>>;
}

export async function orderOf(names: readonly string[], flags: Flags): Promise<Result<Order>> {
  const timeout = timeoutOf(flags);
  if (!timeout.ok) return timeout;
  const found = await findRunning(flags, names);
  if (!found.ok) return found;
  const json = flags['json'] === true;
  return {
    ok: true,
    value: {
      found: found.value,
      names:
        names.length === 0
          ? null
          : instancesOf(
              found.value.flatMap(({ status }) => status.processes),
              names,
            ),
      json,
      wait: flags['wait'] !== false,
      waitUntil: async (look, late) =>
        waitUntil(look, late, timeout.value, json ? () => undefined : newTeller()),
    },
  };
}

/** Milliseconds of --timeout; Infinity without one. */
function timeoutOf(flags: Flags): Result<number> {
  const given = flags['timeout'];
  const ms = given === undefined ? Infinity : parseDuration(String(given));
  if (ms !== null) return { ok: true, value: ms };
  const detail = `--timeout must be a duration such as 90s, not "${String(given)}"`;
  return { ok: false, error: failure('usage', { detail }) };
}

export interface Look {
  readonly done: boolean;
  /** Those that are still waited for. */
  readonly busy: readonly ProcessRow[];
}

export type Late = 'stop-timeout' | 'restart-timeout' | 'reload-timeout';

/** Tells of those that are waited for after so many milliseconds; null: it is over. */
type Teller = (busy: readonly ProcessRow[] | null, elapsedMs: number) => void;

/** Looks again and again until it is done, and tells for whom it waits. */
async function waitUntil(
  look: () => Promise<Result<Look>>,
  late: Late,
  timeoutMs: number,
  tell: Teller,
): Promise<Result<null>> {
  const began = clock.now();
  for (;;) {
    const seen = await look();
    const elapsed = clock.now() - began;
    if (!seen.ok || seen.value.done || elapsed > timeoutMs) tell(null, elapsed);
    if (!seen.ok) return seen;
    const { done, busy } = seen.value;
    if (done) return { ok: true, value: null };
    const instances = busy.map((row) => row.instance);
    if (elapsed > timeoutMs) return { ok: false, error: failure(late, { instances, ms: timeoutMs }) };
    tell(busy, elapsed);
    await new Promise<void>((next) => void clock.after(POLL_MS, next));
  }
}

/** On a terminal one line that changes, which is gone when the wait is over. */
function newTeller(): Teller {
  const { stderr } = process;
  const width = stderr.isTTY ? stderr.columns : null;
  let last: Told | null = null;
  return (busy, elapsed) => {
    if (busy === null) {
      if (width !== null && last !== null) stderr.write(ERASE);
      return;
    }
    const told = progressLine(busy, elapsed, last, width);
    if (told === null) return;
    last = told;
    const line = progressShown(told, width);
    if (width === null) complain(line);
    else stderr.write(`${ERASE}${line}`);
  };
}

/** Back to the line's first column, and nothing in it. */
const ERASE = '\r\u001B[K';
