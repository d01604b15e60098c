import { formatBytes, formatDuration } from '../model/units.ts';
import { andList, EXIT, exitText, meant, troubleText, type WordsFor } from './words.ts';

const said = (output: readonly string[]): string =>
  output.length === 0 ? '' : `; it said:\n  ${output.join('\n  ')}`;
const byPid = (pid: number | null): string => (pid === null ? 'another process' : `pid ${pid}`);
const since = (time: string | null): string => (time === null ? '' : ` since ${time}`);

export const runtimeWords: WordsFor<
  | 'usage'
  | 'nothing-to-start'
  | 'name-needed'
  | 'process-unknown'
  | 'platform-unsupported'
  | 'already-running'
  | 'runtime-folder'
  | 'runtime-removed'
  | 'socket-path-long'
  | 'lock-held'
  | 'lock-folder'
  | 'lock-tool'
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
  | 'subreaper-missing'
  | 'parent-death-missing'
  | 'processes-ended'
  | 'supervisor-missing'
  | 'process-not-running-here'
  | 'control-broken'
  | 'control-version'
  | 'stop-timeout'
  | 'restart-timeout'
  | 'restart-failed'
  | 'internal'
> = {
  usage: {
    exit: EXIT.usage,
    about: 'The command line could not be understood.',
    message: ({ detail }) => detail,
    hint: () => 'see prodserver --help',
  },
  'nothing-to-start': {
    exit: EXIT.manifest,
    about: '`start` was asked to run a manifest that names no process.',
    message: ({ manifest }) => `nothing to start: ${manifest} names no process`,
    hint: () => 'add an entry below PRODUCTION_PROCESSES',
  },
  'name-needed': {
    exit: EXIT.usage,
    about: '`start` was given neither names nor --all.',
    message: () => 'which processes?',
    hint: ({ names }) => `write "prodserver start --all", or names of: ${names.join(', ')}`,
  },
  'process-unknown': {
    exit: EXIT.usage,
    about: '`start` was given a name that the manifest does not have.',
    message: ({ name, near }) => `the manifest has no process "${name}"${meant(near)}`,
    hint: ({ names }) => `it has: ${names.join(', ')}`,
  },
  'platform-unsupported': {
    exit: EXIT.failure,
    about: 'Processes are supervised on Linux only; check and plan work elsewhere too.',
    message: ({ platform }) => `processes cannot be supervised on ${platform}`,
    hint: () => 'run it on Linux or in a Linux container; check, plan and version work here',
  },
  'already-running': {
    exit: EXIT.failure,
    about: 'Another supervisor has one of these processes of this manifest already.',
    message: ({ names, pid, since: time, manifest }) =>
      `${andList(names)} of ${manifest} ${names.length === 1 ? 'is' : 'are'} supervised by ${byPid(pid)}${since(time)}`,
    hint: () => 'see "prodserver status"; end it with "prodserver stop"',
  },
  'runtime-folder': {
    exit: EXIT.failure,
    about: 'The folder for control sockets and locks cannot be used.',
    message: ({ path, detail }) => `cannot use the runtime folder ${path}: ${detail}`,
    hint: () => 'give one that only this user can write, in PRODSERVER_RUNTIME_DIR',
  },
  'runtime-removed': {
    exit: EXIT.failure,
    about:
      "A running supervisor's socket or locks were removed. It makes them again; in between no command could reach it.",
    message: ({ paths }) =>
      `${paths.join(' and ')} had been removed, and ${paths.length === 1 ? 'is' : 'are'} there again`,
    hint: () =>
      'keep cleaners of temporary files away from that folder, or name another in PRODSERVER_RUNTIME_DIR',
  },
  'socket-path-long': {
    exit: EXIT.failure,
    about: "The control socket's path is longer than the kernel takes; it would be cut without a word.",
    message: ({ path, bytes, limit }) => `the socket path ${path} has ${bytes} bytes; ${limit} is the most`,
    hint: () => 'give a shorter folder in PRODSERVER_RUNTIME_DIR',
  },
  'lock-held': {
    exit: EXIT.lockHeld,
    about:
      'Another process on this host holds the lock (beat of the same application, or an entry with the same LOCK).',
    message: ({ instance, pid, supervisorPid, since: time, manifest, file }) =>
      `${instance}: the lock is held by ${byPid(pid ?? supervisorPid)}${since(time)}` +
      `${manifest === null ? '' : ` for ${manifest}`} (${file})`,
    hint: () => 'stop that one, or start without --no-wait to take over when it ends',
  },
  'lock-folder': {
    exit: EXIT.failure,
    about: 'No folder for host-wide locks could be used.',
    message: ({ tried, detail }) => `cannot keep locks in ${andList(tried)}: ${detail}`,
    hint: () => 'make /run/lock/prodserver writable for this user (mode 1777)',
  },
  'lock-tool': {
    exit: EXIT.failure,
    about: 'The kernel lock could not be asked for: neither koffi nor util-linux could do it.',
    message: ({ detail }) => `cannot lock: ${detail}`,
    hint: () =>
      'install util-linux (the command flock), or install prodserver with its optional dependencies',
  },
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
  'subreaper-missing': {
    exit: EXIT.failure,
    about: 'Orphans cannot be adopted: koffi is not installed or could not be loaded.',
    message: ({ detail }) => `orphaned grandchildren cannot be adopted or reaped (${detail})`,
    hint: () =>
      'install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini',
  },
  'parent-death-missing': {
    exit: EXIT.failure,
    about:
      'Processes are not told when the supervisor dies: there is no setpriv of util-linux that can ask the kernel for it.',
    message: () => 'processes would go on unaware if this supervisor were killed',
    hint: () => 'install util-linux (its setpriv; that of busybox does not do)',
  },
  'processes-ended': {
    exit: EXIT.failure,
    about: 'Every process has ended for good, so nothing is left to supervise.',
    message: ({ names }) => `nothing is left to supervise: ${andList(names)} ended for good`,
    hint: () => null,
  },
  'supervisor-missing': {
    exit: EXIT.unknown,
    about: 'No supervisor of this manifest runs.',
    message: ({ manifest }) => `no supervisor of ${manifest} is running`,
    hint: () => 'start one with "prodserver start --all"',
  },
  'process-not-running-here': {
    exit: EXIT.unknown,
    about: 'The running supervisors have no process of this name.',
    message: ({ name, near }) => `no supervisor has a process "${name}"${meant(near)}`,
    hint: ({ names }) => (names.length === 0 ? null : `they have: ${names.join(', ')}`),
  },
  'control-broken': {
    exit: EXIT.failure,
    about: 'A supervisor is there and did not answer as it should.',
    message: ({ socket, detail }) => `the supervisor at ${socket} did not answer: ${detail}`,
    hint: () => 'look at its log; if it hangs, end it with a signal',
  },
  'control-version': {
    exit: EXIT.failure,
    about: 'The running supervisor is of a version that speaks another protocol.',
    message: ({ socket, theirs, ours }) =>
      `the supervisor at ${socket} speaks protocol ${theirs}, this command ${ours}`,
    hint: () => 'use the command of the version that runs, or restart the supervisor',
  },
  'stop-timeout': {
    exit: EXIT.failure,
    about: 'A stop took longer than --timeout.',
    message: ({ instances, ms }) => `${andList(instances)} not stopped after ${formatDuration(ms)}`,
    hint: () => 'it goes on stopping; see "prodserver status"',
  },
  'restart-timeout': {
    exit: EXIT.failure,
    about: 'A restart took longer than --timeout.',
    message: ({ instances, ms }) => `${andList(instances)} not restarted after ${formatDuration(ms)}`,
    hint: () => 'it goes on restarting; see "prodserver status"',
  },
  'restart-failed': {
    exit: EXIT.failure,
    about:
      'A process could not be restarted. Where two of it may run side by side the old one goes on; the other instances of its name are left as they are.',
    message: ({ problems }) => `not restarted: ${problems.join('; ')}`,
    hint: () => 'mend what it says, then restart again; see "prodserver status"',
  },
  internal: {
    exit: EXIT.failure,
    about: 'A bug in prodserver.',
    message: ({ detail }) => `internal error: ${detail}`,
    hint: () => 'please report it with the lines above',
  },
};
