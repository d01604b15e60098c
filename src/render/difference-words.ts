/** The manifest's words for the parts of a spec, and how their values are told. */
import { formatBytes, formatDuration } from '../model/units.ts';

/** What is not here is called as it is. */
const WORDS: Readonly<Record<string, string>> = {
  cwd: 'CWD',
  backend: 'BACKEND',
  identity: 'USER, GROUP, UMASK or LIMITS',
  envFiles: 'ENV_FILE',
  sockets: 'SOCKETS',
  autostart: 'AUTOSTART',
  readiness: 'READY',
  readinessTiming: 'READY',
  startTimeoutMs: 'READY',
  liveness: 'LIVE',
  linkLiveness: 'LIVE',
  recycle: 'RECYCLE',
  dependsOn: 'DEPENDS_ON',
  waitFor: 'WAIT_FOR',
  oneshot: 'ONESHOT',
  stop: 'STOP',
  restart: 'RESTART',
  significant: 'RESTART',
  singleton: 'LOCK',
  lockStore: 'LOCK',
  log: 'LOG',
};

/** `waitFor.targets.0.text`: `WAIT_FOR targets.0.text` */
export function wordOf(field: string): string {
  const [top = field, ...rest] = field.split('.');
  return [WORDS[top] ?? top, ...(rest.length === 0 ? [] : [rest.join('.')])].join(' ');
}

type Format = (value: unknown) => string;

const plain: Format = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));
const time: Format = (value) => (typeof value === 'number' ? formatDuration(value) : plain(value));
const bytes: Format = (value) =>
  typeof value === 'number' ? formatBytes(value).replace('.0 ', ' ') : plain(value);
const octal: Format = (value) =>
  typeof value === 'number' ? `0${value.toString(8).padStart(3, '0')}` : plain(value);

/** Those that are one key of the manifest, with one value. */
const KEYS: Readonly<Record<string, readonly [word: string, format: Format]>> = {
  'recycle.maxMemory': ['max-memory', bytes],
  'recycle.maxMemoryHard': ['max-memory-hard', bytes],
  'recycle.memory': ['RECYCLE memory', plain],
  'recycle.maxTasks': ['max-tasks', plain],
  'recycle.maxAgeMs': ['max-age', time],
  'recycle.schedule': ['schedule', plain],
  'recycle.timezone': ['timezone', plain],
  'recycle.jitter': ['jitter', plain],
  'recycle.minUptimeMs': ['min-uptime', time],
  'restart.policy': ['RESTART policy', plain],
  'restart.maxAttempts': ['max-attempts', plain],
  'restart.initialMs': ['RESTART backoff initial', time],
  'restart.maxMs': ['RESTART backoff max', time],
  'restart.factor': ['RESTART backoff factor', plain],
  'restart.stableAfterMs': ['stable-after', time],
  'identity.user': ['USER', plain],
  'identity.group': ['GROUP', plain],
  'identity.umask': ['UMASK', octal],
  'log.file': ['LOG file', plain],
  'log.maxBytes': ['LOG max-size', bytes],
  'log.maxAgeMs': ['LOG max-age', time],
  'log.keep': ['LOG keep', plain],
  'log.whenFull': ['LOG when-full', plain],
  startTimeoutMs: ['READY timeout', time],
  cwd: ['CWD', plain],
  backend: ['BACKEND', plain],
  autostart: ['AUTOSTART', plain],
  oneshot: ['ONESHOT', plain],
  significant: ['RESTART significant', plain],
};

/** Undefined: it is no key of its own. */
export const keyOf = (field: string): readonly [word: string, format: Format] | undefined => KEYS[field];
