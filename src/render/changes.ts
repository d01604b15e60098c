/** What a new plan changes, in words. */
import { unreachable } from '../model/unreachable.ts';
import type { Change } from '../supervisor/changes.ts';

/** The manifest's words for the parts of a spec; what is not here is called as it is. */
const WORDS: Readonly<Record<string, string>> = {
  argv: 'its command',
  env: 'its environment',
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

/** What a change says of an instance; over the control socket it comes without the specs. */
export type ToldChange =
  | { readonly kind: 'added' | 'removed'; readonly instance: string }
  | {
      readonly kind: 'changed';
      readonly instance: string;
      readonly fields: readonly string[];
      readonly effect: 'live' | 'restart';
    };

export const toldChange = (change: Change): ToldChange => {
  const { instance } = change.spec;
  if (change.kind !== 'changed') return { kind: change.kind, instance };
  return { kind: change.kind, instance, fields: change.fields, effect: change.effect };
};

export const changeText = (change: Change): string => toldChangeText(toldChange(change));

/** `worker.1: RECYCLE, STOP changed (live)` */
export function toldChangeText(change: ToldChange): string {
  switch (change.kind) {
    case 'added':
      return `${change.instance}: added`;
    case 'removed':
      return `${change.instance}: removed (stop)`;
    case 'changed': {
      const words = [...new Set(change.fields.map((field) => WORDS[field] ?? field))];
      return `${change.instance}: ${words.join(', ')} changed (${change.effect})`;
    }
    default:
      return unreachable(change);
  }
}
