import { availableParallelism } from 'node:os';
import { deepFindings, type DeepProgress } from '../manifest/deep.ts';
import type { DeepFacts } from '../manifest/deep-facts.ts';
import { byPlace } from '../manifest/loaded.ts';
import { failure } from '../model/failure.ts';
import { parseDuration } from '../model/units.ts';
import { runInterview } from '../os/interview.ts';
import { deepJson, deepText, progressText } from '../render/deep.ts';
import type { Flags } from './verb.ts';
import type { Source } from './manifest.ts';
import { fail, print } from './output.ts';

/** Each imports a whole project. */
const MOST_AT_ONCE = 4;
/** Milliseconds. */
const SILENT_MS = 1000;
const PERIOD_MS = 250;

export interface Deepened {
  readonly sources: readonly Source[];
  /** Beside `diagnostics`. */
  readonly json: object;
  printText(): void;
}

/** The sources with what their projects say; a number is the exit code of a wrong flag, which was told. */
export async function deepen(sources: readonly Source[], flags: Flags): Promise<Deepened | number> {
  const given = String(flags['deepTimeout']);
  const timeoutMs = parseDuration(given);
  if (timeoutMs === null || timeoutMs === 0) {
    const detail = `--deep-timeout must be a duration such as 30s, not "${given}"`;
    return fail(failure('usage', { detail }));
  }
  const verbose = flags['verbose'] === true;
  const abort = new AbortController();
  const show = newProgress();
  // The interpreters have sessions of their own, which no Ctrl+C reaches.
  const stop = (): void => abort.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  const found: { readonly source: Source; readonly facts: DeepFacts }[] = [];
  try {
    for (const source of sources) {
      const order = {
        env: process.env,
        timeoutMs,
        parallel: Math.min(MOST_AT_ONCE, availableParallelism()),
        verbose,
        abort: abort.signal,
        onProgress: show.at,
      };
      const { findings, facts } = await deepFindings(source.loaded, order, runInterview);
      const all = [...source.loaded.findings, ...findings].toSorted(byPlace);
      found.push({ source: { ...source, loaded: { ...source.loaded, findings: all } }, facts });
    }
  } finally {
    show.end();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  }
  if (abort.signal.aborted) return INTERRUPTED;
  return {
    sources: found.map(({ source }) => source),
    json: { manifests: found.map(({ source, facts }) => deepJson(source.shown, facts)) },
    printText() {
      for (const { facts } of found) for (const line of deepText(facts, verbose)) print(line);
    },
  };
}

/** As a shell tells of a SIGINT. */
const INTERRUPTED = 130;

/** A line on the terminal that is written over, where it takes longer than people wait for without a word. */
function newProgress(): { readonly at: (progress: DeepProgress) => void; readonly end: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { at: () => undefined, end: () => undefined };
  const since = performance.now();
  let last: DeepProgress | null = null;
  let shown = false;
  const timer = setInterval(() => {
    const ms = performance.now() - since;
    if (last === null || ms < SILENT_MS) return;
    shown = true;
    stderr.write(`\r\u001B[2K${progressText(last, ms).slice(0, stderr.columns - 1)}`);
  }, PERIOD_MS);
  return {
    at: (progress) => void (last = progress),
    end() {
      clearInterval(timer);
      if (shown) stderr.write('\r\u001B[2K');
    },
  };
}
