/** One line on the whole set, as `systemctl status` shows it. */
import type { ProcessRow } from '../control/protocol.ts';
import { causeDetail, oneLine } from './status.ts';

type Row = Pick<ProcessRow, 'instance' | 'state' | 'cause' | 'tasks'>;

export interface ServiceView {
  readonly rows: readonly Row[];
  readonly stopping: boolean;
  readonly refused: boolean;
}

/** How many are named. */
const NAMED = 3;

/** `3 of 4 running; worker.2 BACKOFF (exit code 1)` */
export function serviceText({ rows, stopping, refused }: ServiceView): string {
  return [
    ...(stopping ? stoppingParts(rows) : runningParts(rows)),
    ...(refused && !stopping ? ['the manifest is not usable: nothing was changed'] : []),
  ].join('; ');
}

function runningParts(rows: readonly Row[]): string[] {
  const due = rows.filter(({ cause }) => cause?.kind !== 'completed');
  if (due.length === 0) return ['everything has completed'];
  const missing = due.filter(({ state }) => state !== 'RUNNING').toSorted((a, b) => rank(a) - rank(b));
  return [`${due.length - missing.length} of ${due.length} running`, ...listed(missing.map(standingText))];
}

function stoppingParts(rows: readonly Row[]): string[] {
  const left = rows.filter(({ state }) => ['STARTING', 'RUNNING', 'STOPPING'].includes(state));
  if (left.length === 0) return ['stopping: everything has ended'];
  return [`stopping: ${left.length} of ${rows.length} left`, ...listed(left.map(leftText))];
}

/** What needs somebody comes first. */
const rank = ({ state }: Row): number => {
  const place = ['FATAL', 'BACKOFF', 'EXITED'].indexOf(state);
  return place === -1 ? 3 : place;
};

const listed = (texts: readonly string[]): string[] => {
  if (texts.length === 0) return [];
  const more = texts.length - NAMED;
  return [texts.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')];
};

function standingText({ instance, state, cause }: Row): string {
  const detail = cause === null ? undefined : oneLine(causeDetail(cause));
  return `${instance} ${state}${detail === undefined ? '' : ` (${detail})`}`;
}

function leftText({ instance, tasks: { active } }: Row): string {
  if (active === null || active === 0) return instance;
  return `${instance} (${active} task${active === 1 ? '' : 's'} running)`;
}
