/** What `top` says of orders, of supervisors that have gone, and of its keys. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Failure } from '../model/failure.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Top, View } from '../screen/top.ts';
import type { Note, OrderName } from '../screen/wish.ts';
import { messageOf } from './failures.ts';
import { whyNotRenewed } from './status.ts';
import { andList } from './words.ts';

export const KEYS: Readonly<Record<View['kind'], string>> = {
  table: 'q quit  r restart  s stop  S start  l logs  e events  o order  ? help',
  help: 'any key: back',
  logs: 'q back  up/down, page up/page down: scroll  end: follow',
  events: 'q back  up/down, page up/page down: scroll  end: follow',
};

export const HELP: readonly string[] = [
  '',
  '  up, down, j, k     select a process; g and G: the first, the last',
  '  l, Enter           follow its log',
  '  r                  restart it: what runs is replaced, what does not is started',
  '  s                  stop it (asks first)',
  '  S                  start it, also out of BACKOFF',
  '  e                  what has happened',
  '  o                  order by name, CPU, memory, restarts',
  '  Ctrl-L             draw the screen again',
  '  q, Ctrl-C          leave; nothing is stopped by that',
  '',
  '  MEMORY is the PSS of the whole tree, or the RSS where that may not be read.',
  '  CPU: 100% is one processor.',
  '  DONE, ACTIVE and PER S are tasks, as a Celery worker tells them.',
  '  Behind RESTARTS: why its last run ended.',
];

const DOING: Readonly<Record<OrderName, string>> = {
  restart: 'restarting',
  start: 'starting',
  stop: 'stopping',
};
const DONE: Readonly<Record<OrderName, string>> = {
  restart: 'restarted',
  start: 'started',
  stop: 'stopped',
};

export function noteText(note: Note): string {
  const { order, instance } = note.wish;
  switch (note.kind) {
    case 'asked':
    case 'taken':
      return `${instance}: ${DOING[order]}`;
    case 'done':
      return `${instance}: ${DONE[order]}${note.pid === null ? '' : ` (pid ${note.pid})`}`;
    case 'failed':
      return `not ${DONE[order]}: ${whyNotRenewed(note.row, note.wish.since)}`;
    case 'refused': {
      const why = note.failure === null ? 'no supervisor has it, or it is stopping' : messageOf(note.failure);
      return `not ${DONE[order]}: ${instance}: ${why}`;
    }
    default:
      return unreachable(note);
  }
}

function whoText({ instance, pid, tasks: { active } }: ProcessRow): string {
  const facts = [
    pid === null ? null : `pid ${pid}`,
    active === null ? null : `${active} task${active === 1 ? '' : 's'} running`,
  ].filter((fact) => fact !== null);
  return facts.length === 0 ? instance : `${instance} (${facts.join(', ')})`;
}

/** `stop worker.1 (pid 4711, 2 tasks running)? y/n` */
export const askText = (instance: string, row: ProcessRow | null): string =>
  `stop ${row?.instance === instance ? whoText(row) : instance}? y/n`;

/** Null where none is missed; `left`: how many answer. */
export function goneText(gone: Top['gone'], left: number): string | null {
  if (gone.length === 0 && left > 0) return null;
  const pids = andList(gone.map(({ pid }) => String(pid)));
  const who = `supervisor${gone.length === 1 ? '' : 's'} pid ${pids} ${gone.length === 1 ? 'has' : 'have'} gone`;
  return `${gone.length === 0 ? 'no supervisor runs' : who}; looking again`;
}

export const silentText = (failure: Failure): string => `${messageOf(failure)}; asking again`;
