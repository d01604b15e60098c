/** Whether an application's periodic tasks may be sent twice: now, or as soon as there is a second host. Pure. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import type { LockHolder } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import type { CommandLine } from '../os/command-lines.ts';
import { celeryCommand, findBeats, groupsOf } from './beats.ts';
import { verdict, type Verdict } from './verdict.ts';

export function judgeBeats(
  lines: readonly CommandLine[],
  rows: readonly ProcessRow[],
  specs: readonly ProcessSpec[] | null,
): Verdict[] {
  const members = new Map(rows.flatMap((row) => row.members.map((pid) => [pid, row.instance] as const)));
  const apps = specs?.flatMap(({ argv }) => celeryCommand(argv)?.app ?? []) ?? null;
  // Without an application of its own a manifest has nothing that another could send.
  const groups = apps?.length === 0 ? [] : groupsOf(findBeats(lines, members), apps);
  const several = groups.filter(({ beats }) => beats.length > 1);
  if (several.length > 0) {
    return several.map(({ beats, sure }) =>
      verdict('duplicate-beat', sure ? 'bad' : 'warn', { kind: 'several', beats, sure }),
    );
  }
  const beats = groups.flatMap((group) => group.beats);
  return [verdict('duplicate-beat', 'ok', beats.length === 0 ? { kind: 'none' } : { kind: 'one', beats })];
}

/** How a lock was found. */
export type LockFinding =
  | {
      readonly kind: 'seen';
      readonly spec: ProcessSpec;
      readonly file: string;
      readonly holder: LockHolder | null;
      /** Of a Redis: whether it may throw the lock away, and whether it would throw away anything. */
      readonly evicts: 'no' | 'some' | 'all';
    }
  | { readonly kind: 'failed'; readonly spec: ProcessSpec; readonly problem: Failure };

export interface LockFacts {
  readonly found: readonly LockFinding[];
  /** What runs containers here, as many as it likes; null: nothing that is known to. */
  readonly orchestrator: string | null;
  /** Those of the host's folders for locks that are there. */
  readonly folders: readonly string[];
}

export function judgeLocks(
  { found, orchestrator, folders }: LockFacts,
  rows: readonly ProcessRow[],
): Verdict[] {
  if (found.length === 0) return [verdict('lock', 'ok', { kind: 'none' })];
  const verdicts = found.flatMap((one): Verdict[] => {
    const { instance, lockStore } = one.spec;
    if (one.kind === 'failed')
      return [verdict('lock', 'bad', { kind: 'failed', instance, problem: one.problem })];
    const { file, holder, evicts } = one;
    if (evicts !== 'no') {
      const refuses = evicts === 'all';
      return [verdict('lock', refuses ? 'bad' : 'warn', { kind: 'evicts', instance, file, refuses })];
    }
    const ours = rows.some((row) => row.instance === instance && row.state === 'RUNNING');
    const waits = rows.some((row) => row.instance === instance && row.state === 'WAITING');
    // To wait for another host's is what a lease is for; on one host it is a second supervisor, or one that was forgotten.
    const elsewhere =
      holder !== null && !ours && (lockStore.kind === 'file' || !waits)
        ? [verdict('lock', 'warn', { kind: 'elsewhere', instance, holder })]
        : [];
    const alone =
      lockStore.kind === 'file' && orchestrator !== null
        ? [verdict('lock', 'warn', { kind: 'own-host', instance, orchestrator })]
        : [];
    return [...elsewhere, ...alone];
  });
  const onFile = found.some(({ spec }) => spec.lockStore.kind === 'file' && spec.lockStore.path === null);
  if (onFile && folders.length > 1) verdicts.push(verdict('lock', 'warn', { kind: 'two-folders', folders }));
  if (verdicts.length > 0) return verdicts;
  return [verdict('lock', 'ok', { kind: 'held', instances: found.map(({ spec }) => spec.instance) })];
}
