/** Random documents through the loader and all that is printed of them. */
import { isInText, type Failure } from '../../../src/model/failure.ts';
import { diagnosticGithub, diagnosticsJson, diagnosticText } from '../../../src/render/diagnostics.ts';
import { newPaint } from '../../../src/render/paint.ts';
import { newChance } from '../../support/chance.ts';
import { newDesk } from '../mutation/desk.ts';
import { damaged, ENV, hard, manifest, SECRET, written, type Chance } from './documents.ts';

export interface Fuzzed {
  readonly documents: number;
  /** That could be started. */
  readonly valid: number;
  readonly findings: number;
  readonly codes: ReadonlyMap<string, number>;
  /** Milliseconds of the one that took longest. */
  readonly slowestMs: number;
  /** By the seed of the document, which makes it again. */
  readonly faults: readonly string[];
}

/** Milliseconds for one document. */
export const LIMIT_MS = 1000;

/** The document of a seed. */
export function documentOf(seed: number, samples: readonly string[]): string {
  const chance = newChance(seed);
  const kind = chance();
  if (kind < 0.005) return hard(chance);
  if (kind < 0.35) return damaged(chance, samples[Math.floor(chance() * samples.length)] ?? '');
  const text = written(chance, manifest(chance));
  return kind < 0.6 ? damaged(chance, text) : text;
}

/** As the file would be read: bytes of another encoding, and halves of characters, become what UTF-8 makes of them. */
function asRead(text: string, chance: Chance): string {
  const bytes = Buffer.from(text, chance() < 0.05 ? 'latin1' : chance() < 0.02 ? 'utf16le' : 'utf8');
  return bytes.toString('utf8');
}

const desk = newDesk(ENV, 'with notes');
const PLAIN = newPaint(false);

/** What is wrong in what is told of one text. */
export const judgeText = (text: string): string[] => [...wrongIn(desk(text).findings, text)];

export function fuzz(seed: number, count: number, samples: readonly string[]): Fuzzed {
  const faults: string[] = [];
  const codes = new Map<string, number>();
  let [valid, findings, slowestMs] = [0, 0, 0];
  for (let index = 0; index < count; index++) {
    const own = seed + index;
    const text = asRead(documentOf(own, samples), newChance(own ^ 0x5f));
    const fault = (what: string): void => void faults.push(`seed ${own}: ${what}`);
    const began = process.cpuUsage();
    try {
      const loaded = desk(text);
      if (loaded.plan !== null) valid++;
      findings += loaded.findings.length;
      for (const finding of loaded.findings) codes.set(finding.code, (codes.get(finding.code) ?? 0) + 1);
      for (const wrong of wrongIn(loaded.findings, text)) fault(wrong);
    } catch (error) {
      fault(`it threw: ${(error as Error).stack?.split('\n').slice(0, 4).join(' | ')}`);
    }
    const { user, system } = process.cpuUsage(began);
    const ms = (user + system) / 1000;
    slowestMs = Math.max(slowestMs, ms);
    if (ms > LIMIT_MS) fault(`it took ${Math.round(ms)} ms: ${text.length} characters, ${text.slice(0, 80)}`);
  }
  return { documents: count, valid, findings, codes, slowestMs, faults };
}

/** A line of a stack, as V8 writes it. */
const STACK = /^\s+at .*(:\d+:\d+\)?|<anonymous>\)?)$/m;
/** What a terminal would obey, but for the ends of lines and tabs. */
const CONTROL = /[^\P{Cc}\n\t]/u;

function* wrongIn(findings: readonly Failure[], text: string): Iterable<string> {
  const lines = text.replace(/^\uFEFF/, '').split('\n').length;
  for (const finding of findings) {
    const { place, code } = finding;
    if (!isInText(place)) yield `${code} has no position`;
    else {
      const { line, column, endLine, endColumn, excerpt } = place;
      const isSound = line >= 1 && line <= lines && endLine >= line && column >= 1 && endColumn > column;
      if (!isSound || !Number.isInteger(line + column + endLine + endColumn))
        yield `${code} stands at ${line}:${column} to ${endLine}:${endColumn} of ${lines} lines`;
      // What may be a secret is not shown.
      if (column > excerpt.length + 1 && code !== 'secret-plain')
        yield `${code} stands behind its line: ${column} of ${excerpt.length}`;
    }
    const github = diagnosticGithub(finding, 'prodserver.yaml');
    if (/[\n\r]/.test(github)) yield `${code} is more than one line for GitHub`;
    const shown = diagnosticText(finding, PLAIN);
    if (CONTROL.test(shown)) yield `${code} shows a control character`;
    for (const told of [shown, github]) {
      if (STACK.test(told) && !STACK.test(text)) yield `${code} shows a stack`;
      if (told.includes('undefined') && !text.includes('undefined'))
        yield `${code} says undefined: ${told.slice(0, 200)}`;
      if (told.includes('[object ')) yield `${code} says [object`;
    }
    if (shown.split('\n').some((line) => line.length > 4000))
      yield `${code} has a line of thousands of columns`;
  }
  const json = JSON.stringify(diagnosticsJson([{ file: 'prodserver.yaml', findings }]));
  JSON.parse(json);
  const all = [json, ...findings.map((finding) => diagnosticText(finding, PLAIN))].join('\n');
  if (all.includes(SECRET))
    yield `it shows what a variable brought: ${findings.map(({ code }) => code).join(', ')}`;
}
