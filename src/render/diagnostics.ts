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
import { maskLine } from './mask.ts';
import { dottedPath } from './words.ts';
import type { Paint } from './paint.ts';

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

interface Counts {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

export function countBySeverity(findings: readonly Failure[]): Counts {
  const count = (severity: Severity): number =>
    findings.filter((finding) => severityOf(finding.code) === severity).length;
  return { errors: count('error'), warnings: count('warning'), infos: count('info') };
}

/** `2 errors, 1 warning`; empty when there is nothing to count. */
export function countText(findings: readonly Failure[]): string {
  const { errors, warnings, infos } = countBySeverity(findings);
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
export function diagnosticText(finding: Failure, paint: Paint): string {
  const severity = severityOf(finding.code);
  const label = LABELS[severity](paint)(severity);
  const { place } = finding;
  const where = place === undefined ? '' : paint.bold(`${printable(whereText(place))}: `);
  const lines = [`${where}${label}: ${printable(messageOf(finding))} [${finding.code}]`];
  if (severity !== 'info' && isInText(place) && place.excerpt.trim() !== '') {
    const number = String(place.line).padStart(5);
    const cut = clip(place);
    lines.push(
      `${number} | ${cut.text}`,
      `${' '.repeat(number.length)} | ${cut.lead}${paint.red('^'.repeat(cut.carets))}`,
    );
  }
  const hint = hintOf(finding);
  if (hint !== null) lines.push(`${' '.repeat(5)} = ${printable(hint)}`);
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

/** Control characters of a manifest are not the terminal's to obey; ends of lines and tabs are ours. */
const printable = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');

/** Longer lines are shown around the place. Columns. */
const WIDTH = 100;

/** The line as it is shown, the white space that puts the caret under the place, and the carets. */
function clip({ excerpt, column, endColumn, path }: TextPlace): {
  text: string;
  lead: string;
  carets: number;
} {
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

/** The object that `check --format json` prints. */
export function diagnosticsJson(findings: readonly Failure[]): object {
  const diagnostics = findings.map((finding) => {
    const place = isInText(finding.place) ? finding.place : null;
    return {
      code: finding.code,
      severity: severityOf(finding.code),
      message: messageOf(finding),
      hint: hintOf(finding),
      file: place?.file ?? null,
      line: place?.line ?? null,
      column: place?.column ?? null,
      end_line: place?.endLine ?? null,
      end_column: place?.endColumn ?? null,
      path: finding.place?.path ?? [],
    };
  });
  return { diagnostics, ...countBySeverity(findings) };
}

/** One workflow command, as GitHub turns into an annotation. */
export function diagnosticGithub(finding: Failure): string {
  const { place } = finding;
  const data = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const where = !isInText(place)
    ? ''
    : `file=${property(place.file)},line=${place.line},endLine=${place.endLine},col=${place.column},endColumn=${place.endColumn},`;
  const hint = hintOf(finding);
  const setting = place === undefined || isInText(place) ? '' : `${settingText(place)}: `;
  const message = setting + (hint === null ? messageOf(finding) : `${messageOf(finding)} (${hint})`);
  const severity = severityOf(finding.code);
  return `::${severity === 'info' ? 'notice' : severity} ${where}title=${finding.code}::${data(message)}`;
}
