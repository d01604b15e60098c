/** What a person is told about the keys of an entry. */
import { expect, test } from 'vitest';
import { beat, entry, job, told, web } from './support.ts';

test('key-unknown: at the top', () => {
  expect(told('PRODUCTION_PROCESES:\n  web: {}\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:1:1: error: unknown key "PRODUCTION_PROCESES" [key-unknown]
        1 | PRODUCTION_PROCESES:
          | ^^^^^^^^^^^^^^^^^^^
          = write "PRODUCTION_PROCESSES""
  `);
});

test('key-unknown: in an entry', () => {
  expect(told(job('INSTANCE: 2'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:5: error: unknown key "INSTANCE" [key-unknown]
        5 |     INSTANCE: 2
          |     ^^^^^^^^
          = write "INSTANCES""
  `);
});

test('key-unknown: like nothing', () => {
  expect(told(job('COLOUR: red'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:5: error: unknown key "COLOUR" [key-unknown]
        5 |     COLOUR: red
          |     ^^^^^^
          = known here: BACKEND, APP, ARGS, EXTRA_ARGS, CMD, ENV, ENV_FILE, CWD, USER, GROUP, UMASK, LIMITS, INSTANCES, AUTOSTART, ONESHOT, DEPENDS_ON, WAIT_FOR, READY, LIVE, STOP, RESTART, RECYCLE, LOCK, LOG"
  `);
});

test('key-unknown: further down', () => {
  expect(told(job('READY: {htp: /healthz}', 'RESTART: {backoff: {inital: 1s}}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:13: error: unknown key "htp" [key-unknown]
        5 |     READY: {htp: /healthz}
          |             ^^^
          = write "http"

    prodserver.yaml:6:25: error: unknown key "inital" [key-unknown]
        6 |     RESTART: {backoff: {inital: 1s}}
          |                         ^^^^^^
          = write "initial""
  `);
});

test('key-missing', () => {
  expect(told(entry('worker', 'APP: shop.celery.app'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "worker" has no BACKEND [key-missing]
        2 |   worker:
          |   ^^^^^^
          = add for example "BACKEND: CeleryWorker""
  `);
  expect(told(entry('worker', 'BACKEND: CeleryWorker'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "worker" has no APP [key-missing]
        2 |   worker:
          |   ^^^^^^
          = add for example "APP: myproject.celery.app""
  `);
  expect(told(entry('web', 'BACKEND: GunicornServer'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "web" has no APP [key-missing]
        2 |   web:
          |   ^^^
          = add for example "APP: myproject.wsgi""
  `);
  expect(told(entry('job', 'BACKEND: Command'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "job" has no CMD [key-missing]
        2 |   job:
          |   ^^^
          = add for example "CMD: [python, manage.py, runjobs]""
  `);
});

test('key-useless', () => {
  expect(told(job('APP: shop.wsgi', 'ARGS: {}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:5: error: Command takes no APP: CMD says all [key-useless]
        5 |     APP: shop.wsgi
          |     ^^^
          = leave APP out

    prodserver.yaml:6:5: error: Command takes no ARGS: CMD says all [key-useless]
        6 |     ARGS: {}
          |     ^^^^
          = leave ARGS out"
  `);
  expect(told(web('CMD: [gunicorn]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:5: error: GunicornServer takes no CMD: only BACKEND: Command and DjangoCommand take it [key-useless]
        5 |     CMD: [gunicorn]
          |     ^^^
          = leave CMD out"
  `);
});

test('key-useless: one complaint is enough', () => {
  expect(told(job('ARGS: {utc: true}'))).not.toContain('[option-unknown]');
});

test('name-invalid', () => {
  expect(told(entry('../x', 'BACKEND: Command', 'CMD: [date]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "../x" is no name for a process [name-invalid]
        2 |   ../x:
          |   ^^^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first"
  `);
  expect(told(entry('""', 'BACKEND: Command', 'CMD: [date]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "" is no name for a process [name-invalid]
        2 |   "":
          |   ^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first"
  `);
  expect(told(entry('worker.1', 'BACKEND: Command', 'CMD: [date]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "worker.1" is no name for a process [name-invalid]
        2 |   worker.1:
          |   ^^^^^^^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first"
  `);
  expect(told(entry('a'.repeat(300), 'BACKEND: Command', 'CMD: [date]'))).toMatchInlineSnapshot(`
    "prodserver.yaml:2:3: error: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..." is no name for a process [name-invalid]
        2 |   aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = use letters, digits, "_" and "-", 63 at most, a letter or digit first"
  `);
});

test('backend-unknown: a class of another package', () => {
  const other = (path: string): string => told(entry('web', `BACKEND: ${path}`, 'APP: shop.wsgi'));
  expect(other('shop.backends.AuditServer').split('\n').at(-1)).toMatchInlineSnapshot(
    `"      = known: GunicornServer, UvicornServer, UvicornWSGIServer, GranianASGIServer, GranianWSGIServer, WaitressServer, DaphneServer, HypercornServer, CeleryWorker, CeleryBeat, CeleryFlower, DjangoTasksWorker, DjangoQ2Worker, DjangoRunserver, DaphneRunserver, WerkzeugRunserver, DjangoCommand, Command; any other program runs by BACKEND: Command with CMD: [program, argument], a management command by BACKEND: DjangoCommand with CMD: [name], a backend of your own by SUPERVISOR.backends"`,
  );
  expect(other('shop.backends.GunicornServer').split('\n').at(-1)).toMatchInlineSnapshot(
    `"      = write "GunicornServer""`,
  );
});

test('backend-unknown', () => {
  expect(told(entry('worker', 'BACKEND: CeleryWorkr', 'APP: a.b'))).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: unknown BACKEND "CeleryWorkr" [backend-unknown]
        3 |     BACKEND: CeleryWorkr
          |              ^^^^^^^^^^^
          = write "CeleryWorker""
  `);
  const dotted = 'django_prodserver.backends.gunicorn.GunicronServer';
  expect(told(entry('web', `BACKEND: ${dotted}`, 'APP: a.b'))).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: unknown BACKEND "django_prodserver.backends.gunicorn.GunicronServer" [backend-unknown]
        3 |     BACKEND: django_prodserver.backends.gunicorn.GunicronServer
          |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = write "django_prodserver.backends.gunicorn.GunicornServer""
  `);
  expect(told(entry('web', 'BACKEND: Apache'))).toMatchInlineSnapshot(`
    "prodserver.yaml:3:14: error: unknown BACKEND "Apache" [backend-unknown]
        3 |     BACKEND: Apache
          |              ^^^^^^
          = known: GunicornServer, UvicornServer, UvicornWSGIServer, GranianASGIServer, GranianWSGIServer, WaitressServer, DaphneServer, HypercornServer, CeleryWorker, CeleryBeat, CeleryFlower, DjangoTasksWorker, DjangoQ2Worker, DjangoRunserver, DaphneRunserver, WerkzeugRunserver, DjangoCommand, Command; any other program runs by BACKEND: Command with CMD: [program, argument], a management command by BACKEND: DjangoCommand with CMD: [name], a backend of your own by SUPERVISOR.backends"
  `);
});

test('instances-conflict', () => {
  expect(told(beat('INSTANCES: 2'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:16: error: CeleryBeat cannot have several INSTANCES: only one may run, or every periodic task is sent twice [instances-conflict]
        5 |     INSTANCES: 2
          |                ^
          = leave INSTANCES out"
  `);
});

test('instances-conflict: of a number in quotes', () => {
  expect(told(beat('INSTANCES: "2"'))).toContain('[instances-conflict]');
});

test('beat-twice', () => {
  const one = '{BACKEND: CeleryBeat, APP: shop.celery.app}';
  expect(told(`PRODUCTION_PROCESSES:\n  beat: ${one}\n  beat2: ${one}\n`)).toMatchInlineSnapshot(`
    "prodserver.yaml:3:3: error: beat and beat2 are both a beat of shop.celery.app [beat-twice]
        3 |   beat2: {BACKEND: CeleryBeat, APP: shop.celery.app}
          |   ^^^^^
          = keep one of them; two beats of different applications need a LOCK: {name: ...} each"
  `);
});

test('beat-twice: two applications, or two names of locks, are no conflict', () => {
  const beatOf = (name: string, app: string, lock = ''): string =>
    `  ${name}: {BACKEND: CeleryBeat, APP: ${app}${lock}}\n`;
  expect(
    told(`PRODUCTION_PROCESSES:\n${beatOf('a', 'shop.celery.app')}${beatOf('b', 'blog.celery.app')}`),
  ).toBe('');
  const named = beatOf('a', 'shop.celery.app', ', LOCK: {name: a}') + beatOf('b', 'shop.celery.app');
  expect(told(`PRODUCTION_PROCESSES:\n${named}`)).toBe('');
});
