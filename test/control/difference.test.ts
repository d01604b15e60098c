/** What would change, as `plan --diff` tells it; and no secret on the way there. */
import { describe, expect, test } from 'vitest';
import { isDifferent, planDiff } from '../../src/control/difference.ts';
import { planAnswer, PROTOCOL, type PlanAnswer } from '../../src/control/protocol.ts';
import { newSalt, seal } from '../../src/supervisor/seal.ts';
import { loadManifest } from '../../src/manifest/load.ts';
import type { Plan } from '../../src/model/spec.ts';
import { planDiffJson, planDiffText } from '../../src/render/plan-diff.ts';
import { newFolder, write } from '../manifest/support.ts';
import { ROOT } from '../support/rig.ts';
import { PLAIN } from '../render/support.ts';

const WEB = `  web:
    BACKEND: GunicornServer
    APP: shop.wsgi
    ARGS: {bind: "127.0.0.1:8000", workers: 2}
    ENV: {SECRET_KEY: hunter2, COLOUR: red, OLD: "1"}
    STOP: {timeout: 20s}
`;
const REST = `  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    EXTRA_ARGS: ["--broker=redis://:hunter2@cache/0"]
    INSTANCES: 2
    RECYCLE: {max-tasks: 100}
  job:
    BACKEND: Command
    CMD: [job, --password, hunter2, one, two]
    CWD: /srv
    LOCK: {name: job, redis: "redis://:hunter2@cache/1"}
    WAIT_FOR: {targets: ["redis://:hunter2@cache/1"], timeout: 1m}
`;
const SUPERVISOR = 'SUPERVISOR: {python: /venv/bin/python, start-rate: 10}\n';
const BEFORE = `PRODUCTION_PROCESSES:\n${WEB}${REST}${SUPERVISOR}`;

/** From one folder to compare with what is changed in a text. */
function stage(): { plan: (text: string) => Plan; told: (after: string, ...names: string[]) => string } {
  const folder = newFolder();
  const plan = (text: string): Plan => {
    const loaded = loadManifest(write(folder, 'prodserver.yaml', text), 'prodserver.yaml', {}, folder);
    if (loaded.plan === null) throw new Error(JSON.stringify(loaded.findings));
    return loaded.plan;
  };
  const told = (after: string, ...names: string[]): string =>
    planDiffText(planDiff([answerOf(plan(BEFORE))], plan(after), names), PLAIN)
      .replaceAll(folder, 'FOLDER')
      .replaceAll(ROOT, 'PRODSERVER');
  return { plan, told };
}

/** What a supervisor answers, over the wire. */
function answerOf({ manifest, onFatal, startRate, http, processes }: Plan, all = true): PlanAnswer {
  const salt = newSalt();
  const sealed = processes.map((spec) => seal(spec, salt));
  const answer = {
    protocol: PROTOCOL,
    plan: { manifest, all, onFatal, startRate, http, salt, processes: sealed },
  };
  const wire = JSON.stringify(answer);
  expect(wire).not.toContain('hunter2');
  return planAnswer.parse(JSON.parse(wire));
}

describe('in words', () => {
  test('nothing', () => {
    expect(stage().told(BEFORE)).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      no difference"
    `);
  });

  test('argv, variables, and what the rows of plan tell', () => {
    const after = BEFORE.replace('workers: 2', 'workers: 4, max-requests: 1000')
      .replace('{SECRET_KEY: hunter2, COLOUR: red, OLD: "1"}', '{SECRET_KEY: hunter3, COLOUR: red, NEW: "1"}')
      .replace('timeout: 20s', 'timeout: 1m')
      .replace('max-tasks: 100', 'max-tasks: 200');
    expect(stage().told(after)).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      web.1 would change (restart)
        workers 2 -> 4
        max-requests 1000 added
        ENV OLD removed
        ENV NEW added
        ENV SECRET_KEY another value (***)
        STOP SIGTERM for 20 s, then SIGQUIT for 5 s, then SIGKILL to the whole tree -> SIGTERM for 1 min, then SIGQUIT for 5 s, then SIGKILL to the whole tree

      worker.1 and worker.2 would change (live)
        max-tasks 100 -> 200"
    `);
  });

  test('a secret: that there is another one, not which', () => {
    const after = BEFORE.replaceAll('hunter2', 'hunter3');
    const text = stage().told(after);
    expect(text).not.toMatch(/hunter/);
    expect(text).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      web.1 would change (restart)
        ENV SECRET_KEY another value (***)

      worker.1 and worker.2 would change (restart)
        broker another value (***)

      job.1 would change (restart)
        password another value (***)
        WAIT_FOR targets.0.text another value (***)
        LOCK url another value (***)"
    `);
  });

  test('what no row tells, the order of argv, and the section SUPERVISOR', () => {
    const after = BEFORE.replace('one, two', 'two, one')
      .replace('CWD: /srv', 'CWD: /srv\n    RESTART: {max-attempts: 3, backoff: {max: 5m}}')
      .replace('start-rate: 10', 'start-rate: 20, on-fatal: keep');
    expect(stage().told(after)).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      SUPERVISOR would change
        on-fatal nothing -> "keep"
        start-rate 10 -> 20

      job.1 would change (restart)
        command /venv/bin/python -IS PRODSERVER/python/prodserver_deadman.py job --password *** one two -> /venv/bin/python -IS PRODSERVER/python/prodserver_deadman.py job --password *** two one
        max-attempts nothing -> 3
        RESTART backoff max 1 min -> 5 min"
    `);
  });

  test('entries and instances that come and go', () => {
    const after = `PRODUCTION_PROCESSES:\n${REST.replace('INSTANCES: 2', 'INSTANCES: 3')}  mail: {BACKEND: Command, CMD: [mail, --token=hunter2]}\n${SUPERVISOR}`;
    const { told } = stage();
    expect(told(after)).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      worker.3 would be added
        run   /venv/bin/python PRODSERVER/python/prodserver_celery.py -A shop.celery.app worker --hostname=worker-3@%h --broker=redis://***@cache/0

      mail.1 would be added
        run   mail --token=***

      web.1 would be removed
        run   /venv/bin/python -m gunicorn shop.wsgi --bind=127.0.0.1:8000 --workers=2"
    `);
    expect(told(after, 'web')).toMatchInlineSnapshot(`
      "FOLDER/prodserver.yaml

      web.1 would be removed
        run   /venv/bin/python -m gunicorn shop.wsgi --bind=127.0.0.1:8000 --workers=2"
    `);
  });
});

test('a supervisor that was asked for some names is asked for no others', () => {
  const { plan } = stage();
  const [web, rest] = [plan(`PRODUCTION_PROCESSES:\n${WEB}${SUPERVISOR}`), plan(BEFORE)];
  const diff = planDiff([answerOf(web, false)], rest, []);
  expect([isDifferent(diff), diff.elsewhere]).toEqual([false, ['worker', 'job']]);
  expect(planDiffText(diff, PLAIN)).toMatch(
    /\n\nno difference\n\nno supervisor was asked to run worker and job$/,
  );
  const all = planDiff([answerOf(web, true)], rest, []);
  expect(all.added.map(({ instance }) => instance)).toEqual(['worker.1', 'worker.2', 'job.1']);
});

test('two supervisors, each with its own salt', () => {
  const { plan } = stage();
  const whole = plan(BEFORE);
  const parts = ['web', 'worker', 'job'].map((one) =>
    answerOf({ ...whole, processes: whole.processes.filter(({ name }) => name === one) }, false),
  );
  expect(new Set(parts.map((part) => part.plan.salt)).size).toBe(3);
  expect(isDifferent(planDiff(parts, whole, []))).toBe(false);
});

test('AUTOSTART: false of what was started by its name is no difference', () => {
  const { plan } = stage();
  const off = plan(BEFORE.replace('CWD: /srv', 'CWD: /srv\n    AUTOSTART: false'));
  expect(isDifferent(planDiff([answerOf(plan(BEFORE), false)], off, []))).toBe(false);
  expect(isDifferent(planDiff([answerOf(off)], plan(BEFORE), []))).toBe(true);
});

test('for programs', () => {
  const { plan } = stage();
  const after = plan(
    BEFORE.replace('workers: 2', 'workers: 4')
      .replace('SECRET_KEY: hunter2', 'SECRET_KEY: hunter3')
      .replace('max-tasks: 100', 'max-age: 1h'),
  );
  const { manifest: _, ...rest } = planDiffJson(planDiff([answerOf(plan(BEFORE))], after, [])) as {
    manifest: string;
  };
  expect(rest).toMatchInlineSnapshot(`
    {
      "added": [],
      "changed": [
        {
          "argv": {
            "added": [
              "--workers=4",
            ],
            "changed": [],
            "removed": [
              "--workers=2",
            ],
          },
          "effect": "restart",
          "env": {
            "added": [],
            "changed": [
              "SECRET_KEY",
            ],
            "removed": [],
          },
          "fields": [],
          "instance": "web.1",
        },
        {
          "argv": {
            "added": [],
            "changed": [],
            "removed": [],
          },
          "effect": "live",
          "env": {
            "added": [],
            "changed": [],
            "removed": [],
          },
          "fields": [
            {
              "field": "recycle.maxTasks",
              "from": 100,
              "to": null,
            },
            {
              "field": "recycle.maxAgeMs",
              "from": null,
              "to": 3600000,
            },
          ],
          "instance": "worker.1",
        },
        {
          "argv": {
            "added": [],
            "changed": [],
            "removed": [],
          },
          "effect": "live",
          "env": {
            "added": [],
            "changed": [],
            "removed": [],
          },
          "fields": [
            {
              "field": "recycle.maxTasks",
              "from": 100,
              "to": null,
            },
            {
              "field": "recycle.maxAgeMs",
              "from": null,
              "to": 3600000,
            },
          ],
          "instance": "worker.2",
        },
      ],
      "different": true,
      "elsewhere": [],
      "removed": [],
      "supervisor": [],
    }
  `);
});
