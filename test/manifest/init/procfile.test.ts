/** Procfiles as manifests. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { body, make, refusal } from './support.ts';

const PROCFILE = `# of a shop
web: exec gunicorn shop.wsgi --bind 0.0.0.0:$PORT -w \${WEB_CONCURRENCY:-3} --log-file - --daemon
worker: celery -A shop worker -l info -c4 -E -Q high,low --pidfile=/tmp/x --maxtasksperchild=5
beat: DJANGO_ENV=prod celery -A shop.celery:app beat -S django
clock: cd jobs && python clock.py --password hunter2 --url=redis://:s3cret@h/0
release: python manage.py migrate --noinput
shell: python manage.py migrate && gunicorn shop.wsgi
opts: gunicorn $OPTS shop.wsgi
odd: gunicorn --frob x shop.wsgi
dev: python -u manage.py runserver 0.0.0.0:5001
js: SECRET_KEY='abc$d' node --max-old-space-size=400 server.js "it's $HOME" 012 1.10 yes
this is no line
`;

test('a Procfile with all that a line may have', async () => {
  const made = await make({ Procfile: PROCFILE });
  expect(made.findings).toEqual([]);
  expect(made.text).toMatchInlineSnapshot(`
    "# Written by prodserver init from Procfile.
    #
    # What was decided, or could not be carried over:
    # - Procfile:2: commands without a path are run by the interpreter that prodserver finds: VIRTUAL_ENV,
    #   else .venv or venv here, else python3; SUPERVISOR.python names another
    # - Procfile:12: this line is not "name: command" and was ignored
    # - Procfile: set before "check" and "start": PORT, CLOCK_PASSWORD, CLOCK_PASSWORD_2 and SECRET_KEY; a
    #   variable that is not set is an error here, where a shell takes it for empty; a default is written
    #   \${NAME:-default}
    # - Procfile:2: web: --daemon left out: a daemon leaves its supervisor (leave it out)
    # - Procfile:3: worker: --pidfile left out: one that a crash left behind may name another process by
    #   now, and then the next start ends of it (leave it out: prodserver knows the pid, and "prodserver
    #   status --json" tells it)
    # - Procfile:3: worker: --maxtasksperchild=5: unknown to CeleryWorker or not as it wants it; passed on
    #   unchecked in EXTRA_ARGS
    # - Procfile:5: clock: "cd jobs &&" became CWD
    # - Procfile:6: release: release runs once before each deploy on Heroku: ONESHOT here; write
    #   DEPENDS_ON: [release] where others must wait for it
    # - Procfile:7: shell: run by sh -c, since it has an operator of the shell; a stop reaches sh first:
    #   write the program alone, or "exec" before the last one
    # - Procfile:8: opts: run by sh -c, since it has a variable that only a shell puts in as it should; a
    #   stop reaches sh first: write the program alone, or "exec" before the last one
    # - Procfile:9: odd: kept as the command that it is, since GunicornServer does not know --frob, or
    #   what belongs to it
    # - Procfile:5: clock: CMD[3] looks like a secret and is not copied: set CLOCK_PASSWORD in the
    #   environment
    # - Procfile:5: clock: CMD[4] looks like a secret and is not copied: set CLOCK_PASSWORD_2 in the
    #   environment
    # - Procfile:11: js: ENV.SECRET_KEY looks like a secret and is not copied: set SECRET_KEY in the
    #   environment

    PRODUCTION_PROCESSES:
      # Procfile:2
      web:
        BACKEND: GunicornServer
        APP: shop.wsgi
        ARGS:
          bind: 0.0.0.0:\${PORT}
          workers: \${WEB_CONCURRENCY:-3}
          log-file: '-'
      # Procfile:3
      worker:
        BACKEND: CeleryWorker
        APP: shop
        ARGS:
          loglevel: info
          concurrency: 4
          task-events: true
          queues: high,low
        EXTRA_ARGS: [--maxtasksperchild=5]
      # Procfile:4
      beat:
        BACKEND: CeleryBeat
        APP: shop.celery:app
        ARGS:
          scheduler: django
        ENV:
          DJANGO_ENV: prod
      # Procfile:5
      clock:
        BACKEND: Command
        CMD:
          - python
          - clock.py
          - --password
          - \${CLOCK_PASSWORD}
          - --url=redis://:\${CLOCK_PASSWORD_2}@h/0
        CWD: jobs
      # Procfile:6
      release:
        BACKEND: DjangoCommand
        CMD: [migrate, --noinput]
        ONESHOT: true
      # Procfile:7
      shell:
        BACKEND: Command
        CMD: [sh, -c, python manage.py migrate && gunicorn shop.wsgi]
      # Procfile:8
      opts:
        BACKEND: Command
        CMD: [sh, -c, gunicorn $$OPTS shop.wsgi]
      # Procfile:9
      odd:
        BACKEND: Command
        CMD: [gunicorn, --frob, x, shop.wsgi]
      # Procfile:10
      dev:
        BACKEND: DjangoRunserver
        ARGS:
          addrport: 0.0.0.0:5001
      # Procfile:11
      js:
        BACKEND: Command
        CMD: [node, --max-old-space-size=400, server.js, "it's \${HOME}", '012', '1.10', yes]
        ENV:
          SECRET_KEY: \${SECRET_KEY}
    "
  `);
  expect(made.text).not.toMatch(/hunter2|s3cret|abc/);
});

test('what runs is what ran', async () => {
  const made = await make({ Procfile: PROCFILE });
  const env = {
    PORT: '5000',
    HOME: '/home/u',
    SECRET_KEY: 'abc$d',
    CLOCK_PASSWORD: 'hunter2',
    CLOCK_PASSWORD_2: 's3cret',
  };
  const specs = new Map(made.specs(env).map((spec) => [spec.name, spec]));
  const argv = (name: string): string[] => specs.get(name)?.argv.slice(0) ?? [];
  expect(argv('web').slice(1)).toEqual([
    '-m',
    'gunicorn',
    'shop.wsgi',
    '--bind=0.0.0.0:5000',
    '--workers=3',
    '--log-file=-',
  ]);
  expect(argv('clock')).toEqual(['python', 'clock.py', '--password', 'hunter2', '--url=redis://:s3cret@h/0']);
  expect(specs.get('clock')?.cwd).toMatch(/\/jobs$/);
  expect(argv('js')).toEqual([
    'node',
    '--max-old-space-size=400',
    'server.js',
    "it's /home/u",
    '012',
    '1.10',
    'yes',
  ]);
  expect(specs.get('js')?.env).toMatchObject({ SECRET_KEY: 'abc$d' });
  expect(argv('shell')).toEqual(['sh', '-c', 'python manage.py migrate && gunicorn shop.wsgi']);
  expect(argv('opts')).toEqual(['sh', '-c', 'gunicorn $OPTS shop.wsgi']);
});

test('any words go through YAML and come out as they were', async () => {
  const word = fc.string({
    unit: fc.constantFrom(...Array.from(`ab019.-:#'"\\$ {}[]&*!|>%@\`,?~\t=é`)),
    minLength: 1,
    maxLength: 12,
  });
  const lists = fc.sample(fc.array(word, { maxLength: 6 }), { numRuns: 300, seed: 11 });
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = lists.map((words, index) => `p${index}: true ${words.map(quoted).join(' ')}`);
  const made = await make({ Procfile: lines.join('\n') });
  const specs = made.specs({});
  expect(specs.map(({ argv }) => argv)).toEqual(lists.map((words) => ['true', ...words]));
});

test('one interpreter: the first that is named', async () => {
  const made = await make({
    Procfile: `web: /srv/a/bin/gunicorn shop.wsgi
worker: /srv/b/bin/celery -A shop worker
beat: /srv/a/bin/python -m celery -A shop beat
cron: python manage.py runjobs
`,
  });
  expect(body(made.text)).toMatchInlineSnapshot(`
    "PRODUCTION_PROCESSES:
      # Procfile:1
      web:
        BACKEND: GunicornServer
        APP: shop.wsgi
      # Procfile:2
      worker:
        BACKEND: Command
        CMD: [/srv/b/bin/celery, -A, shop, worker]
      # Procfile:3
      beat:
        BACKEND: CeleryBeat
        APP: shop
      # Procfile:4
      cron:
        BACKEND: DjangoCommand
        CMD: [runjobs]
    SUPERVISOR:
      python: /srv/a/bin/python
    "
  `);
  expect(made.notes).toMatchInlineSnapshot(`
    [
      "Procfile:1: SUPERVISOR.python is /srv/a/bin/python, since /srv/a/bin/gunicorn is run; all processes with a BACKEND of Python use it",
      "Procfile:2: worker: kept as the command that it is, since its interpreter is /srv/b/bin/python, and a manifest has one (SUPERVISOR.python)",
    ]
  `);
});

test.each([
  ['celery -A x -b redis://b worker', '-b stands before the command of celery, where ARGS cannot put it'],
  ['celery -A x multi start 2', 'no BACKEND is made for "celery multi"'],
  ['celery worker', 'it does not name its application'],
  ['gunicorn -c conf.py', 'it does not name its application'],
  ['gunicorn a.wsgi b.wsgi', 'it has words that are no options, or a variable that may be several words'],
  ['granian x.asgi:application', 'it is not granian --interface asgi or wsgi'],
  ['python backend/manage.py migrate', 'backend/manage.py is not in the folder where it runs'],
])('%s stays a command', async (command, why) => {
  const made = await make({ Procfile: `p: ${command}` });
  const [spec] = made.specs({});
  expect([spec?.backend, spec?.argv.join(' ')]).toEqual(['Command', command]);
  expect(made.notes).toEqual([`Procfile:1: p: kept as the command that it is, since ${why}`]);
});

test.each([
  ['uvicorn shop.asgi:application --host 0.0.0.0 --port 80 --no-access-log', 'UvicornServer'],
  ['daphne -b 0.0.0.0 -p 80 shop.asgi:application', 'DaphneServer'],
  ['hypercorn -b a:1 -b b:2 shop.asgi:application', 'HypercornServer'],
  ['granian --interface asgi --no-ws shop.asgi:application', 'GranianASGIServer'],
  ['waitress-serve --listen=*:80 shop.wsgi:application', 'WaitressServer'],
  ['celery -A shop flower --port=5555 --debug', 'CeleryFlower'],
  ['python manage.py qcluster --name x', 'DjangoQ2Worker'],
  ['django-admin db_worker --queue-name a', 'DjangoTasksWorker'],
  ['./manage.py runserver_plus 0.0.0.0:80', 'WerkzeugRunserver'],
  ['env A=b python3 -m celery --app=shop --workdir /srv worker --concurrency 2 -n w@%h', 'CeleryWorker'],
  ['python manage.py send_mail --all', 'DjangoCommand'],
])('%s has a BACKEND', async (command, backend) => {
  const made = await make({ Procfile: `p: ${command}` });
  expect(made.findings).toEqual([]);
  expect(made.specs({})[0]?.backend).toBe(backend);
  expect(body(made.text)).toMatchSnapshot();
});

test('a Procfile without a process, and what tells nothing by its name', async () => {
  expect(await refusal({ Procfile: '# later\n' })).toMatchInlineSnapshot(`
    "error: Procfile names no process [init-empty]
          = name another source: prodserver init --from django, procfile or supervisord"
  `);
  expect(await refusal({ jobs: 'a: b' }, { file: 'jobs' })).toMatchInlineSnapshot(`
    "error: what is jobs? Say it: --from django, procfile or supervisord [usage]
          = see prodserver --help"
  `);
  expect(await refusal({}, { file: 'Procfile.dev' })).toMatchInlineSnapshot(`
    "error: cannot read Procfile.dev: ENOENT [init-unreadable]
          = check its name"
  `);
});
