/** News as events, for those who follow them, and both as lines. */
import type { EventBody, EventRecord, LineRecord } from '../control/records.ts';
import { labelOf } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import type { News } from '../supervisor/news.ts';
import type { State, Then } from '../supervisor/state.ts';
import { messageOfNews, OURS } from './news.ts';
import type { Paint } from './paint.ts';
import { transitionText } from './transition.ts';

const NOTHING: Omit<EventBody, 'type' | 'message'> = {
  level: 'info',
  process: null,
  instance: null,
  generation: null,
  from: null,
  to: null,
  reason: null,
  pid: null,
  exit: null,
};

/** Makes events of news; a step in between that is not worth a line is none, and a line of a process is none. */
export function newEventMaker(): (news: News) => EventBody | null {
  const shown = new Map<string, State['id']>();
  return (news) => {
    switch (news.type) {
      // An answer to who asked for it, and of any size.
      case 'dump':
      case 'line':
        return null;
      case 'changed': {
        const label = labelOf(news.spec.instance, news.generation);
        const before = shown.get(label) ?? 'STOPPED';
        const text = transitionText(news, before);
        if (text === null) return null;
        shown.set(label, news.machine.state.id);
        return changed(news, before, text);
      }
      default:
        return { ...NOTHING, ...factsOf(news), type: news.type, message: messageOfNews(news) };
    }
  };
}

function changed(
  { spec, generation, machine }: Extract<News, { type: 'changed' }>,
  from: State['id'],
  text: string,
): EventBody {
  const { state, exit } = machine;
  const { id } = state;
  const states = from === id ? id : `${from} -> ${id}`;
  const ended = id === 'STOPPED' || id === 'BACKOFF' || id === 'EXITED' || id === 'FATAL';
  return {
    type: 'changed',
    level: id === 'FATAL' ? 'error' : id === 'BACKOFF' ? 'warn' : 'info',
    process: spec.name,
    instance: spec.instance,
    generation,
    from,
    to: id,
    reason: reasonOf(state),
    pid: pidOf(state),
    exit: ended && exit !== null ? { code: exit.code, signal: exit.signal } : null,
    message: `${labelOf(spec.instance, generation)} ${states}${text === '' ? '' : ` ${text}`}`,
  };
}

function pidOf(state: State): number | null {
  if (state.id === 'STARTING' || state.id === 'RUNNING') return state.pid;
  return state.id === 'STOPPING' && state.phase.kind === 'signalled' ? state.phase.pid : null;
}

/** Why it is in this state, as one word for machines; null where the state says it. */
function reasonOf(state: State): string | null {
  switch (state.id) {
    case 'STOPPED':
      return state.ordered ? 'manual' : null;
    case 'WAITING':
      return state.hindrance?.kind ?? null;
    case 'STARTING':
    case 'RUNNING':
      return state.trouble === null ? null : 'broker-unreachable';
    case 'BACKOFF':
    case 'FATAL':
      return state.cause.kind === 'failure' ? state.cause.failure.code : state.cause.kind;
    case 'STOPPING':
      return reasonOfStop(state.next);
    case 'EXITED':
      return state.exit.code === 0 ? 'completed' : 'crash';
    default:
      return unreachable(state);
  }
}

function reasonOfStop(next: Then): string | null {
  switch (next.kind) {
    case 'rest':
    case 'begin':
      return next.why ?? 'manual';
    case 'reclaim':
      return 'lock-lost';
    case 'judge':
      return next.verdict.kind;
    case 'backoff':
    case 'give-up':
      return next.cause.kind === 'failure' ? next.cause.failure.code : next.cause.kind;
    case 'leave':
      return next.exit.code === 0 ? 'completed' : 'crash';
    default:
      return unreachable(next);
  }
}

function factsOf(news: Exclude<News, { type: 'line' | 'changed' | 'dump' }>): Partial<EventBody> {
  switch (news.type) {
    case 'replacing':
    case 'replaced':
    case 'replacement-failed': {
      const { name: process, instance } = news.spec;
      const generation = news.type === 'replaced' ? null : news.generation;
      const level = news.type === 'replacement-failed' ? 'warn' : 'info';
      return { level, process, instance, generation, reason: news.cause.kind };
    }
    case 'reloading':
    case 'reloaded': {
      const { name: process, instance } = news.spec;
      return { process, instance, reason: 'reload', pid: news.pid };
    }
    case 'begun':
      return { pid: news.pid };
    case 'ordered':
      return { reason: news.order };
    case 'revised':
      return news.result.ok ? {} : { level: 'warn', reason: news.result.error[0]?.code ?? null };
    case 'manifest-changed':
    case 'watching':
      return {};
    case 'code-changed':
      return { reason: news.cause.kind };
    case 'removed':
      return { process: news.spec.name, instance: news.spec.instance };
    case 'decided': {
      const { instance, state } = news;
      return { process: instance.slice(0, instance.lastIndexOf('.')), instance, to: state };
    }
    case 'failed':
      return { level: 'warn', reason: news.failure.code };
    case 'crashed':
      return { level: 'error', reason: 'internal' };
    case 'listening':
    case 'reopened':
    case 'stopping':
    case 'over':
      return {};
    default:
      return unreachable(news);
  }
}

/** As `start` shows it; `stamp` stands in front. */
export function eventLines({ message, from, to, level }: EventRecord, paint: Paint, stamp: string): string[] {
  const colour =
    level === 'error' || to === 'BACKOFF' ? paint.red : to === 'RUNNING' ? paint.green : paint.bold;
  const plain = level === 'error' ? paint.red : level === 'warn' ? paint.yellow : (text: string) => text;
  const lines =
    to === null || from === null
      ? message.split('\n').map(plain)
      : message
          .replace(from === to ? ` ${to}` : ` -> ${to}`, (states) => states.replace(to, colour(to)))
          .split('\n');
  return lines.map((line) => `${stamp}${paint.dim(`${OURS} | `)}${line}`);
}

export const eventsLost = (count: number): string =>
  `${count} event${count === 1 ? '' : 's'} dropped: nobody read them in time`;

export const eventsLostText = (count: number, paint: Paint): string =>
  paint.dim(`${OURS} | `) + paint.yellow(eventsLost(count));

/** `2026-11-21T10:00:00.000Z `; nothing where times were not asked for. */
export const stampOf = ({ time }: EventRecord | LineRecord, wanted: boolean, paint: Paint): string =>
  wanted ? paint.dim(`${time} `) : '';
