/** What a person is told about beat, embedded or not, and Flower where Celery does not do what ARGS say. */
import { describe, expect, test } from 'vitest';
import { entry, processes, told } from './support.ts';

const worker = (args: string, ...lines: readonly string[]): string =>
  entry('worker', 'BACKEND: CeleryWorker', 'APP: shop.celery.app', `ARGS: ${args}`, ...lines);
const beat = (args: string): string =>
  entry('beat', 'BACKEND: CeleryBeat', 'APP: shop.celery.app', `ARGS: ${args}`);
const flower = (args: string): string =>
  entry('flower', 'BACKEND: CeleryFlower', 'APP: shop.celery.app', `ARGS: ${args}`);

describe('an embedded beat', () => {
  test('the entry to write instead', () => {
    expect(told(worker('{beat: true}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "beat" is unwise: the schedule stands still whenever this worker stops, and a beat that fails inside is not restarted [option-unwise]
          5 |     ARGS: {beat: true}
            |            ^^^^
            = take it out and add "worker_beat: {BACKEND: CeleryBeat, APP: shop.celery.app}""
    `);
    const schedule = 'beat: null, schedule: var/schedule, scheduler: django';
    expect(told(worker(`{${schedule}}`))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "beat" is unwise: the schedule stands still whenever this worker stops, and a beat that fails inside is not restarted [option-unwise]
          5 |     ARGS: {beat: null, schedule: var/schedule, scheduler: django}
            |            ^^^^
            = take it out and add "worker_beat: {BACKEND: CeleryBeat, APP: shop.celery.app, ARGS: {schedule: "var/schedule", scheduler: "django"}}""
    `);
    expect(told(worker('{beat: false}'))).toBe('');
  });

  test('it is one of a kind', () => {
    expect(told(worker('{beat: true}', 'INSTANCES: 2'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "beat" is unwise: the schedule stands still whenever this worker stops, and a beat that fails inside is not restarted [option-unwise]
          5 |     ARGS: {beat: true}
            |            ^^^^
            = take it out and add "worker_beat: {BACKEND: CeleryBeat, APP: shop.celery.app}"

      prodserver.yaml:5:12: error: CeleryWorker cannot have several INSTANCES: with "beat: true" only one may run, or every periodic task is sent twice [instances-conflict]
          5 |     ARGS: {beat: true}
            |            ^^^^
            = leave INSTANCES out"
    `);
    const both = `${worker('{beat: true}')}${beat('{}').split('\n').slice(1).join('\n')}`;
    expect(told(both)).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "beat" is unwise: the schedule stands still whenever this worker stops, and a beat that fails inside is not restarted [option-unwise]
          5 |     ARGS: {beat: true}
            |            ^^^^
            = take it out and add "worker_beat: {BACKEND: CeleryBeat, APP: shop.celery.app}"

      prodserver.yaml:6:3: error: worker and beat are both a beat of shop.celery.app [beat-twice]
          6 |   beat:
            |   ^^^^
            = keep one of them; two beats of different applications need a LOCK: {name: ...} each"
    `);
    expect(processes(worker('{beat: true}'))[0]?.singleton).toMatchObject({ kind: 'application' });
    expect(processes(worker('{beat: false}'))[0]?.singleton).toBeNull();
  });

  test.each(['shop.celery:app', 'shop.celery', 'shop'])('one application as %s', (app) => {
    const second = beat('{}').replace('shop.celery.app', app).replace('beat:', 'other:');
    const both = `${beat('{}')}${second.split('\n').slice(1).join('\n')}`;
    expect(told(both)).toContain(`beat and other are both a beat of ${app} [beat-twice]`);
    expect(told(both.replace(`APP: ${app}\n`, 'APP: mail.celery.app\n'))).toBe('');
  });

  test('EXTRA_ARGS do not hide it', () => {
    for (const token of ['-B', '-EB', '--beat']) {
      const text = worker('{concurrency: 2}', `EXTRA_ARGS: ["${token}"]`);
      expect(told(text)).toContain('"beat" is unwise');
      expect(processes(text)[0]?.singleton).toMatchObject({ kind: 'application' });
    }
    expect(told(worker('{}', 'EXTRA_ARGS: ["-P", gevent, "-B"]'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:5: error: "beat" cannot be used: Celery refuses an embedded beat on gevent [option-refused]
          5 |     ARGS: {}
            |     ^^^^
            = add an entry with BACKEND: CeleryBeat"
    `);
  });

  test('green pools have none', () => {
    expect(told(worker('{beat: true, pool: gevent}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: error: "beat" cannot be used: Celery refuses an embedded beat on gevent [option-refused]
          5 |     ARGS: {beat: true, pool: gevent}
            |            ^^^^
            = add an entry with BACKEND: CeleryBeat"
    `);
  });

  test('its options do nothing without it', () => {
    expect(told(worker('{schedule: x, scheduler: y}'))).toMatchInlineSnapshot(`
      "prodserver.yaml:5:12: warning: "schedule" has no effect: a worker has a schedule only with beat [option-ignored]
          5 |     ARGS: {schedule: x, scheduler: y}
            |            ^^^^^^^^
            = put it into the CeleryBeat entry

      prodserver.yaml:5:25: warning: "scheduler" has no effect: a worker has a schedule only with beat [option-ignored]
          5 |     ARGS: {schedule: x, scheduler: y}
            |                         ^^^^^^^^^
            = put it into the CeleryBeat entry"
    `);
  });
});

test('what the supervisor does', () => {
  expect(told(worker('{pidfile: w.pid, umask: "077", executable: /bin/x}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "pidfile" cannot be used: one that a crash left behind may name another process by now, and then the next start ends of it [option-refused]
        5 |     ARGS: {pidfile: w.pid, umask: "077", executable: /bin/x}
          |            ^^^^^^^
          = leave it out: prodserver knows the pid, and "prodserver status --json" tells it

    prodserver.yaml:5:28: warning: "umask" has no effect: Celery acts on it only with --detach [option-ignored]
        5 |     ARGS: {pidfile: w.pid, umask: "077", executable: /bin/x}
          |                            ^^^^^
          = leave it out

    prodserver.yaml:5:42: warning: "executable" has no effect: Celery acts on it only with --detach [option-ignored]
        5 |     ARGS: {pidfile: w.pid, umask: "077", executable: /bin/x}
          |                                          ^^^^^^^^^^
          = use SUPERVISOR.python"
  `);
  expect(told(beat('{pidfile: b.pid, uid: app}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: error: "pidfile" cannot be used: one that a crash left behind may name another process by now, and then the next start ends of it [option-refused]
        5 |     ARGS: {pidfile: b.pid, uid: app}
          |            ^^^^^^^
          = leave it out: prodserver knows the pid, and "prodserver status --json" tells it"
  `);
});

test('beat', () => {
  expect(told(beat('{max-interval: 0}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "max-interval" does not do what it says: Celery takes 0 as not given [option-otherwise]
        5 |     ARGS: {max-interval: 0}
          |            ^^^^^^^^^^^^
          = write the seconds, from 1, or leave it out"
  `);
  expect(told(beat('{scheduler: django, schedule: x}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:31: warning: "schedule" has no effect: DatabaseScheduler keeps its memory in the database [option-ignored]
        5 |     ARGS: {scheduler: django, schedule: x}
          |                               ^^^^^^^^
          = leave it out"
  `);
  expect(told(beat('{scheduler: "myproject:Scheduler", schedule: x}'))).toBe('');
});

test('beat has a node name only where it is asked', () => {
  expect(told(beat('{hostname: "beat@%h"}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "hostname" has no effect: beat has a node name only with enable-remote-control [option-ignored]
        5 |     ARGS: {hostname: "beat@%h"}
          |            ^^^^^^^^
          = leave it out, or add "enable-remote-control: true""
  `);
  expect(told(beat('{hostname: "beat@%h", enable-remote-control: true}'))).toBe('');
});

test('Flower', () => {
  expect(told(flower('{basic_auth: "user:pw", port: 5555}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "basic_auth" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
        5 |     ARGS: {basic_auth: "*******", port: 5555}
          |            ^^^^^^^^^^
          = write ENV: {FLOWER_BASIC_AUTH: "\${FLOWER_BASIC_AUTH}"} instead"
  `);
  expect(told(flower('{unix_socket: /run/flower.sock, port: 5555}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:43: warning: "port" has no effect: with a Unix socket Flower opens no port [option-ignored]
        5 |     ARGS: {unix_socket: /run/flower.sock, port: 5555}
          |                                           ^^^^
          = leave one of them out"
  `);
  expect(told(flower('{basic-auth: [user]}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:12: warning: "basic-auth" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
        5 |     ARGS: {basic-auth: [****]}
          |            ^^^^^^^^^^
          = write ENV: {FLOWER_BASIC_AUTH: "\${FLOWER_BASIC_AUTH}"} instead

    prodserver.yaml:5:12: warning: "basic-auth" does not do what it says: one without a colon is no user and password, and lets nobody in [option-otherwise]
        5 |     ARGS: {basic-auth: [****]}
          |            ^^^^^^^^^^
          = write USER:PASSWORD"
  `);
});
