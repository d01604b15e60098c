/** STOP of an entry: how its backend's ladder is changed, and where that does harm. */
import type { Compiled } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { Rung } from '../model/spec.ts';
import type { Document } from './document.ts';
import { isMeant } from './problems.ts';
import { entrySchema, type EntryInput } from './schema.ts';
import type { StopInput } from './schema-stop.ts';

/** `timeout` is what the first, gentle rung is given, `signal` takes its place; the same one later would say nothing new. */
export function stopOf(
  ladder: readonly [Rung, ...Rung[]],
  { timeout, signal }: StopInput = {},
): readonly [Rung, ...Rung[]] {
  const [first, ...rest] = ladder;
  const gentle = { signal: signal ?? first.signal, waitMs: timeout ?? first.waitMs };
  return [gentle, ...(signal === undefined ? rest : rest.filter((rung) => rung.signal !== signal))];
}

/** A signal at which the program does something else, or ends without its grace. */
export function stopRules(
  doc: Document,
  backend: string,
  { stop, reload, stackDump, unfit }: Compiled,
  given: StopInput | undefined,
  base: readonly string[],
): Failure[] {
  const signal = given?.signal;
  const [{ signal: own }] = stop;
  if (signal === undefined || signal === own) return [];
  const why =
    signal === reload?.signal
      ? 'it takes in new code and goes on'
      : signal === stackDump
        ? 'it writes its stacks into its log and goes on'
        : unfit[signal];
  if (why === undefined) return [];
  const place = doc.place([...base, 'STOP', 'signal'], 'value');
  return [failure('stop-signal', { signal, backend, own, why }, { place })];
}

/** Milliseconds; null: as the backend has it. Where STOP cannot be understood nothing is too long for it. */
export function graceOf(written: Record<string, unknown>, entry: EntryInput | null): number | null {
  if (entry !== null) return entry.STOP?.timeout ?? null;
  const stop = entrySchema.shape.STOP.safeParse(written['STOP']);
  const isMisspelt = Object.keys(written).some(
    (key) => !Object.hasOwn(entrySchema.shape, key) && isMeant(key, 'STOP'),
  );
  return stop.success && !isMisspelt ? (stop.data?.timeout ?? null) : Infinity;
}
