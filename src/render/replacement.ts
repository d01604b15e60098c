/** Why a process that works is replaced, and what became of it. */
import { isByHand, labelOf, type CodeReload, type MemoryKind, type ReplaceCause } from '../model/process.ts';
import { unreachable } from '../model/unreachable.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import type { News } from '../supervisor/news.ts';
import { unfitText } from './transition.ts';

export const MEMORY: Readonly<Record<MemoryKind, string>> = {
  pss: 'PSS',
  rss: 'RSS',
  main: 'RSS of its main process',
};

const bytesText = (bytes: number): string => formatBytes(bytes).replace('.0 ', ' ');
const countText = (count: number): string => count.toLocaleString('en-US');
const tasksText = (count: number): string => `${countText(count)} task${count === 1 ? '' : 's'}`;

/** `512.3 MiB PSS > 512 MiB` */
export function causeText(cause: ReplaceCause): string {
  switch (cause.kind) {
    case 'memory': {
      const limit = `${bytesText(cause.limitBytes)}${cause.hard ? ', the hard limit' : ''}`;
      return `${bytesText(cause.usedBytes)} ${MEMORY[cause.memory]} > ${limit}`;
    }
    case 'max-tasks':
      return `${tasksText(cause.done)}, limit ${countText(cause.limit)}`;
    case 'max-age':
      return `${formatDuration(cause.ageMs)} old, limit ${formatDuration(cause.limitMs)}`;
    case 'schedule':
      return `its schedule "${cause.pattern}"`;
    case 'manual':
      return 'as a command asks';
    case 'reload':
      return reloadText(cause);
    default:
      return unreachable(cause);
  }
}

/** `shop/tasks.py and 2 other files changed` */
export const reloadText = ({ file, others }: CodeReload): string =>
  file === null
    ? 'for new code, as a command asks'
    : `${file}${others === 0 ? '' : ` and ${others} other file${others === 1 ? '' : 's'}`} changed`;

export const replacingText = ({ spec, generation, cause }: Extract<News, { type: 'replacing' }>): string => {
  const how =
    generation === null ? 'it stops before it starts' : `starting ${labelOf(spec.instance, generation)}`;
  return `${spec.instance}: replacing it: ${causeText(cause)}; ${how}`;
};

/** `worker.1 recycled: 512.3 MiB PSS > 512 MiB after 10,231 tasks; successor ready in 2.1 s; drained in 0.4 s` */
export function replacedText({
  spec,
  cause,
  tasks,
  readyMs,
  drainedMs,
}: Extract<News, { type: 'replaced' }>): string {
  const isWatched = cause.kind === 'reload' && cause.file !== null;
  const word = isWatched ? 'restarted:' : isByHand(cause) ? 'restarted,' : 'recycled:';
  const comma = cause.kind === 'memory' ? '' : ',';
  const after = tasks === null || cause.kind === 'max-tasks' ? '' : `${comma} after ${tasksText(tasks)}`;
  const ready = readyMs === null ? '' : `; successor ready in ${secondsText(readyMs)}`;
  return `${spec.instance} ${word} ${causeText(cause)}${after}${ready}; drained in ${secondsText(drainedMs)}`;
}

/** These are compared with each other, so a part of a second is told as one. */
const secondsText = (ms: number): string => (ms < 950 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms));

export function replacementFailedText({
  spec,
  cause,
  serving,
  generation,
  why,
  state,
}: Extract<News, { type: 'replacement-failed' }>): string {
  const old = labelOf(spec.instance, serving);
  const what = `${spec.instance}: could not be replaced (${causeText(cause)})`;
  if (generation === serving) return `${what}: ${unfitText(why)}`;
  const rest = state === 'RUNNING' ? 'goes on' : `is ${state}`;
  return `${what}: ${labelOf(spec.instance, generation)}: ${unfitText(why)}; ${old} ${rest}`;
}

export const reloadingText = ({ spec, signal, pid }: Extract<News, { type: 'reloading' }>): string =>
  `${spec.instance}: reloading it: ${signal} to pid ${pid}, which starts new workers`;

export const reloadedText = ({ spec, signal, pid, tookMs }: Extract<News, { type: 'reloaded' }>): string =>
  `${spec.instance} reloaded: ${signal} to pid ${pid}, all its workers are new after ${formatDuration(tookMs)}`;
