/** The four classic troubles of Celery in production, and the locks against the last of them, in words. */
import type { FactsByCheck } from '../doctor/verdict.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { line, plural, type SaidOf } from './doctor-words.ts';
import { hintOf, messageOf } from './failures.ts';
import { holderText } from './locks.ts';
import { andList } from './words.ts';

/** `is`, `are` by how many there are. */
const be = (items: readonly unknown[], one: string, many: string): string =>
  items.length === 1 ? one : many;

/** A size as the manifest takes it. */
const sizeText = (bytes: number): string =>
  bytes % 1024 ** 3 === 0 ? `${bytes / 1024 ** 3}GiB` : `${Math.round(bytes / 1024 ** 2)}MiB`;

const recycle = (wise: number): string => `set RECYCLE.max-memory, for example ${sizeText(wise)}`;

export const troubleWords: SaidOf<'broker' | 'tasks' | 'memory-leak' | 'duplicate-beat' | 'lock'> = {
  broker(facts) {
    switch (facts.kind) {
      case 'reached':
        return [`${andList(facts.instances)} ${be(facts.instances, 'has its', 'have their')} broker`, null];
      case 'answers':
        return [`the broker of ${andList(facts.apps)} answers`, null];
      case 'unreachable':
        return [
          `broker connection failed: ${andList(facts.instances)} cannot reach ${facts.url} (${line(facts.error)})`,
          'start that broker, or correct its address (broker_url, CELERY_BROKER_URL); nothing needs a restart, they connect when it answers',
        ];
      case 'silent':
        return [`broker connection failed: ${line(messageOf(facts.problem))}`, hintOf(facts.problem)];
      default:
        return facts satisfies never;
    }
  },
  tasks(facts) {
    switch (facts.kind) {
      case 'known':
        return [`${andList(facts.instances)} ${be(facts.instances, 'knows its', 'know their')} tasks`, null];
      case 'registered':
        return [`${andList(facts.apps)} has tasks`, null];
      case 'none':
        return [
          `tasks not discovered: ${andList(facts.instances)} ${be(facts.instances, 'knows', 'know')} no task of the application`,
          'call app.autodiscover_tasks() where the Celery app is made, and keep tasks in tasks.py of an app that INSTALLED_APPS names',
        ];
      case 'found-none':
        return [line(messageOf(facts.problem)), hintOf(facts.problem)];
      case 'foreign':
        return [
          `tasks not discovered: ${facts.instance} has thrown away ${plural(facts.count, 'message')} for tasks that it does not know, the last for "${facts.task}"`,
          'deploy workers and those who send with the same code, autodiscover the module of that task, or give other programs a queue of their own',
        ];
      default:
        return facts satisfies never;
    }
  },
  'memory-leak'(facts) {
    switch (facts.kind) {
      case 'steady':
        return [`no process grows without end (${andList(facts.instances)})`, null];
      case 'grows': {
        const { instance, bytes, ms, tasks, fullInMs, wise } = facts;
        const work =
          tasks === null || tasks === 0
            ? ''
            : ` over ${plural(tasks, 'task')} (${formatBytes(Math.round(bytes / tasks))} a task)`;
        const end =
          fullInMs === null ? '' : `, and memory is full in ${formatDuration(fullInMs)} at this rate`;
        return [
          `memory leak: ${instance} has grown ${formatBytes(bytes)} in ${formatDuration(ms)}${work}${end}`,
          recycle(wise),
        ];
      }
      case 'replaced':
        return [
          `memory leak: ${facts.instance} was replaced for its memory ${facts.times} times in ${formatDuration(facts.ms)}`,
          'raise RECYCLE.max-memory, or find what its tasks keep',
        ];
      case 'out-of-memory':
        return [
          `memory leak: the kernel has ended ${facts.instance} for want of memory ${plural(facts.times, 'time')} within a day, last at ${facts.at}`,
          facts.wise === null
            ? 'lower its concurrency or RECYCLE.max-memory, or give it more memory'
            : `${recycle(facts.wise)}, lower its concurrency, or give it more memory`,
        ];
      default:
        return facts satisfies never;
    }
  },
  'duplicate-beat'(facts) {
    switch (facts.kind) {
      case 'none':
        return ['no beat runs on this machine', null];
      case 'one':
        return [`one beat an application: ${andList(facts.beats.map(beatText))}`, null];
      case 'several': {
        const strangers = facts.beats.filter(({ instance }) => instance === null);
        const who = `${andList(facts.beats.map(beatText))} ${facts.sure ? '' : 'may '}send the same periodic tasks`;
        return [
          `duplicate scheduled tasks: ${who}`,
          strangers.length === facts.beats.length
            ? 'stop all but one, and let prodserver run that one'
            : strangers.length === 0
              ? 'keep one of them'
              : `stop ${andList(strangers.map(({ pid }) => `pid ${pid}`))}, which prodserver did not start here, or give both one LOCK`,
        ];
      }
      default:
        return facts satisfies never;
    }
  },
  lock(facts) {
    switch (facts.kind) {
      case 'none':
        return ['no process of the manifest takes a lock', null];
      case 'held':
        return [`the locks of ${andList(facts.instances)} can be told`, null];
      case 'elsewhere':
        return [
          `${facts.instance} cannot start here: its lock is held by ${holderText(facts.holder)}`,
          'leave it so if that one is meant to send; else stop it there',
        ];
      case 'own-host':
        return [
          `the lock of ${facts.instance} is a file of this container, and ${facts.orchestrator} may run several: each would have a beat of its own`,
          'share it: LOCK: {redis: "${REDIS_URL}"}',
        ];
      case 'two-folders':
        return [
          `locks stand in ${andList(facts.folders)}: two users may each hold one for the same application`,
          'stop all supervisors, remove the second folder, and start them again; or name one file in LOCK.file',
        ];
      case 'evicts':
        return facts.refuses
          ? [
              `the Redis of ${facts.instance}'s lock may throw away any key (${facts.file}), so no lock is taken there`,
              'set its maxmemory-policy to noeviction, or use another Redis',
            ]
          : [
              `the Redis of ${facts.instance}'s lock may throw it away when its memory is full (${facts.file})`,
              'set its maxmemory-policy to noeviction, or use another Redis',
            ];
      case 'failed':
        return [`the lock of ${facts.instance}: ${line(messageOf(facts.problem))}`, hintOf(facts.problem)];
      default:
        return facts satisfies never;
    }
  },
};

function beatText({ pid, app, embedded, cwd, instance }: BeatProcess): string {
  const what = instance ?? (embedded ? 'a worker with -B' : 'a beat');
  const of = app === null ? '' : ` of ${app}`;
  return `${what}${of} (pid ${pid}${cwd === null ? '' : ` in ${cwd}`})`;
}

type BeatProcess = Extract<FactsByCheck['duplicate-beat'], { kind: 'one' }>['beats'][number];
