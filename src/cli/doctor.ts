import { availableParallelism } from 'node:os';
import { findSupervisors } from '../control/client.ts';
import type { StatusAnswer } from '../control/protocol.ts';
import { examine, type ManifestFacts } from '../doctor/gather.ts';
import type { Loaded } from '../manifest/loaded.ts';
import { sourceId } from '../manifest/source.ts';
import { deepFindings, type Deep } from '../manifest/deep.ts';
import type { Result } from '../model/failure.ts';
import { runInterview } from '../os/interview.ts';
import { systemClock as clock } from '../os/clock.ts';
import { askingText, doctorJson, doctorLines } from '../render/doctor.ts';
import { EXIT } from '../render/words.ts';
import { keys } from './lock.ts';
import { load } from './manifest.ts';
import { complain, fail, outputPaint, print } from './output.ts';
import { sourceOf } from './source.ts';
import type { Flags } from './verb.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** As a shell tells of a SIGINT. */
const INTERRUPTED = 130;

export async function run(_names: readonly string[], flags: Flags): Promise<number> {
  const source = sourceOf(flags);
  if (!source.ok && source.error.code === 'usage') return fail(source.error);
  const { env } = process;
  const abort = new AbortController();
  // The interpreters have sessions of their own, which no Ctrl+C reaches.
  const stop = (): void => {
    abort.abort();
    process.exit(INTERRUPTED);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  const { verdicts, isOver } = await examine({
    clock,
    env,
    keys,
    manifest: async () => manifestFacts(flags),
    supervisors: async () => supervisors(source.ok ? sourceId(source.value, process.cwd()) : null),
    project: async ({ loaded }) => project(loaded, abort.signal),
    tell: (pending, ms) => complain(askingText(pending, ms)),
  });
  for (const signal of SIGNALS) process.off(signal, stop);
  abort.abort();
  if (flags['json'] === true) print(JSON.stringify(doctorJson(verdicts), null, 2));
  else for (const line of doctorLines(verdicts, flags['verbose'] === true, outputPaint())) print(line);
  const refuses = (status: string): boolean =>
    status === 'bad' || (flags['strict'] === true && status === 'warn');
  const code = verdicts.some(({ status }) => refuses(status)) ? EXIT.failure : EXIT.ok;
  // Whoever did not answer in time would keep this process for as long as it takes.
  if (!isOver) process.stdout.write('', () => process.exit(code));
  return code;
}

async function manifestFacts(flags: Flags): Promise<ManifestFacts> {
  const { shown, loaded } = await load(flags);
  const named = ['manifest', 'settings'].some((flag) => flags[flag] !== undefined);
  return { shown, loaded, named };
}

async function supervisors(manifest: string | null): Promise<Result<readonly StatusAnswer[]>> {
  if (manifest === null) return { ok: true, value: [] };
  const found = await findSupervisors(manifest);
  return found.ok ? { ok: true, value: found.value.map(({ status }) => status) } : found;
}

/** How long each step of what the project is asked may take: less than it has in all. Milliseconds. */
const STEP_MS = 15_000;

async function project(loaded: Loaded, abort: AbortSignal): Promise<Deep> {
  const order = {
    env: process.env,
    timeoutMs: STEP_MS,
    parallel: Math.max(1, availableParallelism() - 1),
    verbose: false,
    abort,
    onProgress: () => undefined,
  };
  return deepFindings(loaded, order, runInterview);
}
