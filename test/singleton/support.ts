import type { ProcessSpec, SingletonKey } from '../../src/model/spec.ts';
import type { HelperResult } from '../../src/os/run.ts';
import type { Ask } from '../../src/singleton/key.ts';
import { UNASKED } from '../support/spec.ts';

export const BEAT: SingletonKey = {
  kind: 'application',
  app: 'shop.celery.app',
  ask: ['python', 'probe.py', 'shop.celery.app'],
};

export const beat = (singleton: SingletonKey | null = BEAT): ProcessSpec => ({
  name: 'beat',
  instance: 'beat.1',
  index: 1,
  backend: 'CeleryBeat',
  argv: ['python', '-m', 'celery', 'beat'],
  added: [],
  env: { DJANGO_SETTINGS_MODULE: 'shop.settings' },
  cwd: '/srv/shop',
  identity: { user: null, group: null, umask: null, limits: {} },
  envFiles: [],
  autostart: true,
  link: true,
  readiness: { kind: 'link' },
  ...UNASKED,
  startTimeoutMs: 60_000,
  stop: [{ signal: 'SIGTERM', waitMs: 10_000 }],
  restart: {
    policy: 'always',
    maxAttempts: null,
    initialMs: 1000,
    maxMs: 60_000,
    factor: 2,
    stableAfterMs: 600_000,
  },
  permanentExitCodes: [2],
  singleton,
  significant: false,
  log: null,
});

export const answered = (change: Partial<HelperResult> = {}): HelperResult => ({
  exit: { code: 0, signal: null },
  timedOut: false,
  answer: JSON.stringify({ v: 1, main: 'shop', broker: 'redis://cache:6379/0', scope: {} }),
  said: [],
  errno: null,
  refused: null,
  ...change,
});

/** An application that answers so, and what it was asked. */
export function application(change: Partial<HelperResult> = {}): { ask: Ask; orders: Parameters<Ask>[0][] } {
  const orders: Parameters<Ask>[0][] = [];
  return {
    orders,
    ask: async (order) => {
      orders.push(order);
      return answered(change);
    },
  };
}

export const never = (): AbortSignal => new AbortController().signal;
