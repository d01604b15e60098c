/** What is said about Django settings. */
import { expect, test } from 'vitest';
import { runHelper, type HelperResult } from '../../src/os/run.ts';
import { diagnosticGithub, diagnosticsJson } from '../../src/render/diagnostics.ts';
import { load, short, told } from './django-support.ts';
import { tell } from './support.ts';

test('a mistake is shown where the file makes it', async () => {
  const text = `PRODUCTION_PROCESSES = {
    "worker": {
        "BACKEND": "CeleryWorker",
        "APP": "conf.celery.app",
        "ARGS": {"concurency": 4},
        "INSTANCE": 2,
    },
    "beat": {"BACKEND": "CeleryBeet"},
    "web": {"BACKEND": "GunicornServer", "ARGS": {"bind": "a:1", "workers": "many"}},
}
`;
  expect(await told(text)).toMatchInlineSnapshot(`
    "conf.py:5:18: error: CeleryWorker has no option "concurency" [option-unknown]
        5 |         "ARGS": {"concurency": 4},
          |                  ^^^^^^^^^^^^
          = write "concurrency"

    conf.py:6:9: error: unknown key "INSTANCE" [key-unknown]
        6 |         "INSTANCE": 2,
          |         ^^^^^^^^^^
          = write "INSTANCES"

    conf.py:8:25: error: unknown BACKEND "CeleryBeet" [backend-unknown]
        8 |     "beat": {"BACKEND": "CeleryBeet"},
          |                         ^^^^^^^^^^^^
          = write "CeleryBeat"

    conf.py:9:5: error: "web" has no APP [key-missing]
        9 |     "web": {"BACKEND": "GunicornServer", "ARGS": {"bind": "a:1", "workers": "many"}},
          |     ^^^^^
          = add for example "APP: myproject.wsgi"

    conf.py:9:77: error: "workers" must be a whole number from 1, not "many" [value-wrong]
        9 |     "web": {"BACKEND": "GunicornServer", "ARGS": {"bind": "a:1", "workers": "many"}},
          |                                                                             ^^^^^^"
  `);
});

test('what is computed is told by its path', async () => {
  const text = `def worker():
    return {"BACKEND": "CeleryWorker", "APP": "conf.celery.app", "ARGS": {"queues": ["a"], "concurency": 4}}
PRODUCTION_PROCESSES = {name: worker() for name in ("one",)}
`;
  expect(await told(text)).toMatchInlineSnapshot(`
    "conf: PRODUCTION_PROCESSES.one.ARGS.concurency: error: CeleryWorker has no option "concurency" [option-unknown]
          = write "concurrency""
  `);
});

test('what no program can be given is refused once, by its name', async () => {
  const text = `class Pool:
    pass
PRODUCTION_PROCESSES = {
    "worker": {
        "BACKEND": "CeleryWorker",
        "APP": lambda: "conf.celery.app",
        "ARGS": {"pool": Pool, "concurrency": Pool(), 4: 5},
    },
}
`;
  expect(await told(text)).toMatchInlineSnapshot(`
    "conf.py:6:16: error: "APP" is the function conf.<lambda>, which no program can be given [settings-value]
        6 |         "APP": lambda: "conf.celery.app",
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^
          = call it, and write what it returns

    conf.py:7:26: error: "pool" is the class conf.Pool, which no program can be given [settings-value]
        7 |         "ARGS": {"pool": Pool, "concurrency": Pool(), 4: 5},
          |                          ^^^^
          = write a text, a number, a list or a mapping

    conf.py:7:47: error: "concurrency" is an object of conf.Pool, which no program can be given [settings-value]
        7 |         "ARGS": {"pool": Pool, "concurrency": Pool(), 4: 5},
          |                                               ^^^^^^
          = write a text, a number, a list or a mapping

    conf.py:7:55: error: the key 4 is no text [settings-value]
        7 |         "ARGS": {"pool": Pool, "concurrency": Pool(), 4: 5},
          |                                                       ^
          = put it in quotes"
  `);
});

test('processes that are a function are that, and not none', async () => {
  expect(await told('PRODUCTION_PROCESSES = lambda: {}\n')).toMatchInlineSnapshot(`
    "conf.py:1:24: error: "PRODUCTION_PROCESSES" is the function conf.<lambda>, which no program can be given [settings-value]
        1 | PRODUCTION_PROCESSES = lambda: {}
          |                        ^^^^^^^^^^
          = call it, and write what it returns"
  `);
});

test('the form of 0.x is told how to become the present one', async () => {
  const text = `PROD_SERVERS = {
    "web": {
        "BACKEND": "django_prodserver.backends.gunicorn.GunicornServer",
        "APP": "conf.wsgi",
        "ARGS": ["--bind=0.0.0.0:8111", "--workers", "4", "--preload"],
    },
    "short": {"BACKEND": "GunicornServer", "APP": "conf.wsgi", "ARGS": ["-b", "0.0.0.0:8112"]},
}
`;
  expect(await told(text)).toMatchInlineSnapshot(`
    "conf.py:1:1: error: PROD_SERVERS is the name of django-prodserver 0.x [settings-renamed]
        1 | PROD_SERVERS = {
          | ^^^^^^^^^^^^
          = write PRODUCTION_PROCESSES

    conf.py:5:17: error: ARGS of "web" must be a mapping of options, not a list of tokens [settings-args-list]
        5 |         "ARGS": ["--bind=0.0.0.0:8111", "--workers", "4", "--preload"],
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = write {"bind": "0.0.0.0:8111", "workers": "4", "preload": None}

    conf.py:7:72: error: ARGS of "short" must be a mapping of options, not a list of tokens [settings-args-list]
        7 |     "short": {"BACKEND": "GunicornServer", "APP": "conf.wsgi", "ARGS": ["-b", "0.0.0.0:8112"]},
          |                                                                        ^^^^^^^^^^^^^^^^^^^^^^
          = write each long option as a key, such as {"bind": "0.0.0.0:8000"}, and other tokens in EXTRA_ARGS: [...]"
  `);
});

test('a secret is not shown, on a line of its own either', async () => {
  const text = `PRODUCTION_PROCESSES = {"flower": {"BACKEND": "CeleryFlower", "APP": "conf.celery.app", "ARGS": {
    "basic_auth": [
        "user:sesame",
        {"sesame": 1},
    ],
}}}
`;
  const said = await told(text);
  expect(said).toContain('conf.py:4:');
  expect(said).not.toContain('sesame');
});

test('a variable is advised as Python writes it', async () => {
  const args = '{"basic_auth": "user:sesame"}';
  const said = await told(
    `PRODUCTION_PROCESSES = {"f": {"BACKEND": "CeleryFlower", "APP": "a", "ARGS": ${args}}}\n`,
  );
  expect(said).toContain('write ENV: {FLOWER_BASIC_AUTH: os.environ["FLOWER_BASIC_AUTH"]} instead');
  expect(said).not.toContain('sesame');
});

test('settings without processes', async () => {
  expect(await told('DEBUG = False\n')).toMatchInlineSnapshot(`
    "error: the settings conf have no PRODUCTION_PROCESSES [settings-unset]
          = add it to them, or write prodserver.yaml here"
  `);
  expect(await told('PRODUCTION_PROCESSES = {}\n')).toMatchInlineSnapshot(`
    "warning: conf names no process [manifest-empty]
          = add an entry below PRODUCTION_PROCESSES"
  `);
  expect(await told('PRODUCTION_PROCESSES = [1]\n')).toMatchInlineSnapshot(`
    "conf.py:1:24: error: PRODUCTION_PROCESSES must be a mapping of names to entries, not a list [processes-shape]
        1 | PRODUCTION_PROCESSES = [1]
          |                        ^^^
          = write "PRODUCTION_PROCESSES:" and below it "web:" with its BACKEND"
  `);
});

test('settings that cannot be read: their own words are shown', async () => {
  expect(short(await told('import nosuch\n'))).toMatchInlineSnapshot(`
    "error: the settings conf cannot be read (exit code 2); they said:
      ModuleNotFoundError: No module named 'nosuch' [settings-broken]
          = mend what it says; they were read by VENV/bin/python"
  `);
  expect(short(await told({}))).toMatchInlineSnapshot(`
    "error: the settings conf cannot be read (exit code 2); they said:
      ModuleNotFoundError: No module named 'conf' [settings-broken]
          = check the name, and that this is the folder of manage.py"
  `);
  const url = 'raise ValueError("postgres://user:sesame@db/shop")\n';
  expect(await told(url)).toContain('postgres://***@db/shop');
});

test('an interpreter without Django, and answers that are none', async () => {
  const nothing = {
    exit: { code: 2, signal: null },
    timedOut: false,
    answer: '',
    said: ["ModuleNotFoundError: No module named 'django'"],
    errno: null,
    refused: null,
  };
  const answers = (result: Partial<HelperResult>) => async () => ({ ...nothing, ...result });
  expect(short(await told({}, answers({})))).toMatchInlineSnapshot(`
    "error: the settings conf cannot be read (exit code 2); they said:
      ModuleNotFoundError: No module named 'django' [settings-broken]
          = VENV/bin/python has no Django: activate the project's virtual environment, or have it as .venv here"
  `);
  const garbled = answers({ exit: { code: 0, signal: null }, answer: '{"v": 2}', said: [] });
  expect(short(await told({}, garbled))).toMatchInlineSnapshot(`
    "error: the settings conf cannot be read (exit code 0) [settings-broken]
          = see where it ends: VENV/bin/python -v -c "import conf""
  `);
  const silent = answers({ timedOut: true, said: ['connecting'] });
  expect(short(await told({}, silent))).toMatchInlineSnapshot(`
    "error: the settings conf were not read within 60 s; they said:
      connecting [settings-silent]
          = look for something endless in them: VENV/bin/python -X importtime -c "import conf""
  `);
});

test('an interpreter that cannot be executed', async () => {
  const loaded = await load({ '.venv/bin/python': 'no program\n' }, runHelper, { VIRTUAL_ENV: '' });
  expect(short(tell(loaded))).toMatchInlineSnapshot(`
    "error: .venv/bin/python cannot be executed: EACCES [program-not-executable]
          = check its permissions and its first line"
  `);
});

test('settings without an end are not waited for', async () => {
  const impatient: typeof runHelper = async (order) => runHelper({ ...order, timeoutMs: 500 });
  const { findings } = await load('import time\ntime.sleep(3600)\n', impatient);
  expect(findings.map(({ code }) => code)).toEqual(['settings-silent']);
});

test('for programs and for GitHub: with a file where there is one, else with the path alone', async () => {
  const { findings } = await load(
    'def web():\n    return {"BACKEND": "Guni"}\n' +
      'PRODUCTION_PROCESSES = {"web": web(), "job": {"BACKEND": "Com"}}\n',
  );
  expect(diagnosticsJson([{ file: null, findings }])).toMatchObject({
    diagnostics: [
      { code: 'backend-unknown', file: null, line: null, path: ['PRODUCTION_PROCESSES', 'web', 'BACKEND'] },
      { code: 'backend-unknown', file: 'conf.py', line: 3, column: 58, end_line: 3, end_column: 63 },
    ],
    errors: 2,
  });
  expect(findings.map((finding) => diagnosticGithub(finding, null))).toEqual([
    expect.stringMatching(
      /^::error title=backend-unknown::conf: PRODUCTION_PROCESSES\.web\.BACKEND: unknown/,
    ),
    expect.stringMatching(
      /^::error file=conf\.py,line=3,endLine=3,col=58,endColumn=63,title=backend-unknown::unk/,
    ),
  ]);
});
