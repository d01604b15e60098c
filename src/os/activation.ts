/**
 * What systemd, or another manager that speaks its protocol, has put into the environment of a service. It is meant for
 * one process alone, so it is taken out: a child that had it would speak in the service's name. Read once, whoever asks
 * first.
 */
import { readlinkSync } from 'node:fs';

export interface ServiceManager {
  /** A path, or `@` and a name of the abstract namespace. */
  readonly socket: string;
  /** It wants to hear from us this often, or ends us. Milliseconds; null: it does not watch. */
  readonly watchdogMs: number | null;
}

/** A descriptor that was opened before the start; `fd` is this process's number for it. */
export interface Inherited {
  readonly name: string;
  readonly fd: number;
}

/** The first of them. */
const LISTEN_FDS_START = 3; // systemd/sd-daemon.h
/** More than a process may have open by default: what says so is no number of descriptors. */
const LISTEN_FDS_MOST = 1024;
/** sd_listen_fds names them so where nobody else has. */
const UNNAMED = 'unknown';

const VARIABLES = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_PID',
  'LISTEN_PIDFDID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
] as const;

export interface Handed {
  /** Null: nobody wants to be told. */
  readonly manager: ServiceManager | null;
  readonly inherited: readonly Inherited[];
}

/** Reads the variables of `env`, and takes them out of it. */
export function takeHanded(env: NodeJS.ProcessEnv, pid: number): Handed {
  const {
    NOTIFY_SOCKET: socket = '',
    WATCHDOG_USEC: watchdog,
    WATCHDOG_PID: watched,
    LISTEN_PID: listener,
    LISTEN_FDS: count,
    LISTEN_FDNAMES: names = '',
  } = env;
  for (const name of VARIABLES) delete env[name];
  const watchdogMs = watched === undefined || Number(watched) === pid ? positive(watchdog) / 1000 : 0;
  const given = Number(listener) === pid ? positive(count) : 0;
  const called = names.split(':');
  return {
    manager: socket === '' ? null : { socket, watchdogMs: watchdogMs === 0 ? null : watchdogMs },
    inherited: Array.from({ length: Math.min(given, LISTEN_FDS_MOST) }, (_, index) => ({
      name: called[index] === undefined || called[index] === '' ? UNNAMED : called[index],
      fd: LISTEN_FDS_START + index,
    })),
  };
}

/** A whole number above 0; 0 for anything else. */
const positive = (text: string | undefined): number => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0);

let handed: Handed | null = null;

/** Must be called before anything is started that is not to have them. */
const take = (): Handed => (handed ??= takeHanded(process.env, process.pid));

/** Whom to tell how we are; null: nobody. */
export const serviceManager = (): ServiceManager | null => take().manager;

/** The sockets that were opened for us before the start (LISTEN_FDS), by name: a name may stand for several. */
export const inheritedSockets = (): readonly Inherited[] => socketsOf(take().inherited);

/** Without what is no socket: a number that was only claimed may be one of Node's own. */
export const socketsOf = (inherited: readonly Inherited[]): readonly Inherited[] =>
  inherited.filter(({ fd }) => isSocket(fd));

function isSocket(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
  } catch {
    return false; // not open
  }
}
