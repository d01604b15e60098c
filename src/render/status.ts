/** The state of the processes: supervisorctl's columns for scripts, one object for programs. */
import type { Cause, ProcessRow, StatusAnswer } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import { unreachable } from '../model/unreachable.ts';
import { messageOf } from './failures.ts';
import { causeText } from './replacement.ts';
import { hindranceText, lossText } from './locks.ts';
import { brokerText } from './transition.ts';
import { exitText, troubleText } from './words.ts';

type SupervisorRow = StatusAnswer['supervisor'];

/** The short word of `reason` in JSON. */
function reasonOf(cause: Cause | null): string | null {
  if (cause === null) return null;
  switch (cause.kind) {
    case 'failure':
      return cause.failure.code;
    case 'waiting':
      return WAITING[cause.hindrance.kind];
    case 'crash':
      return cause.exit.oom === true ? 'oom' : 'crash';
    default:
      return cause.kind;
  }
}

const WAITING: Readonly<Record<Extract<Cause, { kind: 'waiting' }>['hindrance']['kind'], string>> = {
  lock: 'lock-held',
  'lock-delay': 'lock-delay',
  'lock-store': 'lock-unreachable',
  previous: 'previous-running',
  dependency: 'dependency',
  target: 'target-unreachable',
};

/** Why its last run ended, as one word: `oom`, `memory`, `manual` ... Null: it has had no other. */
export const restartReason = ({ exits }: ProcessRow): string | null => exits.at(-1)?.reason ?? null;

/** The reason in words; null where the state says all. */
export const detailOf = (row: ProcessRow): string | null =>
  row.cause === null ? replacementDetail(row) : causeDetail(row.cause);

function replacementDetail({ replacing, replacement_failed: failed }: ProcessRow): string | null {
  if (replacing !== null) return replacingDetail(replacing);
  return failed === null ? null : `could not be replaced: ${causeDetail(failed.cause)}`;
}

const replacingDetail = (replacing: NonNullable<ProcessRow['replacing']>): string =>
  `replacing: ${causeText(replacing.cause)}; ${phaseText(replacing)}`;

function phaseText({ phase, pid }: NonNullable<ProcessRow['replacing']>): string {
  const who = pid === null ? '' : `, pid ${pid}`;
  const texts = {
    queued: 'waits for its turn',
    starting: `the new one starts${who}`,
    draining: `the old one ends${who}`,
    reloading: `new workers for the old ones${who}`,
  };
  return texts[phase];
}

/** Why one that was to be restarted, or to be reloaded, `since` then (ISO 8601) has not been. */
export function whyNotRenewed(row: ProcessRow, since: string): string {
  const { instance, state, replacement_failed: failed } = row;
  const isNew = failed !== null && failed.at >= since;
  if (isNew) return `${instance}: ${oneLine(causeDetail(failed.cause))}`;
  if (state === 'RUNNING') return `${instance}: left alone after that`;
  const detail = oneLine(detailOf(row));
  return `${instance}: ${state}${detail === undefined ? '' : ` (${detail})`}`;
}

export function causeDetail(cause: Cause): string {
  switch (cause.kind) {
    case 'crash':
      return exitText(cause.exit);
    case 'start-timeout':
      return `not ready in time, ${exitText(cause.exit)}`;
    case 'failure':
      return messageOf(cause.failure as unknown as Failure);
    case 'broker-unreachable':
      return brokerText(cause);
    case 'waiting':
      return hindranceText(cause.hindrance);
    case 'unresponsive': {
      const { code, signal } = cause.exit;
      const after = code === null && signal === null ? '' : `, ${exitText(cause.exit)}`;
      return `unresponsive (${troubleText(cause.trouble)})${after}`;
    }
    case 'lock-lost':
      return lossText(cause.loss);
    case 'manual':
      return 'stopped by order';
    case 'completed':
      return 'completed';
    default:
      return unreachable(cause);
  }
}

/** The first line, without the announcement of those that are left out. */
export const oneLine = (text: string | null): string | undefined =>
  text?.split('\n')[0]?.replace(/; it said:$/, '');

/** What supervisorctl shows as its third column, and what we know beyond it. One line. */
function description(row: ProcessRow): string {
  const detail = oneLine(detailOf(row));
  const parts = [
    row.pid === null ? null : `pid ${row.pid}`,
    row.pid === null || row.uptime_s === null ? null : `uptime ${clockText(row.uptime_s)}`,
    row.next_retry_at === null ? null : `next start at ${row.next_retry_at}`,
    detail ?? null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** `0:00:08`, `2 days, 3:04:05`, as supervisorctl writes it. */
function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${Math.floor((whole % 86_400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  const days = Math.floor(whole / 86_400);
  return days === 0 ? time : `${days} day${days === 1 ? '' : 's'}, ${time}`;
}

/** name padded to max(30, longest) + 3, state to 10, description. */
export function statusLines(rows: readonly ProcessRow[]): string[] {
  const width = Math.max(30, ...rows.map((row) => row.instance.length)) + 3;
  return rows.map((row) =>
    `${row.instance.padEnd(width)}${row.state.padEnd(10)}${description(row)}`.trimEnd(),
  );
}

const because = (cause: Cause | null): { reason: string | null; detail: string | null } => ({
  reason: reasonOf(cause),
  detail: cause && causeDetail(cause),
});

/** The object of `status --json`: how memory went is for `doctor` to judge. */
export const statusJson = (supervisors: readonly SupervisorRow[], rows: readonly ProcessRow[]): object => ({
  supervisors: supervisors.map(({ warnings, ...rest }) => ({
    ...rest,
    warnings: warnings.map((one) => ({ code: one.code, message: messageOf(one as unknown as Failure) })),
  })),
  processes: rows.map(rowJson),
});

function rowJson(whole: ProcessRow): object {
  const { cause, replacing, replacement_failed: failed, growth: _, ...row } = whole;
  return {
    ...row,
    restart_reason: restartReason(whole),
    replacing: replacing && {
      reason: replacing.cause.kind,
      detail: causeText(replacing.cause),
      phase: replacing.phase,
      pid: replacing.pid,
      tasks: replacing.tasks,
    },
    replacement_failed: failed && { at: failed.at, generation: failed.generation, ...because(failed.cause) },
    ...because(cause),
  };
}
