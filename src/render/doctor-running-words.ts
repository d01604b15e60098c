/** What `doctor` says of what is to run and of what does. */
import type { FactsByCheck, Versions, VersionTrouble } from '../doctor/verdict.ts';
import { formatDuration } from '../model/units.ts';
import { line, plural, type Said, type SaidOf } from './doctor-words.ts';
import { hintOf, messageOf } from './failures.ts';
import { detailOf } from './status.ts';
import { andList, exitText } from './words.ts';

export const runningWords: SaidOf<
  'manifest' | 'supervisor' | 'processes' | 'project-check' | 'versions' | 'python' | 'unanswered'
> = {
  manifest(facts) {
    switch (facts.kind) {
      case 'good':
        return [`${facts.shown} is valid: ${andList(facts.names)}`, null];
      case 'errors':
        return [
          `${facts.shown} has ${plural(facts.errors, 'error')}, the first: ${line(messageOf(facts.first))}`,
          'see "prodserver check"',
        ];
      case 'none':
        return [`${line(messageOf(facts.problem))}: only the machine was looked at`, hintOf(facts.problem)];
      default:
        return facts satisfies never;
    }
  },
  supervisor(facts) {
    switch (facts.kind) {
      case 'runs':
        return [`a supervisor runs (pid ${facts.pids.join(', ')})`, null];
      case 'none':
        return ['no supervisor of this manifest runs', 'start one with "prodserver start --all"'];
      case 'failed':
        return [line(messageOf(facts.problem)), hintOf(facts.problem)];
      case 'degraded':
        return [
          `the supervisor (pid ${facts.pid}) has met a fault of its own and goes on`,
          'its log has the fault, which is worth a report; start it again when it suits',
        ];
      case 'warned':
        return [
          `the supervisor (pid ${facts.pid}) warns: ${line(messageOf(facts.problem))}`,
          hintOf(facts.problem),
        ];
      default:
        return facts satisfies never;
    }
  },
  processes(facts) {
    switch (facts.kind) {
      case 'up':
        return [`${plural(facts.count, 'process', 'processes')}, none of them down`, null];
      case 'down': {
        const { instance, state, exit, said } = facts.row;
        const why = detailOf(facts.row) ?? exitText(exit);
        const last = said.at(-1);
        return [
          `${instance} is ${state}: ${line(why)}${last === undefined ? '' : `; it said last: ${last}`}`,
          state === 'BACKOFF'
            ? 'it is tried again by itself'
            : `when that is mended: prodserver restart ${instance}`,
        ];
      }
      case 'unstable':
        return [
          `${facts.instance} has ended by itself ${facts.crashes} times in ${formatDuration(facts.ms)}`,
          'see its exits in "prodserver status --json", and its log',
        ];
      case 'lines-lost':
        return [
          `${plural(facts.lines, 'line')} of ${facts.instance} could not be written and are lost`,
          'read the log faster, give it a LOG.file, or let it wait: LOG: {when-full: block}',
        ];
      default:
        return facts satisfies never;
    }
  },
  'project-check'(facts) {
    switch (facts.kind) {
      case 'good':
        return [`what the manifest names is in the project (${andList(facts.apps)})`, null];
      case 'found':
        return [line(messageOf(facts.problem)), hintOf(facts.problem)];
      default:
        return facts satisfies never;
    }
  },
  versions(facts) {
    switch (facts.kind) {
      case 'good':
        return [versionsText(facts.versions), null];
      case 'unseen':
        return ['the version of Celery cannot be seen from outside', null];
      case 'known-bad':
        return VERSION_TROUBLES[facts.trouble](facts.versions);
      default:
        return facts satisfies never;
    }
  },
  python(facts) {
    switch (facts.kind) {
      case 'found':
        return [`the interpreter is there: ${andList(facts.paths)}`, null];
      case 'missing':
        return [
          `the interpreter ${facts.path} cannot be executed`,
          'make the virtual environment, or name another in SUPERVISOR.python',
        ];
      case 'unneeded':
        return ['no process needs a Python interpreter', null];
      default:
        return facts satisfies never;
    }
  },
  unanswered: ({ what, ms }) => [
    `${SOURCES[what]} did not answer within ${formatDuration(ms)}`,
    'ask again when the machine is less busy',
  ],
};

export const SOURCES: Readonly<Record<FactsByCheck['unanswered']['what'], string>> = {
  manifest: 'the manifest',
  supervisors: 'the supervisors',
  locks: 'the locks',
  project: 'the project',
  disks: 'the disks',
};

const versionsText = (versions: Versions): string =>
  Object.entries(versions)
    .filter(([, version]) => version != null)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

const VERSION_TROUBLES: Readonly<Record<VersionTrouble, (versions: Versions) => Said>> = {
  'too-old': ({ celery }) => [
    `celery ${celery} is older than 5.4, and was never tried under prodserver`,
    'install celery 5.4 or newer',
  ],
  'cold-stop-loses': ({ celery, billiard }) => [
    `billiard ${billiard} with celery ${celery} loses tasks at a cold stop, those with acks_late too`,
    'install celery 5.7 or newer, or billiard below 4.3',
  ],
  'deaf-after-reconnect': ({ kombu }) => [
    `kombu ${kombu} may stop consuming after Redis was away, without a word; prodserver then restarts the worker`,
    'install kombu 5.4 or newer',
  ],
  'deaf-with-new-client': ({ kombu, redis }) => [
    `kombu ${kombu} with redis ${redis} may stop consuming after Redis was away; prodserver then restarts the worker`,
    'install kombu 5.7 or newer, or redis below 8',
  ],
  'gevent-repeats': ({ celery }) => [
    `celery ${celery} on gevent may run a task again that had succeeded while it was stopped`,
    'install celery 5.5 or newer',
  ],
  'amqp-drain-loses': ({ celery }) => [
    `celery ${celery} sends RabbitMQ no heartbeats while it drains, so a long drain loses the connection and repeats its tasks`,
    'install celery 5.6.1 or newer',
  ],
};
