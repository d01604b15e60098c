import { execa } from 'execa';
import { claim } from './spawn.ts';

export interface HelperResult {
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  readonly timedOut: boolean;
  /** What it wrote to its descriptor 3. */
  readonly answer: string;
  /** The last lines of what it said on stderr, else on stdout. */
  readonly said: readonly string[];
  /** Set when it could not be started. */
  readonly errno: string | null;
}

const SAID_LINES = 20;
const OUTPUT_LIMIT = 1_000_000;
const DRAIN_MS = 1000;

/** Runs a short helper of ours that answers on descriptor 3, bounded in time and output. Ends with `abort`. */
export async function runHelper(order: {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
  readonly abort: AbortSignal;
}): Promise<HelperResult> {
  const [program, ...args] = order.argv;
  const subprocess = execa(program, args, {
    cwd: order.cwd,
    env: order.env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    reject: false,
    cleanup: false,
    timeout: order.timeoutMs,
    cancelSignal: order.abort,
    forceKillAfterDelay: 2000,
    maxBuffer: OUTPUT_LIMIT,
  });
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
  };
}
