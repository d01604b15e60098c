/** What each backend makes of an entry. */
import { describe, expect, test } from 'vitest';
import { celeryBeat } from '../../src/backends/celery-beat.ts';
import { celeryWorker } from '../../src/backends/celery-worker.ts';
import { successorSpec } from '../../src/supervisor/successor.ts';
import { spec } from '../supervisor/instance-support.ts';
import { gunicornServer } from '../../src/backends/gunicorn.ts';
import { compile } from './support.ts';

describe('GunicornServer', () => {
  test('the whole', () => {
    const args = { bind: ['0.0.0.0:8000'], workers: 4, preload: true, 'graceful-timeout': 10 };
    expect(compile(gunicornServer, { app: 'shop.wsgi', extraArgs: ['--spew'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "-m",
          "gunicorn",
          "shop.wsgi",
          "--bind=0.0.0.0:8000",
          "--workers=4",
          "--preload",
          "--graceful-timeout=10",
          "--spew",
        ],
        "claims": [
          {
            "address": {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 8000,
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, and write "workers: 1" in ARGS; or add "reuse-port: true"",
            "kind": "listen",
            "option": "bind",
            "sharesPort": false,
          },
        ],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [],
        "readiness": {
          "addresses": [
            {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 8000,
            },
          ],
          "kind": "listen",
        },
        "reload": null,
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 15000,
          },
          {
            "signal": "SIGQUIT",
            "waitMs": 5000,
          },
          {
            "signal": "SIGKILL",
            "waitMs": 5000,
          },
        ],
        "unfit": {
          "SIGHUP": "it starts new workers and goes on",
          "SIGINT": "it ends at once, and drops the requests that it is at",
          "SIGQUIT": "it ends at once, and drops the requests that it is at",
          "SIGUSR1": "it opens its log files anew and goes on",
          "SIGUSR2": "it starts a second gunicorn beside itself and goes on",
        },
      }
    `);
  });

  test('without ARGS it listens where it likes', () => {
    const compiled = compile(gunicornServer, { app: 'shop.wsgi' });
    expect(compiled.argv).toEqual(['/venv/bin/python', '-m', 'gunicorn', 'shop.wsgi']);
    expect(compiled.readiness).toEqual({ kind: 'listen', addresses: [] });
  });

  test('PORT in its environment is what it binds, unless something else is said', () => {
    const ready = (change: object, args = {}): unknown =>
      compile(gunicornServer, { env: { PORT: '9000' }, ...change }, args).readiness;
    const nowhere = { kind: 'listen', addresses: [] };
    expect(ready({})).toEqual({ kind: 'listen', addresses: [{ kind: 'tcp', host: '', port: 9000 }] });
    expect(ready({}, { bind: ['fd://3'] })).toEqual(nowhere);
    expect(ready({}, { config: 'conf.py' })).toEqual(nowhere);
    for (const token of ['-b', '-b:8000', '--bind=x', '-c', '--config=x']) {
      expect(ready({ extraArgs: [token] })).toEqual(nowhere);
    }
  });

  test('its ladder is a little longer than its own grace', () => {
    const first = (args: object): unknown => compile(gunicornServer, {}, { ...args }).stop[0];
    expect(first({})).toEqual({ signal: 'SIGTERM', waitMs: 35_000 });
    expect(first({ 'graceful-timeout': 60 })).toEqual({ signal: 'SIGTERM', waitMs: 65_000 });
  });
});

describe('CeleryWorker', () => {
  test('the whole', () => {
    const args = { concurrency: 4, queues: ['priority', 'default'], 'without-gossip': null };
    expect(compile(celeryWorker, { extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [
          "--hostname=one@%h",
        ],
        "argv": [
          "/venv/bin/python",
          "/helpers/prodserver_celery.py",
          "-A",
          "shop.celery.app",
          "worker",
          "--concurrency=4",
          "--queues=priority,default",
          "--without-gossip",
          "--hostname=one@%h",
          "--new",
        ],
        "claims": [
          {
            "kind": "node",
            "option": "hostname",
            "same": "one@%h of shop",
            "value": "one@%h of shop.celery.app",
          },
        ],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": true,
        "linkLoop": "beside",
        "overlap": {
          "at": 14,
          "token": 8,
        },
        "permanentExitCodes": [
          2,
        ],
        "readiness": {
          "kind": "link",
        },
        "reload": null,
        "singleton": null,
        "stackDump": "SIGUSR1",
        "startTimeoutMs": 120000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 60000,
          },
          {
            "signal": "SIGKILL",
            "waitMs": 5000,
          },
        ],
        "unfit": {
          "SIGHUP": "it starts itself anew",
          "SIGQUIT": "it gives up the tasks that it is at",
          "SIGUSR2": "it ends at once, in the middle of its tasks",
        },
      }
    `);
  });

  test('each instance has a node name of its own', () => {
    const added = (change: object, args = {}): unknown => compile(celeryWorker, change, args).added;
    expect(added({ name: 'fast' })).toEqual(['--hostname=fast@%h']);
    expect(added({ name: 'fast', instances: 3, index: 2 })).toEqual(['--hostname=fast-2@%h']);
    expect(added({ name: 'fast' }, { hostname: 'mine@%h' })).toEqual([]);
  });

  test('a solo pool takes one task at a time', () => {
    const added = (args: object): unknown => compile(celeryWorker, {}, { hostname: 'w', ...args }).added;
    expect(added({ pool: 'solo' })).toEqual(['--concurrency=1']);
    expect(added({ pool: 'solo', concurrency: 3 })).toEqual([]);
    expect(added({ pool: 'threads' })).toEqual([]);
  });

  test.each([
    ['prefork', ['SIGTERM', 'SIGQUIT', 'SIGKILL']],
    ['processes', ['SIGTERM', 'SIGQUIT', 'SIGKILL']],
    ['solo', ['SIGTERM', 'SIGKILL']],
    ['threads', ['SIGTERM', 'SIGKILL']],
    ['gevent', ['SIGTERM', 'SIGKILL']],
    ['eventlet', ['SIGTERM', 'SIGKILL']],
  ])('the ladder of %s', (pool, signals) => {
    const newest = (name: string): string => (name === 'celery' ? '5.7.0' : '4.2.4');
    const ladder = (extraArgs: string[], args: object): string[] =>
      compile(celeryWorker, { extraArgs, installed: newest }, { ...args }).stop.map((rung) => rung.signal);
    expect(ladder([], { pool })).toEqual(signals);
    // However the pool is asked for.
    for (const extra of [[`-P${pool}`], ['-P', pool], [`--pool=${pool}`], ['--pool', pool]]) {
      expect(ladder(extra, {})).toEqual(signals);
    }
  });
});

test('CeleryWorker: a hostname of its own is told apart for several instances', () => {
  const of = (index: number, instances: number, hostname: string): unknown => {
    const { argv, added } = compile(celeryWorker, { index, instances }, { hostname, concurrency: 2 });
    return [argv.slice(5), added];
  };
  expect(of(1, 1, 'mine@%h')).toEqual([['--hostname=mine@%h', '--concurrency=2'], []]);
  expect(of(2, 2, 'mine@%h')).toEqual([
    ['--concurrency=2', '--hostname=mine-2@%h'],
    ['--hostname=mine-2@%h'],
  ]);
  expect(of(2, 2, 'host')).toEqual([
    ['--concurrency=2', '--hostname=celery-2@host'],
    ['--hostname=celery-2@host'],
  ]);
});

describe('the successor of a worker', () => {
  /** Its node, where it may run beside its predecessor. */
  const nodeOf = (args: object, extraArgs: string[] = [], change: object = {}): string | null => {
    const { argv, overlap } = compile(celeryWorker, { extraArgs, ...change }, { ...args });
    const { argv: theirs } = successorSpec({ ...spec(), argv, overlap }, 2);
    return overlap === null || overlap === 'alike' ? null : (theirs[overlap.token] ?? null);
  };

  test('has a node name of its own', () => {
    expect(nodeOf({})).toBe('--hostname=one.g2@%h');
    expect(nodeOf({}, [], { instances: 3, index: 2 })).toBe('--hostname=one-2.g2@%h');
    expect(nodeOf({ hostname: 'mine@%h', concurrency: 2 })).toBe('--hostname=mine.g2@%h');
    expect(nodeOf({ hostname: 'a.host' })).toBe('--hostname=a.host.g2');
    expect(nodeOf({ hostname: 'a.host' }, [], { instances: 3, index: 2 })).toBe(
      '--hostname=celery-2.g2@a.host',
    );
  });

  test.each([
    ['an embedded beat', { beat: true }, []],
    ['an embedded beat in EXTRA_ARGS', {}, ['-EB']],
    ['a state file', { statedb: 'state.db' }, []],
    ['a node name in EXTRA_ARGS', {}, ['-n', 'mine@%h']],
    ['the same in one token', {}, ['-Enmine@%h']],
    ['a long one', {}, ['--hostname=mine@%h']],
    ['a file in EXTRA_ARGS', {}, ['--statedb', 'x']],
  ])('does not run beside one with %s', (_, args, extraArgs) => {
    expect(nodeOf(args, extraArgs)).toBeNull();
  });

  test('does where such a file has the name of its node', () => {
    expect(nodeOf({ statedb: '/var/%n.db' }, ['-Qnews'])).toBe('--hostname=one.g2@%h');
  });
});

describe('CeleryBeat', () => {
  test('the whole', () => {
    const scheduler = 'django_celery_beat.schedulers:DatabaseScheduler';
    expect(compile(celeryBeat, {}, { scheduler, 'max-interval': 30 })).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "/helpers/prodserver_celery.py",
          "-A",
          "shop.celery.app",
          "beat",
          "--scheduler=django_celery_beat.schedulers:DatabaseScheduler",
          "--max-interval=30",
        ],
        "claims": [],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": true,
        "linkLoop": "beat",
        "overlap": null,
        "permanentExitCodes": [
          2,
        ],
        "readiness": {
          "kind": "link",
        },
        "reload": null,
        "singleton": {
          "app": "shop.celery.app",
          "ask": [
            "/venv/bin/python",
            "/helpers/prodserver_probe.py",
            "shop.celery.app",
          ],
          "kind": "application",
        },
        "stackDump": "SIGUSR1",
        "startTimeoutMs": 120000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 10000,
          },
          {
            "signal": "SIGKILL",
            "waitMs": 5000,
          },
        ],
        "unfit": {},
      }
    `);
  });
});

describe('the cold stop of a worker', () => {
  const rungs = (pool: string, celery: string | null, billiard: string | null): string => {
    const installed = (name: string): string | null => (name === 'celery' ? celery : billiard);
    const { stop } = compile(celeryWorker, { installed }, { pool });
    return stop.map(({ signal }) => signal).join(' ');
  };
  const WARM = 'SIGTERM SIGKILL';
  const COLD = 'SIGTERM SIGQUIT SIGKILL';

  test.each([
    ['prefork', '5.5.0', '4.2.1', COLD],
    ['processes', '5.6.3', '4.2.4', COLD],
    ['prefork', '5.7.0', '4.2.4', COLD],
    ['prefork', '5.7.0', '4.3.0', COLD],
    // A cold stop is not heard during a warm one.
    ['prefork', '5.4.0', '4.2.1', WARM],
    // These two drop what runs.
    ['prefork', '5.6.3', '4.3.0', WARM],
    ['prefork', '5.5.3', '4.3.0rc1', WARM],
    // What cannot be seen is not risked.
    ['prefork', null, '4.2.4', WARM],
    ['prefork', '5.6.3', null, WARM],
    // The others lose tasks by it, or go on deaf.
    ['threads', '5.7.0', '4.2.4', WARM],
    ['solo', '5.7.0', '4.2.4', WARM],
    ['gevent', '5.7.0', '4.2.4', WARM],
    ['eventlet', '5.7.0', '4.2.4', WARM],
    ['custom', '5.7.0', '4.2.4', WARM],
  ])('%s of Celery %s with billiard %s: %s', (pool, celery, billiard, ladder) => {
    expect(rungs(pool, celery, billiard)).toBe(ladder);
  });
});
