/** Programs that tell by their exit code how another one is. */
import { execa } from 'execa';
import { descriptorShortage } from './descriptors.ts';
import { prepare, type LaunchOrder } from './prepare.ts';
import { withUmask } from './spawn.ts';
import { claim } from './waited.ts';

/** What is kept of its output. Bytes. */
const OUTPUT_LIMIT = 64 * 1024;
/** How long after its exit its output is waited for. Milliseconds. */
const DRAIN_MS = 500;

/**
 * Runs a program for at most `timeoutMs`, with all that it starts; null where it ends with 0, else what it came to.
 * Never rejects.
 */
export async function runProbe(order: LaunchOrder, timeoutMs: number): Promise<string | null> {
  const prepared = await prepare(order);
  if (!prepared.ok) return `cannot be run (${prepared.error.failure.code})`;
  const shortage = descriptorShortage();
  if (shortage !== null) return `cannot be run (${shortage})`;
  const { argv, cwd, env, through, umask } = prepared.value;
  const [program, ...args] = [...through, ...argv] as [string, ...string[]];
  const subprocess = withUmask(umask, () =>
    execa(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      all: true,
      // A group of its own, so that what it has started ends with it.
      detached: true,
      reject: false,
      cleanup: false,
      maxBuffer: OUTPUT_LIMIT,
    }),
  );
  claim(subprocess);
  const { pid } = subprocess;
  const killGroup = (): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup();
  }, timeoutMs);
  subprocess.once('exit', () => {
    // At the exit itself the number of the group cannot have passed to another.
    killGroup();
    // Who has left the group may hold the output open: what is not here soon is not waited for.
    setTimeout(() => subprocess.stdio.forEach((stream) => stream?.destroy()), DRAIN_MS).unref();
  });
  const result = await subprocess;
  clearTimeout(timer);
  if (late) return 'no end in time';
  if (result.exitCode === 0) return null;
  const last = (result.all ?? '').trimEnd().split('\n').at(-1) ?? '';
  const end = result.signal ?? (result.exitCode === undefined ? result.code : `exit code ${result.exitCode}`);
  return last === '' ? String(end) : `${end}: ${last.slice(0, 200)}`;
}
