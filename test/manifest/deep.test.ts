/** What check --deep says of projects, in as few interpreters as will do. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { alive, freePort, Rig, ROOT } from '../support/rig.ts';
import { startRedis } from '../support/redis.ts';
import { askDeep } from './deep-support.ts';

/** Whoever is told which settings it has is asked in one interpreter with the others. */
const ONE = { DJANGO_SETTINGS_MODULE: 'conf' };
const CONF = 'SECRET_KEY = "of-a-test"\n';

test('applications and tasks of Celery', async () => {
  const rig = new Rig();
  rig.write('conf.py', CONF);
  const broker = 'broker="memory://"';
  rig.write(
    'good.py',
    `print("loud")
import os
os.write(1, b"{}\\n")
from celery import Celery
app = Celery("good", ${broker})
@app.task(name="good.add")
def add(): pass
app.conf.beat_schedule = {
    "typo": {"task": "good.ad", "schedule": 5},
    "lost": {"task": "good.gone.altogether", "schedule": 5},
    "theirs": {"task": "billing.invoice", "schedule": 5},
    "fine": {"task": "good.add", "schedule": 5},
}
`,
  );
  rig.write('lacking.py', 'import os\nfrom nosuch import thing\n');
  rig.write('nothing.py', 'x = 1\n');
  rig.write('idle.py', `from celery import Celery\napp = Celery("idle", ${broker})\n`);
  rig.write('half.py', `from celery import Celery\napp = Celery("half", ${broker}, include=["lacking"])\n`);
  const { text, facts } = await askDeep(
    rig,
    `PRODUCTION_PROCESSES:
  good: {BACKEND: CeleryWorker, APP: good}
  beat: {BACKEND: CeleryBeat, APP: good}
  pool: {BACKEND: CeleryWorker, APP: good, ARGS: {pool: gevent, hostname: "b@%h"}}
  nothing: {BACKEND: CeleryWorker, APP: nothing}
  idle: {BACKEND: CeleryWorker, APP: idle}
  half: {BACKEND: CeleryWorker, APP: half}
  red: {BACKEND: CeleryBeat, APP: idle, ARGS: {scheduler: redbeat.RedBeatScheduler}}
  gone: {BACKEND: CeleryWorker, APP: good, CWD: conf.py, ARGS: {hostname: "g@%h"}}
`,
    { env: ONE },
  );
  expect(text).toMatchInlineSnapshot(`
    "prodserver.yaml:3:36: error: beat's entry "typo" sends "good.ad", a task that "good" does not have; did you mean "good.add"? [schedule-task-unknown]
        3 |   beat: {BACKEND: CeleryBeat, APP: good}
          |                                    ^^^^
          = write "good.add" in beat_schedule, or have its module imported
    prodserver.yaml:3:36: error: beat's entry "lost" sends "good.gone.altogether", a task that "good" does not have [schedule-task-unknown]
        3 |   beat: {BACKEND: CeleryBeat, APP: good}
          |                                    ^^^^
          = have the module with the task imported (app.autodiscover_tasks, include), or mend the entry in beat_schedule
    prodserver.yaml:3:36: warning: beat's entry "theirs" sends "billing.invoice", a task that "good" does not have [schedule-task-foreign]
        3 |   beat: {BACKEND: CeleryBeat, APP: good}
          |                                    ^^^^
          = where no other project's worker has it, have the module with the task imported (app.autodiscover_tasks, include), or mend the entry in beat_schedule
    prodserver.yaml:5:41: error: "nothing" names no application: there is no Celery application in nothing [app-none]
        5 |   nothing: {BACKEND: CeleryWorker, APP: nothing}
          |                                         ^^^^^^^
          = write it with its attribute: myproject.celery.app, myproject.wsgi.application
    prodserver.yaml:6:38: error: tasks not discovered: "idle" has none but Celery's own, and a worker drops what it does not know [tasks-none]
        6 |   idle: {BACKEND: CeleryWorker, APP: idle}
          |                                      ^^^^
          = call app.autodiscover_tasks() in its module, and have the applications with a tasks.py in INSTALLED_APPS
    prodserver.yaml:7:38: error: the tasks of "half" cannot be imported: ModuleNotFoundError: No module named 'nosuch' [app-import]
        7 |   half: {BACKEND: CeleryWorker, APP: half}
          |                                      ^^^^
          = install what has it for PYTHON, or mend lacking.py:2: from nosuch import thing; --verbose shows the traceback
    prodserver.yaml:8:59: error: the scheduler redbeat.RedBeatScheduler cannot be used: ModuleNotFoundError: No module named 'redbeat' [scheduler-missing]
        8 |   red: {BACKEND: CeleryBeat, APP: idle, ARGS: {scheduler: redbeat.RedBeatScheduler}}
          |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install celery-redbeat
    prodserver.yaml:9:49: error: CWD FOLDER/conf.py is not a folder [folder-missing]
        9 |   gone: {BACKEND: CeleryWorker, APP: good, CWD: conf.py, ARGS: {hostname: "g@%h"}}
          |                                                 ^^^^^^^
          = check CWD, and the permissions on the way to it"
  `);
  expect(facts.applications.map(({ app, tasks }) => `${app}: ${String(tasks)}`)).toMatchInlineSnapshot(`
    [
      "good: good.add",
      "nothing: null",
      "idle: ",
      "half: null",
      "good: null",
    ]
  `);
});

test('brokers and result backends', async () => {
  const rig = new Rig();
  const [closed, redis] = await Promise.all([freePort(), startRedis(rig, { password: 'sesame-open' })]);
  const { port } = redis;
  const silent = [
    `redis://:hidden-word@127.0.0.1:${closed}/0`,
    'redis://redis.invalid:6379/0',
    `redis://:wrong-word@127.0.0.1:${port}/0`,
    `redis://:sesame-open@127.0.0.1:${port}/99`,
    `rediss://127.0.0.1:${port}/0?ssl_cert_reqs=CERT_NONE`,
    `amqp://guest:hidden-word@127.0.0.1:${closed}/shop`,
  ];
  rig.write(
    'brokers.py',
    `from celery import Celery
silent = Celery("silent", broker="${silent.join(';')}", backend="redis://127.0.0.1:${port}/1")
wrong = Celery("wrong", broker="radis://127.0.0.1/0", backend="ridis://127.0.0.1/0")
one = Celery("one", broker="redis://127.0.0.1:${closed}/0;${redis.url}", backend="${redis.url}")
def add(): pass
for app in (silent, wrong, one):
    app.task(name="add", shared=False)(add)
`,
  );
  const { text, facts } = await askDeep(
    rig,
    `PRODUCTION_PROCESSES:
  silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
  wrong: {BACKEND: CeleryWorker, APP: "brokers:wrong"}
  one: {BACKEND: CeleryWorker, APP: "brokers:one"}
`,
  );
  const shown = text.replaceAll(String(port), 'REDIS').replaceAll(String(closed), 'CLOSED');
  expect(shown).toMatchInlineSnapshot(`
    "prodserver.yaml:2:40: error: the broker redis://127.0.0.1:CLOSED/0 of "brokers:silent": nothing listens at 127.0.0.1:CLOSED (connection refused) [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = start it, or mend host and port in broker_url
    prodserver.yaml:2:40: error: the broker redis://redis.invalid:6379/0 of "brokers:silent": the name in redis.invalid:6379 has no address [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = mend the host in broker_url; in a container it is the name of a service, not localhost
    prodserver.yaml:2:40: error: the broker redis://127.0.0.1:REDIS/0 of "brokers:silent": 127.0.0.1:REDIS refuses the user or the password [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = mend user and password in broker_url, and the variable that it is read from
    prodserver.yaml:2:40: error: the broker redis://127.0.0.1:REDIS/99 of "brokers:silent": 127.0.0.1:REDIS has no database of that number [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = mend the number after the last "/" in broker_url
    prodserver.yaml:2:40: error: the broker rediss://127.0.0.1:REDIS/0 of "brokers:silent": 127.0.0.1:REDIS says nothing in time [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = check that the port speaks TLS, and mend broker_url
    prodserver.yaml:2:40: error: the broker amqp://***@127.0.0.1:CLOSED/shop of "brokers:silent": nothing listens at 127.0.0.1:CLOSED (connection refused) [broker-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = start it, or mend host and port in broker_url
    prodserver.yaml:2:40: warning: the result backend redis://127.0.0.1:REDIS/1 of "brokers:silent": 127.0.0.1:REDIS refuses the user or the password [results-unreachable]
        2 |   silent: {BACKEND: CeleryWorker, APP: "brokers:silent"}
          |                                        ^^^^^^^^^^^^^^^^
          = mend user and password in result_backend, and the variable that it is read from
    prodserver.yaml:3:39: error: the broker of "brokers:wrong" cannot be used: KeyError: 'No such transport: radis.  Did you mean redis?' [connection-wrong]
        3 |   wrong: {BACKEND: CeleryWorker, APP: "brokers:wrong"}
          |                                       ^^^^^^^^^^^^^^^
          = mend broker_url in the application's configuration
    prodserver.yaml:3:39: error: the result backend of "brokers:wrong" cannot be used: ModuleNotFoundError: No module named 'ridis' [connection-wrong]
        3 |   wrong: {BACKEND: CeleryWorker, APP: "brokers:wrong"}
          |                                       ^^^^^^^^^^^^^^^
          = mend result_backend in the application's configuration, or install what has "ridis" for PYTHON
    prodserver.yaml:4:37: warning: the broker redis://127.0.0.1:CLOSED/0, one of several of "brokers:one": nothing listens at 127.0.0.1:CLOSED (connection refused) [broker-alternate]
        4 |   one: {BACKEND: CeleryWorker, APP: "brokers:one"}
          |                                     ^^^^^^^^^^^^^
          = start it, or mend host and port in broker_url"
  `);
  expect(JSON.stringify(facts) + text).not.toMatch(/sesame|-word/);
  expect(facts.applications[2]).toMatchObject({
    brokers: [{ answers: false }, { answers: true }],
    results: { answers: true },
  });
});

test('web applications', async () => {
  const rig = new Rig();
  rig.write(
    'web.py',
    `async def asgi(scope, receive, send): pass
def wsgi(environ, start_response): return []
def make(): return wsgi
class Wrapped:
    def __call__(self, *args): return wsgi(*args)
wrapped = Wrapped()
text = "text"
`,
  );
  rig.write('lacking.py', 'import os\nfrom nosuch import thing\n');
  rig.write('broken.py', 'def f():\n    x = (\n');
  rig.write('secret.py', 'import os\nraise RuntimeError("cannot use " + os.environ["DB_PASSWORD"])\n');
  const { text, facts } = await askDeep(
    rig,
    `PRODUCTION_PROCESSES:
  good: {BACKEND: GunicornServer, APP: "web:wsgi"}
  asgi: {BACKEND: GunicornServer, APP: "web:asgi"}
  wsgi: {BACKEND: UvicornServer, APP: "web:wsgi"}
  both: {BACKEND: HypercornServer, APP: "web:wsgi"}
  called: {BACKEND: GunicornServer, APP: "web:make()"}
  hidden: {BACKEND: UvicornServer, APP: "web:wrapped"}
  text: {BACKEND: GunicornServer, APP: "web:text"}
  none: {BACKEND: GunicornServer, APP: web}
  gone: {BACKEND: GunicornServer, APP: wab}
  lacking: {BACKEND: GunicornServer, APP: lacking}
  broken: {BACKEND: GunicornServer, APP: broken}
  secret: {BACKEND: GunicornServer, APP: secret}
`,
    { env: { ...ONE, DB_PASSWORD: 'sesame-open' }, verbose: true },
  );
  expect(text).toMatchInlineSnapshot(`
    "prodserver.yaml:3:40: error: "web:asgi" is an ASGI application (web.asgi), and GunicornServer calls a WSGI application [app-interface]
        3 |   asgi: {BACKEND: GunicornServer, APP: "web:asgi"}
          |                                        ^^^^^^^^^^
          = name a WSGI application (usually myproject.wsgi), or use UvicornServer, GranianASGIServer, DaphneServer or HypercornServer
    prodserver.yaml:4:19: error: PYTHON has no uvicorn, which UvicornServer needs [package-missing]
        4 |   wsgi: {BACKEND: UvicornServer, APP: "web:wsgi"}
          |                   ^^^^^^^^^^^^^
          = install it: PYTHON -m pip install uvicorn
    prodserver.yaml:4:39: error: "web:wsgi" is a WSGI application (web.wsgi), and UvicornServer calls an ASGI application [app-interface]
        4 |   wsgi: {BACKEND: UvicornServer, APP: "web:wsgi"}
          |                                       ^^^^^^^^^^
          = name an ASGI application (usually myproject.asgi), or use GunicornServer, UvicornWSGIServer, GranianWSGIServer or WaitressServer
    prodserver.yaml:5:19: error: PYTHON has no hypercorn, which HypercornServer needs [package-missing]
        5 |   both: {BACKEND: HypercornServer, APP: "web:wsgi"}
          |                   ^^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install hypercorn
    prodserver.yaml:7:21: error: PYTHON has no uvicorn, which UvicornServer needs [package-missing]
        7 |   hidden: {BACKEND: UvicornServer, APP: "web:wrapped"}
          |                     ^^^^^^^^^^^^^
          = install it: PYTHON -m pip install uvicorn
    prodserver.yaml:8:40: error: "web:text" is builtins.str, which cannot be called [app-interface]
        8 |   text: {BACKEND: GunicornServer, APP: "web:text"}
          |                                        ^^^^^^^^^^
          = name the application itself, such as myproject.wsgi.application
    prodserver.yaml:9:40: error: "web" names no application: web has no "application" [app-none]
        9 |   none: {BACKEND: GunicornServer, APP: web}
          |                                        ^^^
          = write it with its attribute: myproject.celery.app, myproject.wsgi.application
    prodserver.yaml:10:40: error: "wab" cannot be imported: ModuleNotFoundError: No module named 'wab':
      ModuleNotFoundError: No module named 'wab' [app-import]
       10 |   gone: {BACKEND: GunicornServer, APP: wab}
          |                                        ^^^
          = check the name, and that the project is in FOLDER (CWD)
    prodserver.yaml:11:43: error: "lacking" cannot be imported: ModuleNotFoundError: No module named 'nosuch':
      Traceback (most recent call last):
        File "FOLDER/lacking.py", line 2, in <module>
          from nosuch import thing
      ModuleNotFoundError: No module named 'nosuch' [app-import]
       11 |   lacking: {BACKEND: GunicornServer, APP: lacking}
          |                                           ^^^^^^^
          = install what has it for PYTHON, or mend lacking.py:2: from nosuch import thing
    prodserver.yaml:12:42: error: "broken" cannot be imported: SyntaxError: '(' was never closed:
        File "FOLDER/broken.py", line 2
          x = (
              ^
      SyntaxError: '(' was never closed [app-import]
       12 |   broken: {BACKEND: GunicornServer, APP: broken}
          |                                          ^^^^^^
          = see broken.py:2: x = (
    prodserver.yaml:13:42: error: "secret" cannot be imported: RuntimeError: cannot use ***:
      Traceback (most recent call last):
        File "FOLDER/secret.py", line 2, in <module>
          raise RuntimeError("cannot use " + os.environ["DB_PASSWORD"])
      RuntimeError: cannot use *** [app-import]
       13 |   secret: {BACKEND: GunicornServer, APP: secret}
          |                                          ^^^^^^
          = see secret.py:2: raise RuntimeError("cannot use " + os.environ["DB_PASSWORD"])"
  `);
  expect(facts.web.map(({ app, interface: kind }) => `${app}: ${kind}`)).toMatchInlineSnapshot(`
    [
      "web:wsgi: wsgi",
      "web:asgi: asgi",
      "web:make(): wsgi",
      "web:wrapped: null",
      "web:text: null",
      "web: null",
      "wab: null",
      "lacking: null",
      "broken: null",
      "secret: null",
    ]
  `);
});

test('what hangs is ended with all that it started, what ends its interpreter is told, and the others are asked', async () => {
  const rig = new Rig();
  rig.write(
    'slow.py',
    'import subprocess, threading\nsubprocess.Popen(["setsid", "sleep", "1000"])\ndef wait():\n    threading.Event().wait()\nwait()\n',
  );
  rig.write('exits.py', 'import os\nprint("API_TOKEN=abc12345", flush=True)\nos._exit(3)\n');
  rig.write('last.py', 'def application(environ, start_response): pass\n');
  const { text, facts } = await askDeep(
    rig,
    `PRODUCTION_PROCESSES:
  slow: {BACKEND: GunicornServer, APP: slow}
  exits: {BACKEND: GunicornServer, APP: exits}
  last: {BACKEND: GunicornServer, APP: last}
`,
    { env: { ...ONE, API_TOKEN: 'abc12345' }, timeoutMs: 3000 },
  );
  expect(text).toMatchInlineSnapshot(`
    "prodserver.yaml:2:40: error: "slow" did not answer within 3 s while it was imported [app-silent]
        2 |   slow: {BACKEND: GunicornServer, APP: slow}
          |                                        ^^^^
          = it stands at slow.py:4 (wait); where it is only slow, give it more time with --deep-timeout
    prodserver.yaml:3:41: error: "exits" ended its interpreter while it was imported (exit code 3):
      API_TOKEN=*** [app-ended]
        3 |   exits: {BACKEND: GunicornServer, APP: exits}
          |                                         ^^^^^"
  `);
  expect(facts.web.map(({ app, imported }) => [app, imported])).toEqual([
    ['slow', false],
    ['exits', false],
    ['last', true],
  ]);
  expect(rig.survivors().filter(alive)).toEqual([]);
});

const SHOP = join(ROOT, 'fixtures', 'shop');
const TABLES = `
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "django_celery_beat", verbosity=0)
from django_celery_beat.models import IntervalSchedule, PeriodicTask
every = IntervalSchedule.objects.create(every=1, period="hours")
PeriodicTask.objects.create(name="fine", task="orders.tasks.note", interval=every)
PeriodicTask.objects.create(name="typo", task="orders.tasks.notes", interval=every)
PeriodicTask.objects.create(name="off", task="orders.tasks.gone", interval=every, enabled=False)
`;

test('a Django project: its commands, its INSTALLED_APPS and its tables', async () => {
  const rig = new Rig();
  const settings = 'shop.settings';
  const env = { DJANGO_SETTINGS_MODULE: settings, SHOP_DATA: join(rig.folder, 'data'), SHOP };
  const manifest = (scheduler: string): string => `PRODUCTION_PROCESSES:
  web: {BACKEND: GunicornServer, APP: shop.wsgi, CWD: '\${SHOP}'}
  worker: {BACKEND: CeleryWorker, APP: shop.celery.app, CWD: '\${SHOP}'}
  beat: {BACKEND: CeleryBeat, APP: shop.celery.app, CWD: '\${SHOP}', ARGS: {scheduler: ${scheduler}}}
  good: {BACKEND: DjangoCommand, CMD: [check, --deploy], CWD: '\${SHOP}'}
  typo: {BACKEND: DjangoCommand, CMD: [migrat], CWD: '\${SHOP}'}
  tasks: {BACKEND: DjangoTasksWorker, CWD: '\${SHOP}'}
  q2: {BACKEND: DjangoQ2Worker, CWD: '\${SHOP}'}
  daphne: {BACKEND: DaphneRunserver, CWD: '\${SHOP}'}
  werkzeug: {BACKEND: WerkzeugRunserver, CWD: '\${SHOP}', ARGS: {addrport: 8001}}
`;
  const first = await askDeep(rig, manifest('django_celery_beat.schedulers.DatabaseScheduler'), { env });
  expect(first.text.replaceAll(SHOP, 'SHOP')).toMatchInlineSnapshot(`
    "prodserver.yaml:3:40: warning: the result backend django-db of "shop.celery.app": its tables are not in the database [results-unreachable]
        3 |   worker: {BACKEND: CeleryWorker, APP: shop.celery.app, CWD: '\${SHOP}'}
          |                                        ^^^^^^^^^^^^^^^
          = run manage.py migrate django_celery_results
    prodserver.yaml:4:87: error: 21 migrations of "django_celery_beat" not applied in "default" (sqlite FOLDER/data/db.sqlite3) [migrations-missing]
        4 | , ARGS: {scheduler: django_celery_beat.schedulers.DatabaseScheduler}}
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = run manage.py migrate django_celery_beat, by hand or as an entry with ONESHOT: true
    prodserver.yaml:6:39: error: manage.py has no command "migrat"; did you mean "migrate"? [command-unknown]
        6 |   typo: {BACKEND: DjangoCommand, CMD: [migrat], CWD: '\${SHOP}'}
          |                                       ^^^^^^^^
          = write "migrate"
    prodserver.yaml:7:20: error: manage.py has no command "db_worker" [command-unknown]
        7 |   tasks: {BACKEND: DjangoTasksWorker, CWD: '\${SHOP}'}
          |                    ^^^^^^^^^^^^^^^^^
          = add "django_tasks_db" to INSTALLED_APPS, and run manage.py migrate
    prodserver.yaml:8:17: error: PYTHON has no django-q2, which DjangoQ2Worker needs [package-missing]
        8 |   q2: {BACKEND: DjangoQ2Worker, CWD: '\${SHOP}'}
          |                 ^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install django-q2
    prodserver.yaml:9:21: error: PYTHON has no daphne, which DaphneRunserver needs [package-missing]
        9 |   daphne: {BACKEND: DaphneRunserver, CWD: '\${SHOP}'}
          |                     ^^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install daphne
    prodserver.yaml:10:23: error: PYTHON has no django-extensions, which WerkzeugRunserver needs [package-missing]
       10 |   werkzeug: {BACKEND: WerkzeugRunserver, CWD: '\${SHOP}', ARGS: {addrport: 8001}}
          |                       ^^^^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install django-extensions
    prodserver.yaml:10:23: error: PYTHON has no werkzeug, which WerkzeugRunserver needs [package-missing]
       10 |   werkzeug: {BACKEND: WerkzeugRunserver, CWD: '\${SHOP}', ARGS: {addrport: 8001}}
          |                       ^^^^^^^^^^^^^^^^^
          = install it: PYTHON -m pip install werkzeug"
  `);
  expect(first.facts.interpreters).toHaveLength(1);
  expect(existsSync(join(rig.folder, 'data', 'db.sqlite3'))).toBe(false);

  rig.write('tables.py', TABLES);
  const python = inject('python');
  const made = await rig.spawn([python, join(rig.folder, 'tables.py')], {
    cwd: SHOP,
    env: { ...env, PYTHONPATH: SHOP },
  }).ended;
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const beat = manifest('django')
    .split('\n')
    .filter((line) => /PROC|beat/.test(line))
    .join('\n');
  const { text, facts } = await askDeep(rig, beat, { env });
  expect(text.replaceAll(SHOP, 'SHOP')).toMatchInlineSnapshot(`
    "prodserver.yaml:2:36: error: beat's entry "typo" sends "orders.tasks.notes", a task that "shop.celery.app" does not have; did you mean "orders.tasks.note"? [schedule-task-unknown]
        2 |   beat: {BACKEND: CeleryBeat, APP: shop.celery.app, CWD: '\${SHOP}', ARGS: {scheduler: django}}
          |                                    ^^^^^^^^^^^^^^^
          = write "orders.tasks.note" in the database, or have its module imported"
  `);
  expect(facts.applications[0]?.schedule).toEqual([
    { name: 'pulse', task: 'orders.tasks.pulse', from: 'settings' },
    { name: 'every-minute', task: 'orders.tasks.note', from: 'settings' },
    { name: 'fine', task: 'orders.tasks.note', from: 'database' },
    { name: 'typo', task: 'orders.tasks.notes', from: 'database' },
  ]);
});
