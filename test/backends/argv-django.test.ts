/** What the backends that run Django's management commands make of an entry. */
import { describe, expect, test } from 'vitest';
import { daphneRunserver } from '../../src/backends/daphne-runserver.ts';
import { djangoCommand } from '../../src/backends/django-command.ts';
import { djangoQ2Worker } from '../../src/backends/django-q2-worker.ts';
import { djangoRunserver } from '../../src/backends/django-runserver.ts';
import { djangoTasksWorker } from '../../src/backends/django-tasks-worker.ts';
import { werkzeugRunserver } from '../../src/backends/werkzeug-runserver.ts';
import { compile } from './support.ts';

const project = { app: null, hasFile: (name: string): boolean => name === 'manage.py' };

describe('DjangoCommand', () => {
  test('the whole', () => {
    const cmd = ['clearsessions', '--verbosity=2'] as const;
    expect(compile(djangoCommand, { ...project, cmd, extraArgs: ['--new'] })).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "manage.py",
          "clearsessions",
          "--verbosity=2",
          "--new",
        ],
        "claims": [],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [],
        "readiness": {
          "afterMs": 1000,
          "kind": "alive",
        },
        "reload": null,
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
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

  test('without a manage.py', () => {
    expect(compile(djangoCommand, { cmd: ['migrate'] }).argv).toEqual([
      '/venv/bin/python',
      '-m',
      'django',
      'migrate',
    ]);
  });
});

describe('DjangoTasksWorker', () => {
  test('the whole', () => {
    const args = { 'queue-name': ['fast', 'default'], interval: 0.5, reload: false, 'worker-id': 'one' };
    expect(compile(djangoTasksWorker, { ...project, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "manage.py",
          "db_worker",
          "--queue-name=fast,default",
          "--interval=0.5",
          "--no-reload",
          "--worker-id=one",
          "--new",
        ],
        "claims": [
          {
            "kind": "worker",
            "option": "worker-id",
            "value": "one",
          },
        ],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [
          2,
        ],
        "readiness": {
          "afterMs": 1000,
          "kind": "alive",
        },
        "reload": null,
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 60000,
          },
          {
            "signal": "SIGTERM",
            "waitMs": 5000,
          },
          {
            "signal": "SIGKILL",
            "waitMs": 5000,
          },
        ],
        "unfit": {
          "SIGHUP": "it ends at once, and the task that it is at with it",
          "SIGUSR1": "it ends at once, and the task that it is at with it",
          "SIGUSR2": "it ends at once, and the task that it is at with it",
        },
      }
    `);
  });
});

describe('DjangoQ2Worker', () => {
  test('the whole', () => {
    expect(compile(djangoQ2Worker, project, { name: 'fast', verbosity: 2 })).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "manage.py",
          "qcluster",
          "--name=fast",
          "--verbosity=2",
        ],
        "claims": [],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [
          2,
        ],
        "readiness": {
          "afterMs": 1000,
          "kind": "alive",
        },
        "reload": null,
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
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
          "SIGHUP": "it ends at once, and the task that it is at with it",
          "SIGUSR1": "it ends at once, and the task that it is at with it",
          "SIGUSR2": "it ends at once, and the task that it is at with it",
        },
      }
    `);
  });
});

describe('the development servers', () => {
  test('the whole', () => {
    const args = { addrport: '0.0.0.0:9000', noreload: true, settings: 'shop.settings' };
    expect(compile(djangoRunserver, { ...project, extraArgs: ['--new'] }, args)).toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "/venv/bin/python",
          "manage.py",
          "runserver",
          "0.0.0.0:9000",
          "--noreload",
          "--settings=shop.settings",
          "--new",
        ],
        "claims": [
          {
            "address": {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 9000,
            },
            "dualStack": true,
            "instead": "leave INSTANCES out, or write an entry for each port",
            "kind": "listen",
            "option": "addrport",
            "sharesPort": false,
          },
        ],
        "env": {
          "PYTHONUNBUFFERED": "1",
        },
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [
          2,
        ],
        "readiness": {
          "addresses": [
            {
              "host": "0.0.0.0",
              "kind": "tcp",
              "port": 9000,
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

  test("Daphne's and Werkzeug's", () => {
    const argvOf = (backend: typeof djangoRunserver, args: object): readonly string[] =>
      compile(backend, project, { ...args }).argv.slice(1);
    expect(argvOf(daphneRunserver, { http_timeout: 5 })).toEqual([
      'manage.py',
      'runserver',
      '--http_timeout=5',
    ]);
    expect(argvOf(werkzeugRunserver, { addrport: '9000', 'extra-file': ['a', 'b'], threaded: true })).toEqual(
      ['manage.py', 'runserver_plus', '9000', '--extra-file=a', '--extra-file=b', '--threaded'],
    );
  });

  test.each([
    ['127.0.0.1', 9000, { addrport: '9000' }, []],
    ['::1', 9000, { addrport: '9000', ipv6: true }, []],
    ['0.0.0.0', 9000, { addrport: '0.0.0.0:9000' }, []],
    ['0', 9000, { addrport: '0:9000' }, []],
    ['::', 9000, { addrport: '[::]:9000', ipv6: true }, []],
    ['shop.local', 9000, { addrport: 'shop.local:9000' }, ['--nostatic']],
  ])('listen on %s, port %i', (host, port, args, extraArgs) => {
    const { readiness } = compile(djangoRunserver, { ...project, extraArgs }, args);
    expect(readiness).toEqual({ kind: 'listen', addresses: [{ kind: 'tcp', host, port }] });
  });

  test.each([
    // The settings of django-extensions, or a command of the project's own, may have another default.
    [{}, []],
    [{ addrport: '0' }, []],
    [{ addrport: 'anything' }, []],
    [{ addrport: '8000' }, ['9000']],
    [{ addrport: '8000' }, ['--ipv6']],
  ])('listen nobody knows where: %j, EXTRA_ARGS %j', (args, extraArgs) => {
    const { readiness } = compile(djangoRunserver, { ...project, extraArgs }, { ...args });
    expect(readiness).toEqual({ kind: 'listen', addresses: [] });
  });
});

test('WerkzeugRunserver: what its program ends of', () => {
  const subject = {
    name: 'web',
    app: null,
    extraArgs: [],
    instances: 1,
    env: {},
    graceMs: null,
    sockets: [],
  };
  const found = (value: boolean): unknown[] =>
    werkzeugRunserver
      .rules({ ...subject, args: new Map([['noreload', value]]) })
      .map(({ failure }) => failure.code);
  expect([found(true), found(false)]).toEqual([['option-refused'], []]);
});
