/** The limits of a process, by the names of prlimit(1) and in its units: bytes, seconds, microseconds (rttime). */
import { readProc } from './proc.ts';

export interface Rlimit {
  /** Infinity: none. */
  readonly soft: number;
  readonly hard: number;
}

const NAMES: Readonly<Record<string, string>> = {
  'Max address space': 'as',
  'Max core file size': 'core',
  'Max cpu time': 'cpu',
  'Max data size': 'data',
  'Max file size': 'fsize',
  'Max file locks': 'locks',
  'Max locked memory': 'memlock',
  'Max msgqueue size': 'msgqueue',
  'Max nice priority': 'nice',
  'Max open files': 'nofile',
  'Max processes': 'nproc',
  'Max resident set': 'rss',
  'Max realtime priority': 'rtprio',
  'Max realtime timeout': 'rttime',
  'Max pending signals': 'sigpending',
  'Max stack size': 'stack',
};

export const readRlimits = (pid: number | 'self'): Readonly<Record<string, Rlimit>> =>
  parseRlimits(readProc(`/proc/${pid}/limits`) ?? '');

export function parseRlimits(text: string): Readonly<Record<string, Rlimit>> {
  const value = (written: string | undefined): number =>
    written === 'unlimited' ? Infinity : Number(written);
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, title = '', soft, hard] = /^(Max [a-z ]+?) +(unlimited|\d+) +(unlimited|\d+)/.exec(line) ?? [];
      const name = NAMES[title];
      return name === undefined ? [] : [[name, { soft: value(soft), hard: value(hard) }]];
    }),
  );
}
