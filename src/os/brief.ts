/** Programs of the system that answer a question within moments. */
import { execa } from 'execa';
import type { Result } from '../model/failure.ts';
import { descriptorShortage } from './descriptors.ts';
import { refused, type SpawnFailure } from './programs.ts';
import { claim } from './waited.ts';

/** A directory service that is slower than this is down. Milliseconds. */
const TIMEOUT_MS = 10_000;
const OUTPUT_LIMIT = 100_000;

export interface BriefAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Its answer; one that gives none in time, or cannot be started, is worth another attempt later. */
export async function askBriefly(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Promise<Result<BriefAnswer, SpawnFailure>> {
  const shortage = descriptorShortage();
  if (shortage !== null) return { ok: false, error: refused(shortage, shortage) };
  const [program, ...args] = argv;
  const subprocess = execa(program, args, {
    cwd: '/',
    env: { LC_ALL: 'C', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    reject: false,
    cleanup: false,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_LIMIT,
  });
  claim(subprocess);
  const result = await subprocess;
  if (!result.timedOut && result.exitCode !== undefined) {
    return {
      ok: true,
      value: { code: result.exitCode, stdout: result.stdout, stderr: result.stderr },
    };
  }
  const errno = result.timedOut ? 'ETIMEDOUT' : (result.code ?? result.signal ?? 'unknown');
  const detail = `${program}: ${result.shortMessage ?? errno}`;
  return { ok: false, error: refused(errno, detail) };
}
