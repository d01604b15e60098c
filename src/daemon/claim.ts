/** Makes sure that no process of a manifest has two supervisors: one kernel lock for each name. */
import * as z from 'zod';
import { manifestId } from '../control/protocol.ts';
import type { Clock } from '../model/clock.ts';
import { failure, type Result } from '../model/failure.ts';
import { isAlive } from '../os/proc.ts';
import { lockFile, type LockAttempt, type LockFile } from '../os/lock-file.ts';

const noteSchema = z.object({ pid: z.number(), since: z.string() });
/** The winner of a race writes its pid right after it has locked; a loser looks again this often, this many times. */
const NOTE_RETRY_MS = 20;
const NOTE_TRIES = 25;

export interface Claim {
  /** Takes again what was removed; the paths of that. */
  renew(): readonly string[];
  /** More names; where one of them is another's, none of them is claimed. */
  add(names: readonly string[]): Promise<Result<null>>;
  /** These are not supervised any more. */
  drop(names: readonly string[]): void;
  release(): void;
}

/** Claims `names` of `manifest` for this process, or says who has some of them. */
export async function claimNames(
  folder: string,
  manifest: string,
  names: readonly string[],
  clock: Clock,
): Promise<Result<Claim>> {
  const held = new Map<string, LockFile>();
  const release = (): void => held.forEach((file) => file.close());
  const hold = (path: string, file: LockFile): void => {
    file.write(`${JSON.stringify({ pid: process.pid, since: new Date(clock.wall()).toISOString() })}\n`);
    held.get(path)?.close();
    held.set(path, file);
  };
  const renew = (): string[] =>
    [...held].flatMap(([path, file]) => {
      if (file.isThere()) return [];
      const attempt = lockFile(path, 0o600);
      if (!attempt.ok || attempt.value.kind === 'busy') return [];
      hold(path, attempt.value.file);
      return [path];
    });
  const pathOf = (name: string): string => `${folder}/${manifestId(manifest)}.${name}.lock`;
  const drop = (paths: readonly string[]): void => {
    for (const path of paths) {
      held.get(path)?.close();
      held.delete(path);
    }
  };
  const add = async (more: readonly string[]): Promise<Result<null>> => {
    const taken: string[] = [];
    // In one order, so that of several starts with overlapping sets exactly one gets through the first common name.
    for (const name of [...new Set(more)].toSorted()) {
      const path = pathOf(name);
      if (held.has(path)) continue;
      const attempt = await claimOne(path, clock);
      if (attempt.ok && attempt.value.kind === 'locked') {
        hold(path, attempt.value.file);
        taken.push(path);
        continue;
      }
      drop(taken);
      if (!attempt.ok) return attempt;
      const note = attempt.value.kind === 'busy' ? parseNote(attempt.value.text) : null;
      const facts = { names: [name], pid: note?.pid ?? null, since: note?.since ?? null, manifest };
      return { ok: false, error: failure('already-running', facts) };
    }
    return { ok: true, value: null };
  };
  const claimed = await add(names);
  if (!claimed.ok) return claimed;
  return { ok: true, value: { renew, add, drop: (gone) => drop(gone.map(pathOf)), release } };
}

/** Asks again while a holder has not yet written who it is; a holder that is gone by then leaves the lock to us. */
async function claimOne(path: string, clock: Clock): Promise<Result<LockAttempt>> {
  for (let tries = 0; ; tries++) {
    const attempt = lockFile(path, 0o600);
    // The note of the holder before may still stand there.
    const note = attempt.ok && attempt.value.kind === 'busy' ? parseNote(attempt.value.text) : null;
    const unclear = attempt.ok && attempt.value.kind === 'busy' && (note === null || !isAlive(note.pid));
    if (!unclear || tries === NOTE_TRIES) return attempt;
    await new Promise<void>((done) => void clock.after(NOTE_RETRY_MS, done));
  }
}

function parseNote(text: string): z.output<typeof noteSchema> | null {
  try {
    return noteSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // not written yet
  }
}
