import { failure } from '../model/failure.ts';
import {
  countBySeverity,
  countText,
  diagnosticGithub,
  diagnosticsJson,
  diagnosticText,
} from '../render/diagnostics.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { load } from './manifest.ts';
import { fail, outputPaint, print } from './output.ts';

const FORMATS = ['text', 'json', 'github'];

export async function run(_names: readonly string[], flags: Flags): Promise<number> {
  const format = flags['json'] === true ? 'json' : String(flags['format']);
  if (!FORMATS.includes(format)) {
    return fail(
      failure('usage', { detail: `--format must be one of ${FORMATS.join(', ')}, not "${format}"` }),
    );
  }
  const source = await load(flags);
  const { findings, plan } = source.loaded;
  const misuse = findings.find(({ code }) => code === 'usage');
  if (misuse !== undefined) return fail(misuse);
  const { errors, warnings } = countBySeverity(findings);
  const refused = errors > 0 || (flags['strict'] === true && warnings > 0);
  if (format === 'json') print(JSON.stringify(diagnosticsJson(findings), null, 2));
  else if (format === 'github') for (const finding of findings) print(diagnosticGithub(finding));
  else {
    for (const finding of findings) print(diagnosticText(finding, outputPaint()));
    const names = new Set(plan?.processes.map((spec) => spec.name));
    const counted = countText(findings);
    if (refused) print(`${source.shown}: ${counted}`);
    else if (names.size > 0) {
      print(`${source.shown}: ok, ${[...names].join(', ')}${counted === '' ? '' : ` (${counted})`}`);
    }
  }
  return refused ? EXIT.manifest : EXIT.ok;
}
