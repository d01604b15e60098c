import { resolve } from 'node:path';
import { failure, severityOf, type Failure, type Result } from '../model/failure.ts';
import { docsFile, fileExists } from '../os/files.ts';
import {
  countBySeverity,
  countText,
  diagnosticGithub,
  diagnosticsJson,
  diagnosticText,
} from '../render/diagnostics.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { load, loadSource, shown, type Source } from './manifest.ts';
import { fail, outputPaint, print } from './output.ts';

const FORMATS = ['text', 'json', 'github'];

export async function run(files: readonly string[], flags: Flags): Promise<number> {
  const format = flags['json'] === true ? 'json' : String(flags['format']);
  if (!FORMATS.includes(format)) {
    return misuse(`--format must be one of ${FORMATS.join(', ')}, not "${format}"`);
  }
  const given = filesOf(files, flags);
  if (!given.ok) return fail(given.error);
  let sources: readonly Source[] = [];
  for (const path of given.value) sources = [...sources, await loadSource({ kind: 'file', path })];
  if (sources.length === 0) sources = [await load(flags)];
  const deep = flags['deep'] === true ? await (await import('./check-deep.ts')).deepen(sources, flags) : null;
  if (typeof deep === 'number') return deep;
  if (deep !== null) ({ sources } = deep);
  const findings = sources.flatMap(({ loaded }) => loaded.findings);
  const misused = findings.find(({ code }) => code === 'usage');
  if (misused !== undefined) return fail(misused);
  const strict = flags['strict'] === true;
  if (format === 'json') {
    const told = diagnosticsJson(sources.map(checked), strict);
    print(JSON.stringify(deep === null ? told : { ...told, deep: deep.json }, null, 2));
  } else if (format === 'github') printGithub(sources, strict);
  else {
    deep?.printText();
    printText(sources, strict);
  }
  return countBySeverity(findings, strict).errors > 0 ? EXIT.manifest : EXIT.ok;
}

/** What is to be read, each once; none: what the other flags name. */
function filesOf(files: readonly string[], flags: Flags): Result<readonly string[]> {
  if (files.length === 0) return { ok: true, value: [] };
  for (const flag of ['manifest', 'settings']) {
    if (flags[flag] !== undefined) return misused(`files and --${flag} exclude each other`);
  }
  // `start` and `plan` take names in this place.
  const name = files.find((file) => /^\w[\w-]*(\.\w+)*$/.test(file) && !isFile(file));
  if (name !== undefined) {
    const what = "check takes files, and checks every process in them; Django's settings come by --settings";
    return misused(`there is no file "${name}": ${what}`);
  }
  return { ok: true, value: [...new Set(files.map((file) => (file === '-' ? file : resolve(file))))] };
}

/** One that is named as a manifest is and does not exist was meant as one. */
const isFile = (file: string): boolean => /\.(ya?ml|json)$/.test(file) || fileExists(file);

const usage = (detail: string): Failure => failure('usage', { detail });
const misused = (detail: string): Result<never> => ({ ok: false, error: usage(detail) });
const misuse = (detail: string): number => fail(usage(detail));

const checked = ({ file, loaded }: Source) => ({ file, findings: loaded.findings });

function printGithub(sources: readonly Source[], strict: boolean): void {
  for (const { file, loaded } of sources) {
    for (const finding of loaded.findings) print(diagnosticGithub(finding, file, strict));
  }
}

function printText(sources: readonly Source[], strict: boolean): void {
  for (const source of sources) {
    const { findings, plan } = source.loaded;
    for (const finding of findings) print(diagnosticText(finding, outputPaint(), strict));
    const counted = countText(findings, strict);
    if (countBySeverity(findings, strict).errors > 0) print(`${source.shown}: ${counted}`);
    else {
      const names = [...new Set(plan?.processes.map((spec) => spec.name))];
      const told = counted === '' ? '' : ` (${counted})`;
      print(`${source.shown}: ${['ok', ...names].join(', ')}${told}`);
    }
  }
  // An info says all that there is to say.
  const wrong = sources.flatMap(({ loaded }) => loaded.findings.map(({ code }) => severityOf(code)));
  if (wrong.some((severity) => severity !== 'info')) {
    print(`more on each code: ${shown(docsFile())}`);
  }
}
