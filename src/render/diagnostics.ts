/** What is wrong with a manifest, for people, for programs and for GitHub. */
import { stripVTControlCharacters } from 'node:util';
import {
  isInText,
  severityOf,
  type Failure,
  type SettingPlace,
  type Severity,
  type TextPlace,
} from '../model/failure.ts';
import { hintOf, messageOf } from './failures.ts';
import { maskLine } from '../model/mask.ts';
import { dottedPath } from './words.ts';
import type { Paint } from './paint.ts';

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

interface Counts {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

/** Where each code is explained: an npm path, since package.json names no homepage yet. */
const DOCS = 'prodserver/docs/errors.md';

/** `strict` takes warnings for errors. */
export function countBySeverity(findings: readonly Failure[], strict = false): Counts {
  const count = (severity: Severity): number =>
    findings.filter((finding) => severityIn(finding, strict) === severity).length;
  return { errors: count('error'), warnings: count('warning'), infos: count('info') };
}

function severityIn({ code }: Failure, strict: boolean): ReturnType<typeof severityOf> {
  const severity = severityOf(code);
  return strict && severity === 'warning' ? 'error' : severity;
}

/** `2 errors, 1 warning`; empty when there is nothing to count. */
export function countText(findings: readonly Failure[], strict = false): string {
  const { errors, warnings, infos } = countBySeverity(findings, strict);
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
    [infos, 'info'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => plural(count, word))
    .join(', ');
}

/** One finding with its line and a caret under what it speaks of; an info, where nothing is wrong, without. */
export function diagnosticText(finding: Failure, paint: Paint, strict = false): string {
  const severity = severityIn(finding, strict);
  const label = LABELS[severity](paint)(severity);
  const { place } = finding;
  const where = place === undefined ? '' : paint.bold(`${printable(whereText(place))}: `);
  const lines = [`${where}${label}: ${printable(brief(messageOf(finding)))} [${finding.code}]`];
  if (severity !== 'info' && isInText(place) && place.excerpt.trim() !== '') {
    const number = String(place.line).padStart(5);
    const cut = clip(place);
    lines.push(
      `${number} | ${cut.text}`,
      `${' '.repeat(number.length)} | ${cut.lead}${paint.red('^'.repeat(cut.carets))}`,
    );
  }
  const hint = hintOf(finding);
  if (hint !== null) lines.push(`${' '.repeat(5)} = ${printable(brief(hint))}`);
  return lines.join('\n');
}

const LABELS: Readonly<Record<Severity, (paint: Paint) => (text: string) => string>> = {
  error: ({ red }) => red,
  warning: ({ yellow }) => yellow,
  info: ({ cyan }) => cyan,
};

/** `prodserver.yaml:3:5`, or `shop.settings: PRODUCTION_PROCESSES.web.ARGS.bind[0]`. */
const whereText = (place: TextPlace | SettingPlace): string =>
  isInText(place) ? `${place.file}:${place.line}:${place.column}` : settingText(place);

const settingText = ({ module, path }: SettingPlace): string => `${module}: ${dottedPath(path)}`;

/** A text of a manifest may be a megabyte; what a program said may have many lines. Characters of one. */
const LONGEST = 1000;
const brief = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST - 3)}...` : line))
    .join('\n');

/** Control characters of a manifest are not the terminal's to obey; ends of lines and tabs are ours. */
const printable = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');

/** Longer lines are shown around the place. Columns. */
const WIDTH = 100;

/** What is looked at around the place for secrets: a line may be a megabyte. Columns to either side. */
const SIGHT = 1000;

/** The line as it is shown, the white space that puts the caret under the place, and the carets. */
function clip(place: TextPlace): { text: string; lead: string; carets: number } {
  const { path } = place;
  const cut = Math.max(0, place.column - 1 - SIGHT);
  const excerpt = place.excerpt.slice(cut, place.column - 1 + SIGHT);
  const [column, endColumn] = [place.column - cut, place.endColumn - cut];
  // Columns count UTF-16 units; a cut between the two halves of a character moves before them.
  const whole = (index: number): number =>
    /^[\uDC00-\uDFFF]/.test(excerpt.slice(index)) ? index - 1 : index;
  const start = whole(column - 1 > WIDTH - 20 ? column - 21 : 0);
  const end = whole(start + WIDTH);
  const masked = maskLine(excerpt, path);
  const before = masked.slice(start, column - 1);
  const under = masked.slice(column - 1, Math.min(end, endColumn - 1));
  return {
    text: printable(masked.slice(start, end)),
    // A tab stays a tab, so that the caret moves as the line does; a wide character takes two columns.
    lead: Array.from(before, (char) => (char === '\t' ? '\t' : ' '.repeat(columns(char)))).join(''),
    carets: Math.max(
      1,
      Array.from(under).reduce((sum, char) => sum + columns(char), 0),
    ),
  };
}

/** Terminal columns of one character: East Asian wide and emoji blocks take two (Unicode TR 11, coarse). */
function columns(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x300 && code <= 0x36f) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff);
  return wide ? 2 : 1;
}

/** What was found in one manifest; `file` is null where that is no file. */
export interface Checked {
  readonly file: string | null;
  readonly findings: readonly Failure[];
}

/** The object that `check --format json` prints. */
export function diagnosticsJson(checked: readonly Checked[], strict = false): object {
  const diagnostics = checked.flatMap(({ file, findings }) =>
    findings.map((finding) => diagnosticJson(file, finding, strict)),
  );
  const all = checked.flatMap(({ findings }) => findings);
  return { diagnostics, ...countBySeverity(all, strict) };
}

function diagnosticJson(file: string | null, finding: Failure, strict: boolean): object {
  const place = isInText(finding.place) ? finding.place : null;
  return {
    code: finding.code,
    severity: severityIn(finding, strict),
    message: messageOf(finding),
    hint: hintOf(finding),
    docs: docsOf(finding),
    file: place?.file ?? file,
    line: place?.line ?? null,
    column: place?.column ?? null,
    end_line: place?.endLine ?? null,
    end_column: place?.endColumn ?? null,
    path: finding.place?.path ?? [],
  };
}

const docsOf = ({ code }: Failure): string => `${DOCS}#${code}`;

/** One workflow command, as GitHub turns into an annotation; what has no place of its own stands at its file. */
export function diagnosticGithub(finding: Failure, file: string | null, strict = false): string {
  const { place } = finding;
  const data = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const where = !isInText(place)
    ? place === undefined && file !== null
      ? `file=${property(file)},`
      : ''
    : `file=${property(place.file)},line=${place.line},endLine=${place.endLine},col=${place.column},endColumn=${place.endColumn},`;
  const hint = hintOf(finding);
  const setting = place === undefined || isInText(place) ? '' : `${settingText(place)}: `;
  const remedy = hint === null ? '' : ` (${brief(hint)})`;
  const message = `${setting}${brief(messageOf(finding))}${remedy}\n${docsOf(finding)}`;
  const severity = severityIn(finding, strict);
  return `::${severity === 'info' ? 'notice' : severity} ${where}title=${finding.code}::${data(message)}`;
}
