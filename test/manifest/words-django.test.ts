/** What a person is told about the backends that run Django's management commands. */
import { describe, expect, test } from 'vitest';
import { argvOf, entry, processes, told } from './support.ts';

const one = (backend: string, ...lines: readonly string[]): string =>
  entry('one', `BACKEND: ${backend}`, ...lines);

describe('DjangoTasksWorker', () => {
  const tasks = (args: string): string => told(one('DjangoTasksWorker', `ARGS: ${args}`));

  test("what django-prodserver's documentation says by mistake", () => {
    expect(tasks('{queue: fast, processes: 2}')).toMatchInlineSnapshot(`
      "prodserver.yaml:4:12: warning: "queue" is read as "queue-name" [option-spelling]
          4 |     ARGS: {queue: fast, processes: 2}
            |            ^^^^^
            = write "queue-name"

      prodserver.yaml:4:25: error: "processes" cannot be used: db_worker has no such option [option-refused]
          4 |     ARGS: {queue: fast, processes: 2}
            |                         ^^^^^^^^^
            = use INSTANCES: each worker is one process that does one task at a time"
    `);
  });

  test('what cannot be used, and what is unwise', () => {
    expect(tasks('{batch: true, reload: true}')).toMatchInlineSnapshot(`
      "prodserver.yaml:4:12: error: "batch" cannot be used: with it the worker ends when the queues are empty [option-refused]
          4 |     ARGS: {batch: true, reload: true}
            |            ^^^^^
            = run it as a DjangoCommand with ONESHOT

      prodserver.yaml:4:25: warning: "reload" is unwise: a change of a file kills the task that it is at [option-unwise]
          4 |     ARGS: {batch: true, reload: true}
            |                         ^^^^^^
            = leave it out"
    `);
    expect(tasks('{no-color: true, force-color: true}')).toMatchInlineSnapshot(`
      "prodserver.yaml:4:28: error: "force-color" and "no-color" exclude each other: Django ends of both [option-conflict]
          4 |     ARGS: {no-color: true, force-color: true}
            |                            ^^^^^^^^^^^
            = leave one of them out"
    `);
  });

  test('one id for two workers', () => {
    expect(told(one('DjangoTasksWorker', 'ARGS: {worker-id: a}', 'INSTANCES: 2'))).toMatchInlineSnapshot(`
      "prodserver.yaml:4:12: error: one.1 and one.2 have one worker id: a [claimed-twice]
          4 |     ARGS: {worker-id: a}
            |            ^^^^^^^^^
            = give each its own, or leave worker-id out"
    `);
    expect(told(one('DjangoTasksWorker', 'INSTANCES: 2'))).toBe('');
  });
});

test('DjangoQ2Worker: what cannot be used', () => {
  expect(told(one('DjangoQ2Worker', 'ARGS: {run-once: null, cluster-name: fast}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:4:12: error: "run-once" cannot be used: with it the cluster ends at once [option-refused]
        4 |     ARGS: {run-once: null, cluster-name: fast}
          |            ^^^^^^^^
          = run it as a DjangoCommand with ONESHOT

    prodserver.yaml:4:28: error: "cluster-name" cannot be used: qcluster has no such option [option-refused]
        4 |     ARGS: {run-once: null, cluster-name: fast}
          |                            ^^^^^^^^^^^^
          = write name"
  `);
});

test('tasks that db_worker counts itself', () => {
  expect(told(one('DjangoTasksWorker', 'RECYCLE: {max-tasks: 100}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:4:15: error: DjangoTasksWorker takes no max-tasks: only a CeleryWorker tells how many tasks it has done; db_worker counts them itself (max-tasks) [key-useless]
        4 |     RECYCLE: {max-tasks: 100}
          |               ^^^^^^^^^
          = leave max-tasks out"
  `);
});

describe('the development servers', () => {
  test('a port as a number', () => {
    expect(argvOf(one('DjangoRunserver', 'ARGS: {addrport: 9000, ipv6: false}')).slice(-2)).toEqual([
      'runserver',
      '9000',
    ]);
  });

  test('what cannot be used, and what is unwise', () => {
    expect(told(one('DaphneRunserver', 'ARGS: {noasgi: true}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:4:12: error: "noasgi" cannot be used: then it is not Daphne that runs [option-refused]
          4 |     ARGS: {noasgi: true}
            |            ^^^^^^
            = use BACKEND: DjangoRunserver"
    `);
    expect(told(one('RunserverPlus', 'ARGS: {nopin: true, pdb: true, cert: a.pem}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:4:12: warning: "nopin" is unwise: whoever reaches its port can run any code on this machine [option-unwise]
          4 |     ARGS: {nopin: true, pdb: true, cert: a.pem}
            |            ^^^^^
            = leave it out

      prodserver.yaml:4:25: error: "pdb" cannot be used: there is no terminal to debug at [option-refused]
          4 |     ARGS: {nopin: true, pdb: true, cert: a.pem}
            |                         ^^^
            = run manage.py by hand for that

      prodserver.yaml:4:36: warning: "cert" is read as "cert-file" [option-spelling]
          4 |     ARGS: {nopin: true, pdb: true, cert: a.pem}
            |                                    ^^^^
            = write "cert-file""
    `);
  });

  test('an APP', () => {
    expect(told(one('DjangoRunserver', 'APP: shop.wsgi'))).toMatchInlineSnapshot(`
      "prodserver.yaml:4:5: error: DjangoRunserver takes no APP: Django's settings name the application [key-useless]
          4 |     APP: shop.wsgi
            |     ^^^
            = leave APP out"
    `);
  });
});

describe('DjangoCommand', () => {
  test('it may be a oneshot', () => {
    const [migrate] = processes(one('DjangoCommand', 'CMD: [migrate, --noinput]', 'ONESHOT: true'));
    expect(migrate?.oneshot).toBe(true);
    expect(migrate?.argv.slice(-4)).toEqual(['-m', 'django', 'migrate', '--noinput']);
  });

  test('with what it brings itself', () => {
    expect(told(one('DjangoCommand', 'CMD: [python, manage.py, migrate]'))).toMatchInlineSnapshot(`
      "prodserver.yaml:4:11: error: "CMD" must be a management command: it is run by manage.py, not "python" [value-wrong]
          4 |     CMD: [python, manage.py, migrate]
            |           ^^^^^^"
    `);
    expect(told(one('DjangoCommand', 'CMD: [./manage.py, migrate]'))).toContain('[value-wrong]');
  });

  test('without a CMD, or with ARGS', () => {
    expect(told(one('DjangoCommand'))).toMatchInlineSnapshot(`
      "prodserver.yaml:2:3: error: "one" has no CMD [key-missing]
          2 |   one:
            |   ^^^
            = add for example "CMD: [runjobs]""
    `);
    expect(told(one('DjangoCommand', 'CMD: [migrate]', 'ARGS: {noinput: true}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: DjangoCommand takes no ARGS: CMD says all [key-useless]
          5 |     ARGS: {noinput: true}
            |     ^^^^
            = leave ARGS out"
    `);
  });
});
