/** The files that are made from the code: what `npm run generate` writes and the test compares. */
import { draft07 } from '../../src/manifest/json-schema-07.ts';
import { manifestSchema } from '../../src/manifest/json-schema.ts';
import { severityOf, type Code, type Failure } from '../../src/model/failure.ts';
import { exitCodeOf, hintOf, messageOf, TABLE } from '../../src/render/failures.ts';
import { celeryPage } from './celery.ts';
import { EXITS } from './exits.ts';
import { manPage } from './man.ts';
import { schemaWords } from './option-words.ts';
import { SAMPLES } from './samples.ts';
import { thirdPartyPage } from './third-party.ts';

export interface Generated {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

export const generatedFiles = (): readonly Generated[] => [
  { path: 'schema/manifest.schema.json', text: jsonText(manifestSchema(schemaWords())) },
  { path: 'schema/manifest.draft-07.schema.json', text: jsonText(draft07(manifestSchema(schemaWords()))) },
  { path: 'docs/errors.md', text: errorsPage() },
  { path: 'docs/celery.md', text: celeryPage() },
  { path: 'docs/third-party.md', text: thirdPartyPage() },
  { path: 'docs/man/prodserver.1', text: manPage() },
];

/** A line for each thing that is worth one: readable, and a third of what indenting all of it takes. */
function jsonText(whole: object): string {
  const text = (node: unknown, indent: string): string => {
    const short = JSON.stringify(node);
    if (typeof node !== 'object' || node === null || indent.length + short.length <= LINE) return short;
    const deeper = `${indent} `;
    const lines = Array.isArray(node)
      ? node.map((item) => text(item, deeper))
      : Object.entries(node).map(([key, value]) => `${JSON.stringify(key)}: ${text(value, deeper)}`);
    const [open, close] = Array.isArray(node) ? '[]' : '{}';
    return `${open}\n${lines.map((line) => deeper + line).join(',\n')}\n${indent}${close}`;
  };
  return `${text(whole, '')}\n`;
}
const LINE = 200;

const codes = Object.keys(TABLE) as Code[];
const sampleOf = (code: Code): Failure => ({ code, facts: SAMPLES[code] }) as Failure;
const indent = (text: string): string => text.replaceAll(/^/gm, '    ');
/** A variable in a sentence is text, not markup. */
const escape = (text: string): string => text.replaceAll(/(\$\{[^}]*\}|\*\w+)/g, '`$1`');

function errorsPage(): string {
  const sections = codes.map((code) => {
    const sample = sampleOf(code);
    const hint = hintOf(sample);
    const severity = severityOf(code);
    const exit = severity === 'error' ? `error, exit code ${exitCodeOf(sample)}` : severity;
    return [
      `### ${code}`,
      `*${exit}.* ${escape(TABLE[code].about)}`,
      indent([messageOf(sample), ...(hint === null ? [] : [`  = ${hint}`])].join('\n')),
    ].join('\n\n');
  });
  return `${HEAD}\n${sections.join('\n\n')}\n`;
}

const HEAD = `# Errors and warnings

Made from the table of codes by \`npm run generate\`; do not edit.

A code is stable: scripts may rely on it. It stands in brackets at the end of a message, as \`code\` in
\`prodserver check --format json\` and as the title of a GitHub annotation. The exit code is that of a command that ends
with this error. A warning ends nothing; \`check --strict\` takes warnings of the manifest for errors. An info
is what is good to know where nothing is wrong: only \`check\` tells it, \`--strict\` or not, and its exit code stays as it is.
Below each code is an example of its message and, after "=", of what to do.

| exit code | meaning |
|---|---|
${EXITS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')}

A foreground \`start\` of a single process ends with that process's own code when it ends for good.

## Codes
`;
