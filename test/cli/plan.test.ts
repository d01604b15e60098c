/** `plan`: what would be run, and no secret in it. */
import { expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { run } from './support.ts';

const MANIFEST = `PRODUCTION_PROCESSES:
  web:
    BACKEND: GunicornServer
    APP: shop.wsgi
    ARGS: {bind: ["127.0.0.1:8000", "unix:/run/shop.sock"]}
    READY: {http: /healthz, timeout: 90s}
    ENV: {DJANGO_SECRET_KEY: hunter2}
  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    ARGS: {concurrency: 2}
    EXTRA_ARGS: ["--broker=redis://:hunter2@cache/0"]
    INSTANCES: 2
    STOP: {timeout: 5m}
  beat:
    BACKEND: CeleryBeat
    APP: shop.celery.app
  flower:
    BACKEND: CeleryFlower
    APP: shop.celery.app
    ARGS: {port: 5555, basic_auth: "admin:hunter2"}
  job:
    BACKEND: Command
    CMD: [sh, -c, 'echo "it''s $\${HOME}"', --password, hunter2]
    CWD: jobs
    LOCK: {name: nightly}
SUPERVISOR: {python: /venv/bin/python}
`;

function rigWith(): Rig {
  const rig = new Rig();
  rig.manifest(MANIFEST);
  return rig;
}

test('for people', async () => {
  expect(await run(rigWith(), 'plan')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    FOLDER/prodserver.yaml

    web.1 GunicornServer
      run   /venv/bin/python -m gunicorn shop.wsgi --bind=127.0.0.1:8000 --bind=unix:/run/shop.sock
      cwd   FOLDER
      env   PYTHONUNBUFFERED=1 DJANGO_SECRET_KEY=***
      ready GET /healthz answers 2xx, within 1 min 30 s
      code  new at SIGHUP: new workers are started, then the old ones end
      stop  SIGTERM for 35 s, then SIGQUIT for 5 s, then SIGKILL to the whole tree

    worker.1 CeleryWorker
      run   /venv/bin/python PRODSERVER/python/prodserver_celery.py -A shop.celery.app worker --concurrency=2 --hostname=worker-1@%h --broker=redis://***@cache/0
      added --hostname=worker-1@%h
      cwd   FOLDER
      env   PYTHONUNBUFFERED=1
      ready Celery says so from inside, within 2 min
      live  from inside: a turn of its loop within 30 s, a message to itself within 30 s, a look for messages within 15 s, else restarted
      stop  SIGTERM for 5 min, then SIGKILL to the whole tree

    worker.2 CeleryWorker
      run   /venv/bin/python PRODSERVER/python/prodserver_celery.py -A shop.celery.app worker --concurrency=2 --hostname=worker-2@%h --broker=redis://***@cache/0
      added --hostname=worker-2@%h
      cwd   FOLDER
      env   PYTHONUNBUFFERED=1
      ready Celery says so from inside, within 2 min
      live  from inside: a turn of its loop within 30 s, a message to itself within 30 s, a look for messages within 15 s, else restarted
      stop  SIGTERM for 5 min, then SIGKILL to the whole tree

    beat.1 CeleryBeat
      run   /venv/bin/python PRODSERVER/python/prodserver_celery.py -A shop.celery.app beat
      cwd   FOLDER
      env   PYTHONUNBUFFERED=1
      ready Celery says so from inside, within 2 min
      live  from inside: no tick more than 30 s late, else restarted
      stop  SIGTERM for 10 s, then SIGKILL to the whole tree
      lock  of shop.celery.app and its broker

    flower.1 CeleryFlower
      run   /venv/bin/python PRODSERVER/python/prodserver_celery.py -A shop.celery.app flower --port=5555 --basic_auth=***
      cwd   FOLDER
      env   PYTHONUNBUFFERED=1
      ready it accepts on :5555, within 2 min
      stop  SIGTERM for 10 s, then SIGKILL to the whole tree

    job.1 Command
      run   sh -c 'echo "it'\\''s \${HOME}"' --password ***
      cwd   FOLDER/jobs
      ready alive for 1 s, within 1 min
      stop  SIGTERM for 10 s, then SIGKILL to the whole tree
      lock  named nightly
    --- stderr
    prodserver.yaml:7:30: warning: "DJANGO_SECRET_KEY" has a secret in plain text [secret-plain]
          = write "\${DJANGO_SECRET_KEY}" and set DJANGO_SECRET_KEY where prodserver starts, or leave it out here and put it into an ENV_FILE
    prodserver.yaml:12:18: warning: "broker" has a secret in plain text [secret-plain]
          = write "--broker=\${BROKER}" and set BROKER where prodserver starts
    prodserver.yaml:21:24: warning: "basic_auth" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
       21 |     ARGS: {port: 5555, basic_auth: "*************"}
          |                        ^^^^^^^^^^
          = write ENV: {FLOWER_BASIC_AUTH: "\${FLOWER_BASIC_AUTH}"} instead
    prodserver.yaml:24:56: warning: "password" has a secret in plain text [secret-plain]
          = write "\${PASSWORD}" and set PASSWORD where prodserver starts"
  `);
});

test('when a process is replaced by a new one', async () => {
  const rig = new Rig();
  rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    RECYCLE: {max-memory: 512MiB, max-memory-hard: 1GiB, max-tasks: 10001, max-age: 24h, schedule: "0 4 * * *", timezone: UTC}
  job: {BACKEND: Command, CMD: [date], RECYCLE: {max-memory: 1GB, memory: main, max-age: 1h, jitter: 0, min-uptime: 0s}}
`);
  const lines = (await run(rig, 'plan')).split('\n').filter((line) => line.startsWith('  renew'));
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "  renew above 512.0 MiB PSS, or at once above 1.0 GiB PSS, or after 9001 to 10001 tasks, or after 21 h 36 min to 1 d, or at 0 4 * * * of UTC; not before it was ready for 30 s
      renew above 953.7 MiB RSS of its main process, or after 1 h"
  `);
});

test('what is looked at comes before what follows from it', async () => {
  const rig = new Rig();
  rig.manifest(`PRODUCTION_PROCESSES:
  worker: {BACKEND: CeleryWorker, APP: shop.celery.app, LIVE: {command: [date]}, RECYCLE: {max-age: 1h}}
`);
  const keys = (await run(rig, 'plan')).split('\n').flatMap((line) => /^ {2}(\w+) /.exec(line)?.[1] ?? []);
  const chosen = keys.filter((key) => ['ready', 'live', 'renew', 'stop'].includes(key));
  expect(chosen).toEqual(['ready', 'live', 'live', 'renew', 'stop']);
});

test('for programs', async () => {
  expect(await run(rigWith(), 'plan', 'job', '--json')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    {
      "manifest": "FOLDER/prodserver.yaml",
      "http": null,
      "processes": [
        {
          "name": "job",
          "instance": "job.1",
          "index": 1,
          "backend": "Command",
          "argv": [
            "sh",
            "-c",
            "echo \\"it's \${HOME}\\"",
            "--password",
            "***"
          ],
          "added": [],
          "env": {},
          "cwd": "FOLDER/jobs",
          "identity": {
            "user": null,
            "group": null,
            "umask": null,
            "limits": {}
          },
          "envFiles": [],
          "autostart": true,
          "sockets": [],
          "link": false,
          "readiness": {
            "kind": "alive",
            "afterMs": 1000
          },
          "readinessTiming": {
            "delayMs": 0,
            "periodMs": 100,
            "timeoutMs": 2000
          },
          "liveness": null,
          "linkLiveness": null,
          "recycle": null,
          "overlap": null,
          "stackDump": null,
          "reload": null,
          "dependsOn": [],
          "waitFor": null,
          "oneshot": false,
          "startTimeoutMs": 60000,
          "stop": [
            {
              "signal": "SIGTERM",
              "waitMs": 10000
            },
            {
              "signal": "SIGKILL",
              "waitMs": 5000
            }
          ],
          "restart": {
            "policy": "always",
            "maxAttempts": null,
            "initialMs": 1000,
            "maxMs": 60000,
            "factor": 2,
            "stableAfterMs": 600000
          },
          "permanentExitCodes": [],
          "singleton": {
            "kind": "name",
            "name": "nightly"
          },
          "lockStore": {
            "kind": "file",
            "path": null
          },
          "significant": false,
          "log": null
        }
      ]
    }
    --- stderr
    prodserver.yaml:7:30: warning: "DJANGO_SECRET_KEY" has a secret in plain text [secret-plain]
          = write "\${DJANGO_SECRET_KEY}" and set DJANGO_SECRET_KEY where prodserver starts, or leave it out here and put it into an ENV_FILE
    prodserver.yaml:12:18: warning: "broker" has a secret in plain text [secret-plain]
          = write "--broker=\${BROKER}" and set BROKER where prodserver starts
    prodserver.yaml:21:24: warning: "basic_auth" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
       21 |     ARGS: {port: 5555, basic_auth: "*************"}
          |                        ^^^^^^^^^^
          = write ENV: {FLOWER_BASIC_AUTH: "\${FLOWER_BASIC_AUTH}"} instead
    prodserver.yaml:24:56: warning: "password" has a secret in plain text [secret-plain]
          = write "\${PASSWORD}" and set PASSWORD where prodserver starts"
  `);
});

test('of some', async () => {
  const text = await run(rigWith(), 'plan', 'beat', 'worker');
  expect([...text.matchAll(/^(\w+\.\d) /gm)].map((match) => match[1])).toEqual([
    'worker.1',
    'worker.2',
    'beat.1',
  ]);
});

test('of an unknown name', async () => {
  expect(await run(rigWith(), 'plan', 'flowr')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    prodserver.yaml:7:30: warning: "DJANGO_SECRET_KEY" has a secret in plain text [secret-plain]
          = write "\${DJANGO_SECRET_KEY}" and set DJANGO_SECRET_KEY where prodserver starts, or leave it out here and put it into an ENV_FILE
    prodserver.yaml:12:18: warning: "broker" has a secret in plain text [secret-plain]
          = write "--broker=\${BROKER}" and set BROKER where prodserver starts
    prodserver.yaml:21:24: warning: "basic_auth" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
       21 |     ARGS: {port: 5555, basic_auth: "*************"}
          |                        ^^^^^^^^^^
          = write ENV: {FLOWER_BASIC_AUTH: "\${FLOWER_BASIC_AUTH}"} instead
    prodserver.yaml:24:56: warning: "password" has a secret in plain text [secret-plain]
          = write "\${PASSWORD}" and set PASSWORD where prodserver starts
    error: the manifest has no process "flowr"; did you mean "flower"? [process-unknown]
      it has: web, worker, beat, flower, job"
  `);
});

test('has no secret in it', async () => {
  const rig = rigWith();
  expect(await run(rig, 'plan')).not.toContain('hunter2');
  expect(await run(rig, 'plan', '--json')).not.toContain('hunter2');
});
