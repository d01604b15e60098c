import { execa } from 'execa';
import { descriptorShortage } from './descriptors.ts';
import { prepare, type LaunchOrder } from './prepare.ts';
import type { SpawnFailure } from './programs.ts';
import { withUmask } from './spawn.ts';
import { claim } from './waited.ts';

export interface HelperResult {
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  readonly timedOut: boolean;
  /** What it wrote to its descriptor 3. */
  readonly answer: string;
  /** The last lines of what it said on stderr, else on stdout. */
  readonly said: readonly string[];
  /** Set when it could not be started. */
  readonly errno: string | null;
  /** Set when it was not even tried, since its user, its files or its folder would refuse it. */
  readonly refused: SpawnFailure | null;
}

const SAID_LINES = 20;
const OUTPUT_LIMIT = 1_000_000;
const DRAIN_MS = 1000;

export interface HelperOrder extends LaunchOrder {
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}

const NOTHING = { exit: { code: null, signal: null }, timedOut: false, answer: '', said: [], errno: null };

/** Runs a short helper of ours that answers on descriptor 3, bounded in time and output. Ends with `abort`. */
export async function runHelper(order: HelperOrder): Promise<HelperResult> {
  const prepared = await prepare(order);
  if (!prepared.ok) return { ...NOTHING, refused: prepared.error };
  const shortage = descriptorShortage();
  if (shortage !== null) return { ...NOTHING, errno: shortage, refused: null };
  const { argv, cwd, env, through, umask } = prepared.value;
  const [program, ...args] = [...through, ...argv] as [string, ...string[]];
  const subprocess = withUmask(umask, () =>
    execa(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      reject: false,
      cleanup: false,
      timeout: order.timeoutMs,
      cancelSignal: order.abort,
      forceKillAfterDelay: 2000,
      maxBuffer: OUTPUT_LIMIT,
    }),
  );
  claim(subprocess);
  // Somebody else may hold the output open: what is not here soon after the exit is not waited for.
  subprocess.once('exit', () => {
    setTimeout(() => subprocess.stdio.forEach((stream) => stream?.destroy()), DRAIN_MS).unref();
  });
  const result = await subprocess;
  // Where nothing could be spawned there is no output at all, whatever execa's types say.
  const { stdout = '', stderr = '' } = result as { stdout?: string; stderr?: string };
  const text = (stderr.trim() === '' ? stdout : stderr).trimEnd();
  return {
    exit: { code: result.exitCode ?? null, signal: result.signal ?? null },
    timedOut: result.timedOut,
    answer: (result.stdio as readonly (string | undefined)[] | undefined)?.[3] ?? '',
    said: text === '' ? [] : text.split('\n').slice(-SAID_LINES),
    errno: result.exitCode === undefined && result.signal === undefined ? (result.code ?? null) : null,
    refused: null,
  };
}
