/** The findings of `doctor`: a line each for people, one object for programs. */
import type { CheckCode, CheckStatus, FactsByCheck, Source, Verdict } from '../doctor/verdict.ts';
import { formatDuration } from '../model/units.ts';
import { machineWords, toolWords } from './doctor-machine-words.ts';
import { runningWords, SOURCES } from './doctor-running-words.ts';
import { troubleWords } from './doctor-trouble-words.ts';
import type { Said, SaidOf } from './doctor-words.ts';
import { andList } from './words.ts';
import type { Paint } from './paint.ts';

export const CHECK_WORDS: SaidOf<CheckCode> = {
  ...troubleWords,
  ...runningWords,
  ...toolWords,
  ...machineWords,
};

/** The table's types tie each code to its facts, which a verdict carries together; TypeScript cannot see the pair. */
const saidOf = ({ code, facts }: Verdict): Said =>
  (CHECK_WORDS[code] as (facts: FactsByCheck[CheckCode]) => Said)(facts);

const ORDER: readonly CheckStatus[] = ['bad', 'warn', 'unknown', 'ok'];

const sorted = (verdicts: readonly Verdict[]): Verdict[] =>
  verdicts.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));

const countOf = (verdicts: readonly Verdict[], status: CheckStatus): number =>
  verdicts.filter((one) => one.status === status).length;

const WIDTH = Math.max(...ORDER.map((status) => status.length)) + 1;

/** Bad ones first; what is well is counted, and told only where `all` is asked for. The last line counts. */
export function doctorLines(verdicts: readonly Verdict[], all: boolean, paint: Paint): string[] {
  const colours: Readonly<Record<CheckStatus, (text: string) => string>> = {
    bad: paint.red,
    warn: paint.yellow,
    unknown: paint.dim,
    ok: paint.green,
  };
  const shown = sorted(verdicts).filter(({ status }) => all || status === 'bad' || status === 'warn');
  const lines = shown.map((one) => {
    const [text, remedy] = saidOf(one);
    const said = remedy === null ? text : `${text}; ${remedy}`;
    return `${colours[one.status](one.status.padEnd(WIDTH))}${said} ${paint.dim(`[${one.code}]`)}`;
  });
  const counts = ORDER.map((status) => `${countOf(verdicts, status)} ${status}`).filter(
    (one) => !one.startsWith('0 '),
  );
  return [
    ...lines,
    `doctor: ${counts.join(', ')}${all || !counts.join().includes('unknown') ? '' : ' (-v tells all)'}`,
  ];
}

/** The object of `doctor --json`. */
export const doctorJson = (verdicts: readonly Verdict[]): object => ({
  checks: sorted(verdicts).map((one) => {
    const [text, remedy] = saidOf(one);
    return { code: one.code, status: one.status, text, remedy };
  }),
  bad: countOf(verdicts, 'bad'),
  warn: countOf(verdicts, 'warn'),
  unknown: countOf(verdicts, 'unknown'),
  ok: countOf(verdicts, 'ok'),
});

/** Who has not answered so far; `ms` since the beginning. */
export const askingText = (pending: readonly Source[], ms: number): string =>
  `doctor: still asks ${andList(pending.map((one) => SOURCES[one]))}, ${formatDuration(ms)}`;
