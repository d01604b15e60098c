/** News as lines: for people with a prefix a line, or one JSON object a line. */
import { labelOf } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import type { News } from '../supervisor/news.ts';
import type { State } from '../supervisor/state.ts';
import { diagnosticText } from './diagnostics.ts';
import { renderFailure } from './failures.ts';
import { changesText, toldChange } from './changes.ts';
import { newPaint, type Paint } from './paint.ts';
import {
  reloadedText,
  reloadingText,
  reloadText,
  replacedText,
  replacementFailedText,
  replacingText,
} from './replacement.ts';
import { sourceStack } from './stack.ts';
import { transitionText, waitingText } from './transition.ts';
import { manifestChangedText, watchingText } from './watching.ts';

export interface Presenter {
  lines(news: News): readonly string[];
  lost(count: number, to: 'stdout' | 'file'): string;
}

export const OURS = 'prodserver';

export const lostText = (count: number, to: 'stdout' | 'file'): string =>
  `${count} log line${count === 1 ? '' : 's'} dropped: ` +
  (to === 'stdout' ? 'nobody read them in time' : 'they could not be written in time');

/** `worker.1   | text`, one line a line; a long one that was cut ends with a mark. */
export function newTextPresenter(instances: readonly string[], paint: Paint): Presenter {
  const width = Math.max(OURS.length, ...instances.map((name) => name.length));
  const colours = new Map(instances.map((name, index) => [name, paint.nth(index)]));
  /** One that came later has the next colour. */
  const colourOf = (name: string): Paint['red'] => {
    const known = name === OURS ? paint.dim : (colours.get(name) ?? paint.nth(colours.size));
    if (name !== OURS) colours.set(name, known);
    return known;
  };
  const prefix = (name: string): string => colourOf(name)(`${name.padEnd(width)} | `);
  const own = (text: string): string[] => text.split('\n').map((line) => `${prefix(OURS)}${line}`);
  const shown = new Map<string, State['id']>();

  return {
    // A file is not the terminal that the colours are for.
    lost: (count, to) =>
      to === 'file'
        ? `${OURS} | ${lostText(count, to)}`
        : `${prefix(OURS)}${paint.yellow(lostText(count, to))}`,
    lines(news) {
      switch (news.type) {
        case 'line':
          return [
            `${prefix(news.line.instance)}${news.line.text}${news.line.cut ? paint.dim(' [cut]') : ''}`,
          ];
        case 'changed': {
          const label = labelOf(news.spec.instance, news.generation);
          const text = transitionText(news, shown.get(label) ?? 'STOPPED');
          if (text === null) return [];
          const { id } = news.machine.state;
          const before = shown.get(label) ?? 'STOPPED';
          shown.set(label, id);
          const colour =
            id === 'FATAL' || id === 'BACKOFF' ? paint.red : id === 'RUNNING' ? paint.green : paint.bold;
          const states = before === id ? colour(id) : `${before} -> ${colour(id)}`;
          return own(`${label} ${states}${text === '' ? '' : ` ${text}`}`);
        }
        default:
          return own(plainText(news, paint));
      }
    },
  };
}

function plainText(news: Exclude<News, { type: 'line' | 'changed' }>, paint: Paint): string {
  switch (news.type) {
    case 'replacing':
      return replacingText(news);
    case 'replaced':
      return paint.green(replacedText(news));
    case 'replacement-failed':
      return paint.red(replacementFailedText(news));
    case 'reloading':
      return reloadingText(news);
    case 'reloaded':
      return paint.green(reloadedText(news));
    case 'begun':
      return `pid ${news.pid}, ${news.manifest}: ${news.instances.join(', ')}`;
    case 'listening':
      return `listening for HTTP on ${news.address}${news.token ? ', with a token' : ''}`;
    case 'ordered':
      return orderText(news);
    case 'revised':
      return revisedText(news);
    case 'watching':
      return watchingText(news);
    case 'manifest-changed':
      return manifestChangedText(news);
    case 'code-changed':
      return `${news.names.join(', ')}: restarting, ${reloadText(news.cause)}`;
    case 'removed':
      return `${news.spec.instance} removed`;
    case 'reopened':
      return news.any ? 'SIGUSR1: log files reopened' : 'SIGUSR1: there are no log files to reopen';
    case 'decided':
      return `stopping everything, since ${news.instance} is ${news.state}`;
    case 'stopping':
      return `stopping: waiting for ${news.waitingFor.map(waitingText).join(', ')}`;
    case 'failed':
      return paint.yellow(renderFailure(news.failure));
    case 'crashed':
      return paint.red(`a fault of prodserver itself; supervision goes on\n${sourceStack(news.error)}`);
    case 'dump':
      return `state: ${JSON.stringify(news.state)}`;
    case 'over':
      return 'everything has ended';
    default:
      return unreachable(news);
  }
}

function orderText({ signal, order }: Extract<News, { type: 'ordered' }>): string {
  const from = signal ?? 'a command';
  switch (order) {
    case 'stop':
      return signal === null
        ? 'stopping, as a command asks'
        : `${from}: stopping in order (again: faster; a third time: kill)`;
    case 'step':
      return `${from}: every stop takes its next step`;
    case 'kill':
      return `${from}: killing what is left`;
    case 'restart':
      return 'restarting, as a command asks';
    case 'reload':
      return 'reloading, as a command asks';
    case 'start':
      return 'starting, as a command asks';
    case 'update':
      return `${from}: reading the manifest again`;
    case 'signal':
      return 'signalling, as a command asks';
    default:
      return unreachable(order);
  }
}

/** One line a change; where the manifest is wrong, why, and that nothing was changed. */
function revisedText({ result }: Extract<News, { type: 'revised' }>): string {
  if (!result.ok) {
    const reasons = result.error.map((one) =>
      one.place === undefined ? renderFailure(one) : diagnosticText(one, PLAIN),
    );
    return [...reasons, 'the manifest is not usable: nothing was changed'].join('\n');
  }
  if (result.value.length === 0) return 'the manifest says what it said before: nothing was changed';
  return changesText(result.value.map(toldChange), PLAIN).join('\n');
}

type ReplacementNews = Extract<News, { type: 'replacing' | 'replaced' | 'replacement-failed' }>;

function replacementFacts(news: ReplacementNews): object {
  const { name, instance } = news.spec;
  const { kind: reason } = news.cause;
  const facts = { process: name, instance, reason };
  switch (news.type) {
    case 'replacing':
      return { ...facts, generation: news.generation };
    case 'replaced':
      return { ...facts, tasks: news.tasks, ready_ms: news.readyMs, drained_ms: news.drainedMs };
    case 'replacement-failed':
      return { ...facts, generation: news.generation };
    default:
      return unreachable(news);
  }
}

const PLAIN = newPaint(false);

/** What is said of it, without colours. */
export const messageOfNews = (news: Parameters<typeof plainText>[0]): string => plainText(news, PLAIN);

/** The part of pino that is used: a line of JSON for each call, handed to `write`. */
export interface JsonLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** pino's shape for the supervisor's own lines; a child's line with its process, stream and time. */
export function newJsonPresenter(
  logger: (write: (line: string) => void) => JsonLogger,
  wall: () => number,
): Presenter {
  let out: string[] = [];
  const log = logger((line) => out.push(line.trimEnd()));
  const shown = new Map<string, State['id']>();

  const add = (news: News): void => {
    switch (news.type) {
      case 'line': {
        const { instance, stream, text, cut } = news.line;
        const process = instance.slice(0, instance.lastIndexOf('.'));
        out.push(
          JSON.stringify({ time: wall(), process, instance, stream, line: text, ...(cut ? { cut } : {}) }),
        );
        return;
      }
      case 'changed': {
        const { instance, name } = news.spec;
        const label = labelOf(instance, news.generation);
        const before = shown.get(label) ?? 'STOPPED';
        const text = transitionText(news, before);
        if (text === null) return;
        const { id } = news.machine.state;
        shown.set(label, id);
        const facts = { process: name, instance, generation: news.generation, from: before, to: id };
        const level = id === 'FATAL' ? 'error' : id === 'BACKOFF' ? 'warn' : 'info';
        log[level](facts, `${label} ${id}${text === '' ? '' : ` ${text}`}`);
        return;
      }
      case 'replacing':
      case 'replaced':
      case 'replacement-failed':
        return log[news.type === 'replacement-failed' ? 'warn' : 'info'](
          replacementFacts(news),
          plainText(news, PLAIN),
        );
      case 'failed':
        return log.warn({ code: news.failure.code, facts: news.failure.facts }, renderFailure(news.failure));
      case 'crashed':
        return log.error(
          { stack: sourceStack(news.error) },
          'a fault of prodserver itself; supervision goes on',
        );
      case 'dump':
        return log.info({ state: news.state }, 'state');
      case 'stopping':
        return log.info({ waiting_for: news.waitingFor }, plainText(news, PLAIN));
      default:
        return log.info({}, plainText(news, PLAIN));
    }
  };

  return {
    lost: (count, to) =>
      JSON.stringify({ level: 40, time: wall(), dropped: count, msg: lostText(count, to) }),
    lines(news) {
      add(news);
      const lines = out;
      out = [];
      return lines;
    },
  };
}
