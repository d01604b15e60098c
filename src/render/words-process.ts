import { formatBytes, formatDuration } from '../model/units.ts';
import { EXIT, exitText, troubleText, type WordsFor } from './words.ts';

const said = (output: readonly string[]): string =>
  output.length === 0 ? '' : `; it said:\n  ${output.join('\n  ')}`;

/** What befalls a process, or is seen of it. */
export const processWords: WordsFor<
  | 'application-silent'
  | 'application-broken'
  | 'wait-timeout'
  | 'start-rate'
  | 'exit-permanent'
  | 'attempts-used-up'
  | 'start-timeout'
  | 'log-refused'
  | 'log-not-rotated'
  | 'link-silent'
  | 'successor-silent'
  | 'pss-unreadable'
  | 'slots-stuck'
  | 'children-churn'
> = {
  'application-silent': {
    exit: EXIT.failure,
    about: 'The application was asked for its broker and did not answer in time.',
    message: ({ app, output, seconds }) =>
      `${app} did not tell its broker within ${seconds} s${said(output)}`,
    hint: () => 'look for something slow in its settings, or give the lock a name: LOCK: {name: ...}',
  },
  'application-broken': {
    exit: EXIT.failure,
    about: 'The application could not be imported, so it will not start either.',
    message: ({ app, output, exit }) => `${app} cannot be loaded (${exitText(exit)})${said(output)}`,
    hint: () => 'check APP, CWD and the interpreter (SUPERVISOR.python)',
  },
  'wait-timeout': {
    exit: EXIT.failure,
    about: 'An address of WAIT_FOR did not answer in time. The start is tried again.',
    message: ({ trouble, ms }) => `waited ${formatDuration(ms)} in vain for ${troubleText(trouble)}`,
    hint: () => 'look at what should answer there; WAIT_FOR.timeout may be longer',
  },
  'start-rate': {
    exit: EXIT.failure,
    about: 'Many processes start at once, so this one waits for its turn. Nothing has failed.',
    message: ({ ms }) => `too many starts at once: its turn comes in ${formatDuration(ms)}`,
    hint: () => 'look at what ends again and again; SUPERVISOR.start-rate allows more starts a second',
  },
  'exit-permanent': {
    exit: EXIT.failure,
    about: 'The program ended with a code that says that another attempt cannot help.',
    message: ({ code, output }) => `exit code ${code}: another attempt cannot help${said(output)}`,
    hint: () => 'mend what it says, then start it again',
  },
  'attempts-used-up': {
    exit: EXIT.failure,
    about: 'RESTART.max-attempts ends in a row.',
    message: ({ attempts, exit, output }) =>
      `given up after ${attempts} attempts; the last: ${exitText(exit)}${said(output)}`,
    hint: () => 'mend what it says, then start it again',
  },
  'start-timeout': {
    exit: EXIT.failure,
    about: 'A process did not become ready in time.',
    message: ({ ms, output }) => `not ready within ${formatDuration(ms)}${said(output)}`,
    hint: () => 'raise READY.timeout if it is only slow',
  },
  'log-refused': {
    exit: EXIT.failure,
    about:
      'A log file cannot be opened. Its lines go to standard output; it is tried again every 10 s, and on USR1.',
    message: ({ instance, file, errno }) =>
      `${instance}: the log file ${file} cannot be opened: ${errno}; its lines go to standard output`,
    hint: () => 'check the folder and its permissions; it is tried again every 10 s',
  },
  'log-not-rotated': {
    exit: EXIT.failure,
    about:
      'A log file is due to be rotated and cannot be renamed or emptied. It grows; it is tried again every 10 s.',
    message: ({ instance, file, errno }) =>
      `${instance}: the log file ${file} cannot be rotated: ${errno}; it grows past its max-size`,
    hint: () => 'a file that is mounted by itself cannot be renamed: mount its folder, or write keep: 0',
  },
  'link-silent': {
    exit: EXIT.failure,
    about:
      'A Celery process runs and its link has reported nothing, so whether it is ready is not known. It is left alone.',
    message: ({ instance, ms }) =>
      `${instance} has reported nothing for ${formatDuration(ms)}: it counts as ready, unproved`,
    hint: () => 'check that its Celery is 5.4 or newer, and its log for the reason',
  },
  'successor-silent': {
    exit: EXIT.failure,
    about:
      'A successor was ready and did not report that it works, so it did not take over. Its predecessor goes on.',
    message: ({ ms }) => `it was ready, and reported nothing for ${formatDuration(ms)}`,
    hint: () => 'check that its Celery is 5.4 or newer, and its log for the reason',
  },
  'pss-unreadable': {
    exit: EXIT.failure,
    about:
      'The PSS of a process with RECYCLE.max-memory may not be read, as that of another user without CAP_SYS_PTRACE. Its RSS is used.',
    message: ({ instance }) =>
      `${instance}: its PSS may not be read, so its RSS counts, which has shared pages several times`,
    hint: () =>
      'give the supervisor CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE), or write "memory: rss" or "memory: main"',
  },
  'slots-stuck': {
    exit: EXIT.failure,
    about: 'All slots of a Celery worker are held by tasks older than LIVE.celery.task. They are left alone.',
    message: ({ instance, slots, task, ms, limitMs }) =>
      `${instance}: ${slots === 1 ? 'its slot is' : `all ${slots} slots are`} held by tasks older than ` +
      `${formatDuration(limitMs)}, the oldest by ${task} for ${formatDuration(ms)}`,
    hint: () => 'give the tasks a time limit; LIVE.celery.stuck: restart restarts the worker',
  },
  'children-churn': {
    exit: EXIT.failure,
    about: 'Children of a prefork pool end again and again: a limit is too low, or they crash.',
    message: ({ instance, exits, tasks, ms, limits, mainBytes }) =>
      `${instance}: ${exits} children of its pool ended within ${formatDuration(ms)}, in which ${tasks} tasks were done` +
      (limits.length === 0 ? '' : ` (${limits.join(' ')}`) +
      (mainBytes === null
        ? ''
        : `${limits.length === 0 ? ' (' : '; '}the main process has ${formatBytes(mainBytes)}`) +
      (limits.length === 0 && mainBytes === null ? '' : ')'),
    hint: () =>
      'raise max-tasks-per-child, or max-memory-per-child well above what the main process has: a child begins with that, ' +
      'and is judged by its peak; if neither is set, look into its log for crashes',
  },
};
