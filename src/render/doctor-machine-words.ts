/** What `doctor` says of the machine. */
import { formatBytes, formatDuration } from '../model/units.ts';
import { count, line, plural, type SaidOf } from './doctor-words.ts';
import { hintOf, messageOf } from './failures.ts';
import { andList } from './words.ts';

const UTIL_LINUX =
  'install util-linux (Debian: apt install util-linux; Alpine: apk add setpriv util-linux-misc)';

export const toolWords: SaidOf<'koffi' | 'subreaper' | 'flock' | 'setpriv' | 'prlimit'> = {
  koffi: (facts) =>
    facts.kind === 'loaded'
      ? ['koffi is loaded', null]
      : [
          `koffi cannot be loaded (${facts.detail}): orphans are not adopted, and flock(1) takes the locks`,
          'install prodserver without --omit=optional, on glibc or musl of x64 or arm64',
        ],
  subreaper: ({ kind }) =>
    kind === 'can'
      ? ['orphaned grandchildren can be adopted', null]
      : [
          'the kernel refuses PR_SET_CHILD_SUBREAPER: orphaned grandchildren go to process 1',
          'allow prctl in the seccomp profile',
        ],
  flock: (facts) =>
    facts.kind === 'works'
      ? ['flock(2) works', null]
      : [
          `no lock can be taken: ${line(messageOf(facts.problem))}${facts.needed ? '; beat cannot start' : ''}`,
          hintOf(facts.problem),
        ],
  setpriv: (facts) =>
    facts.kind === 'works'
      ? ["setpriv can hand on the parent's death", null]
      : [
          facts.needed.length > 0
            ? `setpriv is missing, or is busybox's: ${andList(facts.needed)} cannot be started as another user`
            : "setpriv is missing, or is busybox's: processes live on when their supervisor is killed",
          UTIL_LINUX,
        ],
  prlimit: (facts) => {
    if (facts.kind === 'there') return ['prlimit is there', null];
    if (facts.kind === 'unneeded') return ['prlimit is missing, and nothing needs it', null];
    return [`prlimit is missing: ${andList(facts.needed)} cannot be given their LIMITS`, UTIL_LINUX];
  },
};

export const machineWords: SaidOf<
  | 'memory-limit'
  | 'cpu'
  | 'open-files'
  | 'limits'
  | 'process-1'
  | 'clock'
  | 'runtime-folder'
  | 'lock-folder'
  | 'disk'
  | 'kernel-memory'
> = {
  'memory-limit'(facts) {
    switch (facts.kind) {
      case 'none':
        return [
          `no limit of memory; ${formatBytes(facts.available)} of ${formatBytes(facts.total)} may be had`,
          null,
        ];
      case 'short':
        return [
          `only ${formatBytes(facts.available)} of the machine's ${formatBytes(facts.total)} are left`,
          'lower concurrency, set RECYCLE.max-memory, or give it more memory',
        ];
      case 'room':
      case 'full': {
        const used = facts.used === null ? '' : `, ${formatBytes(facts.used)} of it used`;
        const group = `cgroup v${facts.version} limits memory to ${formatBytes(facts.limit)}${used}`;
        return facts.kind === 'room'
          ? [group, null]
          : [
              `${group}: the kernel is about to end a process`,
              'raise the limit, lower concurrency, or set RECYCLE.max-memory',
            ];
      }
      case 'unseen':
        return ['neither the machine nor a cgroup tells of its memory', null];
      default:
        return facts satisfies never;
    }
  },
  cpu(facts) {
    if (facts.kind === 'fits')
      return [`${processors(facts.cpus)}${facts.limited ? ', by the limit of a cgroup' : ''}`, null];
    const { instance, slots, cpus, byDefault } = facts;
    return byDefault
      ? [
          `${instance} forks ${slots} children, as the machine has processors, and may use ${processors(cpus)}`,
          `set ARGS.concurrency: ${Math.max(1, Math.ceil(cpus))}`,
        ]
      : [
          `${instance} forks ${slots} children on ${processors(cpus)}`,
          'lower ARGS.concurrency, or take a pool of threads or gevent where its tasks mostly wait',
        ];
  },
  'open-files'(facts) {
    switch (facts.kind) {
      case 'enough':
        return [`${limitText(facts.soft)} open files a process`, null];
      case 'few':
        return [
          `a process may open only ${limitText(facts.soft)} files`,
          `raise it: ulimit -n 4096, LimitNOFILE= of systemd, or LIMITS: {nofile: 4096} (the most is ${limitText(facts.hard)})`,
        ];
      case 'unseen':
        return ['the limits of processes cannot be read', null];
      default:
        return facts satisfies never;
    }
  },
  limits: (facts) =>
    facts.kind === 'granted'
      ? ['the LIMITS of the manifest can be granted', null]
      : [
          `${facts.name} asks for LIMITS.${facts.limit} ${limitText(facts.wanted)}, and only root may go above ${limitText(facts.hard)}`,
          'raise the hard limit of the supervisor (LimitNOFILE= and its like of systemd, ulimits of Docker), or lower LIMITS',
        ],
  'process-1': (facts) => {
    switch (facts.kind) {
      case 'host':
        return ['a host, with an init of its own', null];
      case 'supervisor':
        return ['prodserver is process 1 of this container', null];
      case 'init':
        return [`a container with ${facts.name} as process 1`, null];
      case 'careless':
        return [
          `process 1 of this container (${facts.name}) leaves its dead children lying: ${plural(facts.zombies, 'zombie')}`,
          'let prodserver be process 1 (exec it), or start the container with an init (docker run --init)',
        ];
      default:
        return facts satisfies never;
    }
  },
  clock: (facts) => {
    switch (facts.kind) {
      case 'kept':
        return ['the clock is kept right', null];
      case 'free':
        return [
          'nobody keeps the clock right (NTP): beat sends by it, and hosts compare by it',
          'run chrony or systemd-timesyncd on the host',
        ];
      case 'unseen':
        return ['whether the clock is kept right cannot be asked here', null];
      case 'set':
        return [
          `the clock was set ${facts.ms > 0 ? 'forward' : 'back'} by ${formatDuration(Math.abs(facts.ms))} while the supervisor ran (pid ${facts.pid})`,
          'beat may have sent late or twice; restart beat, and let NTP keep the clock',
        ];
      default:
        return facts satisfies never;
    }
  },
  'runtime-folder': (facts) =>
    facts.kind === 'usable'
      ? [`control sockets stand in ${facts.path}`, null]
      : [
          `no supervisor can start: ${facts.path} cannot be used (${facts.detail})`,
          'name a folder that only this user can write, in PRODSERVER_RUNTIME_DIR',
        ],
  'lock-folder': (facts) => {
    if (facts.kind === 'unneeded') return ["no lock stands in the host's own folder", null];
    return facts.kind === 'usable'
      ? [`locks stand in ${facts.path}`, null]
      : [
          `beat cannot start: ${facts.path} cannot be used (${facts.detail})`,
          'make it as root (mkdir -m 1777), or name a file in LOCK.file',
        ];
  },
  disk(facts) {
    switch (facts.kind) {
      case 'unneeded':
        return ['no process writes a log file', null];
      case 'room':
        return [`there is room for the log files (${andList(facts.folders)})`, null];
      case 'full':
        return [
          `${facts.folder} is full (${formatBytes(facts.free)} left): log lines are being lost`,
          'make room there, or let LOG.file name another place',
        ];
      case 'tight':
        return [
          `${facts.folder} has ${formatBytes(facts.free)} left, and the log files may grow to ${formatBytes(facts.needed)}`,
          'make room, or lower LOG.max-size and LOG.keep',
        ];
      case 'read-only':
        return [
          `the log of ${facts.instance} cannot be written: ${facts.folder} is not ours to write`,
          'make the folder for this user, or let LOG.file name another place',
        ];
      default:
        return facts satisfies never;
    }
  },
  'kernel-memory'(facts) {
    switch (facts.kind) {
      case 'usual':
        return ['the kernel gives memory as it usually does', null];
      case 'strict':
        return [
          `the kernel promises no more memory than it has (vm.overcommit_memory=2)${facts.left === null ? '' : `, and ${formatBytes(Math.max(0, facts.left))} are left`}: forks of large workers fail`,
          'set vm.overcommit_memory to 0, or raise vm.overcommit_ratio',
        ];
      case 'unkillable':
        return [
          `all processes begin with an oom_score_adj of ${facts.score}: a leaking worker is ended last, and others before it`,
          'give the supervisor OOMScoreAdjust=0',
        ];
      default:
        return facts satisfies never;
    }
  },
};

const limitText = (limit: number): string => (limit === Infinity ? 'unlimited' : count(limit));
const processors = (cpus: number): string => `${cpus} processor${cpus === 1 ? '' : 's'}`;
