import { formatDuration } from '../model/units.ts';
import { andList, EXIT, meant, type WordsFor } from './words.ts';

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
  | 'watch-refused'
  | 'socket-path-long'
  | 'subreaper-missing'
  | 'parent-death-missing'
  | 'manager-untold'
  | 'children-unseen'
  | 'processes-ended'
  | 'supervisor-missing'
  | 'supervisor-stopping'
  | 'update-refused'
  | 'process-not-running-here'
  | 'control-broken'
  | 'control-version'
  | 'stop-timeout'
  | 'restart-timeout'
  | 'restart-failed'
  | 'reload-timeout'
  | 'reload-failed'
  | 'reload-unseen'
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
  'watch-refused': {
    exit: EXIT.failure,
    about:
      'The kernel does not tell of changed files with --watch or --watch-code: they are looked at now and then instead.',
    message: ({ errno, ms }) =>
      `the kernel does not tell of changed files (${errno}): they are looked at every ${formatDuration(ms)}, or less often where there are many`,
    hint: ({ errno }) =>
      errno === 'ENOSPC'
        ? 'raise fs.inotify.max_user_watches: sysctl -w fs.inotify.max_user_watches=524288'
        : errno === 'EMFILE'
          ? 'raise fs.inotify.max_user_instances: sysctl -w fs.inotify.max_user_instances=1024'
          : null,
  },
  'socket-path-long': {
    exit: EXIT.failure,
    about: "The control socket's path is longer than the kernel takes; it would be cut without a word.",
    message: ({ path, bytes, limit }) => `the socket path ${path} has ${bytes} bytes; ${limit} is the most`,
    hint: () => 'give a shorter folder in PRODSERVER_RUNTIME_DIR',
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
  'manager-untold': {
    exit: EXIT.failure,
    about:
      'The service manager (systemd) asked to be told how the service is, and cannot be. A unit of `Type=notify` does not get ready then.',
    message: ({ socket, detail }) => `the service manager cannot be told at ${socket}: ${detail}`,
    hint: () =>
      "install prodserver's optional dependency koffi, or systemd-notify with NotifyAccess=all in the unit; else use Type=exec",
  },
  'children-unseen': {
    exit: EXIT.failure,
    about:
      'A process that was not reported as ended is not among the processes of the system. While that is so the watchdog of the service manager gets no sign of life, and ends the supervisor.',
    message: ({ children, watched }) =>
      `${andList(children.map(({ instance, pid }) => `${instance} (pid ${pid})`))} ` +
      `${children.length === 1 ? 'is' : 'are'} not seen, and no end was told` +
      (watched ? ': the watchdog of the service manager gets no sign of life' : ''),
    hint: () => null,
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
  'supervisor-stopping': {
    exit: EXIT.failure,
    about: 'The supervisor stops everything, so nothing of it can be changed.',
    message: () => 'the supervisor is stopping',
    hint: () => 'start it again when it has ended',
  },
  'update-refused': {
    exit: EXIT.manifest,
    about: 'The manifest as it reads now cannot be used, so that nothing was changed.',
    message: ({ supervisorPid }) => `nothing was changed in the supervisor with pid ${supervisorPid}`,
    hint: () => 'mend what is told above; "prodserver check" tells when it is right',
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
      `the supervisor at ${socket} is ${theirs > ours ? 'newer' : 'older'} than this command: it speaks protocol ${theirs}, this command ${ours}`,
    hint: ({ socket, theirs, ours }) => {
      const pid = /\.(\d+)\.sock$/.exec(socket)?.[1];
      return theirs > ours
        ? `use the version of prodserver that started it${pid === undefined ? '' : `, pid ${pid}`}`
        : `start it anew with this version; end it in order with "kill ${pid ?? 'PID'}"`;
    },
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
  'reload-timeout': {
    exit: EXIT.failure,
    about: 'A reload took longer than --timeout.',
    message: ({ instances, ms }) => `${andList(instances)} not reloaded after ${formatDuration(ms)}`,
    hint: () => 'it goes on reloading; see "prodserver status"',
  },
  'reload-failed': {
    exit: EXIT.failure,
    about: 'A process could not take in the new code. The other instances of its name are left as they are.',
    message: ({ problems }) => `not reloaded: ${problems.join('; ')}`,
    hint: () => 'mend what it says, then reload again; see "prodserver status"',
  },
  'reload-unseen': {
    exit: EXIT.failure,
    about:
      'A program was signalled to take in new code, and it was not seen to: it has old workers still, or no new ones that stay, or its READY does not hold.',
    message: ({ signal, pid, old, ms }) =>
      old === 0
        ? `${formatDuration(ms)} after ${signal} to pid ${pid} its new workers do not stay, or are not ready`
        : `${formatDuration(ms)} after ${signal} to pid ${pid} ${old} of its old workers ${old === 1 ? 'is' : 'are'} still there`,
    hint: () => 'look at its log; "prodserver restart" replaces it as a whole',
  },
  internal: {
    exit: EXIT.failure,
    about: 'A bug in prodserver.',
    message: ({ detail }) => `internal error: ${detail}`,
    hint: () => 'please report it with the lines above',
  },
};
