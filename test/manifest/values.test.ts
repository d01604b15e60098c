/** What the values of ARGS become, and where variables are put in. */
import { expect, test } from 'vitest';
import { argvOf, entry, load, processes, tell, told, web, worker } from './support.ts';

/** The options of a worker with these ARGS. */
const options = (args: string, env: Record<string, string> = {}): readonly string[] =>
  argvOf(worker(`ARGS: ${args}`, 'LOG: {file: x.log}'), { env })
    .slice(5)
    .filter((token) => !token.startsWith('--hostname='));
const gunicorn = (args: string): readonly string[] => argvOf(web(`ARGS: ${args}`)).slice(4);
const flower = (args: string): readonly string[] =>
  argvOf(entry('flower', 'BACKEND: CeleryFlower', 'APP: shop.celery.app', `ARGS: ${args}`)).slice(5);

test.each([
  ['{without-gossip: null}', ['--without-gossip']],
  ['{without-gossip: }', ['--without-gossip']],
  ['{without-gossip: ~}', ['--without-gossip']],
  ['{without-gossip: true}', ['--without-gossip']],
  ['{without-gossip: "true"}', ['--without-gossip']],
  ['{without-gossip: false}', []],
  ['{without-gossip: "false"}', []],
  ['{concurrency: 4}', ['--concurrency=4']],
  ['{concurrency: "4"}', ['--concurrency=4']],
  ['{concurrency: 0x10}', ['--concurrency=16']],
  ['{time-limit: 1.5}', ['--time-limit=1.5']],
  ['{time-limit: "1.5"}', ['--time-limit=1.5']],
  ['{queues: [priority, default]}', ['--queues=priority,default']],
  ['{queues: [1, 2]}', ['--queues=1,2']],
  ['{queues: default}', ['--queues=default']],
  ['{queues: "a,b"}', ['--queues=a,b']],
  ['{queues: 7}', ['--queues=7']],
  ['{autoscale: "10,3"}', ['--autoscale=10,3']],
  ['{autoscale: [10, 3]}', ['--autoscale=10,3']],
  ['{loglevel: info}', ['--loglevel=INFO']],
  ['{loglevel: Info}', ['--loglevel=INFO']],
  ['{pool: THREADS}', ['--pool=threads']],
  ['{hostname: "w@%h"}', []],
  ['{max_tasks_per_child: 10}', ['--max-tasks-per-child=10']],
  [
    '{concurrency: 2, queues: a, without-mingle: true}',
    ['--concurrency=2', '--queues=a', '--without-mingle'],
  ],
  [
    '{without-mingle: true, queues: a, concurrency: 2}',
    ['--without-mingle', '--queues=a', '--concurrency=2'],
  ],
  ['{}', []],
  ['', []],
])('ARGS %s', (args, tokens) => {
  expect(options(args)).toEqual(tokens);
});

test('a list is repeated where the program wants that', () => {
  expect(gunicorn('{bind: ["127.0.0.1:8000", "unix:/run/a.sock"]}')).toEqual([
    '--bind=127.0.0.1:8000',
    '--bind=unix:/run/a.sock',
  ]);
});

test('gunicorn itself spells one option with an underscore', () => {
  expect(gunicorn('{limit-request-field_size: 100}')).toEqual(['--limit-request-field_size=100']);
});

test('gunicorn: limit-request-field-size, all hyphens, is understood', () => {
  expect(gunicorn('{limit-request-field-size: 100}')).toEqual(['--limit-request-field_size=100']);
});

test("flower's flags take a value, and both spellings are its own", () => {
  expect(flower('{persistent: true, natural_time: false, url-prefix: flower}')).toEqual([
    '--persistent=True',
    '--natural_time=False',
    '--url-prefix=flower',
  ]);
  expect(flower('{auto_refresh: null}')).toEqual(['--auto_refresh=True']);
});

test.each([['Celery 5.7 counts the CPUs of its cgroup', 'concurrency: auto']])('Celery: %s: %s', (_, arg) => {
  expect(told(worker(`ARGS: {${arg}}`))).toBe('');
});
test.each([
  ['one of its modes', 'proxy-protocol: v2'],
  ['new in 27', 'http2-cleartext: both'],
])('gunicorn: %s: %s', (_, arg) => {
  expect(told(web(`ARGS: {${arg}}`))).toBe('');
});
test('flower: several users, which it takes with commas between them', () => {
  expect(flower('{basic_auth: ["a:1", "b:2"]}')).toEqual(['--basic_auth=a:1,b:2']);
});

test('EXTRA_ARGS come last and unchecked', () => {
  const argv = argvOf(worker('ARGS: {concurrency: 2}', 'EXTRA_ARGS: ["--new-option", 5]'));
  expect(argv.slice(-2)).toEqual(['--new-option', '5']);
});

test('a merge key brings what another entry has, which may be overridden', () => {
  const text = `
x-celery: &celery
  BACKEND: CeleryWorker
  APP: shop.celery.app
  ARGS: &args {concurrency: 2, loglevel: info}
PRODUCTION_PROCESSES:
  slow: {<<: *celery}
  fast:
    <<: *celery
    ARGS: {<<: *args, concurrency: 8}
`;
  const [slow, fast] = processes(text);
  expect(slow?.argv).toContain('--concurrency=2');
  expect(fast?.argv).toEqual(expect.arrayContaining(['--concurrency=8', '--loglevel=INFO']));
});

test('an error in what a merge key brought points at it', () => {
  const text = [
    'x-celery: &celery',
    '  COLOUR: red',
    'PRODUCTION_PROCESSES:',
    '  job:',
    '    <<: *celery',
    '    BACKEND: Command',
    '    CMD: [date]',
  ];
  expect(told(text.join('\n'))).toContain('prodserver.yaml:2:3:');
});

test('top-level keys with x- are for anchors; elsewhere they are unknown', () => {
  expect(told(`x-anything: [1, {a: b}]\n${worker()}`)).toBe('');
  expect(told(worker('x-note: hello'))).toContain('unknown key "x-note"');
});

const echo = (word: string, env: Record<string, string>): string => {
  const loaded = load(entry('job', 'BACKEND: Command', `CMD: [echo, '${word}']`), { env });
  return loaded.plan?.processes[0]?.argv[1] ?? tell(loaded);
};

test.each([
  ['${A}', 'one'],
  ['<${A}>', '<one>'],
  ['${A}${B}', 'onetwo'],
  ['${EMPTY}', ''],
  ['${NONE:-fallback}', 'fallback'],
  ['${EMPTY:-fallback}', 'fallback'],
  ['${A:-fallback}', 'one'],
  ['${NONE:-}', ''],
  ['${NONE:-http://x:80/a-b?c}', 'http://x:80/a-b?c'],
  ['${A:?must be set}', 'one'],
  ['$${A}', '${A}'],
  ['$$', '$'],
  ['$$$${A}', '$${A}'],
  ['$$${A}', '$one'],
  ['$A', '$A'],
  ['$', '$'],
  ['cost: 5$', 'cost: 5$'],
  ['${NESTED}', '${A}'],
])('%s becomes %s', (word, expected) => {
  expect(echo(word, { A: 'one', B: 'two', EMPTY: '', NESTED: '${A}' })).toBe(expected);
});

test('a variable is put into values of all kinds, and is a number where one is wanted', () => {
  expect(options('{concurrency: "${N}"}', { N: '3' })).toEqual(['--concurrency=3']);
  const [only] = processes(worker('INSTANCES: "${N}"', 'ENV: {A: "${N}"}', 'STOP: {timeout: "${N}s"}'), {
    env: { N: '2' },
  });
  expect(only).toMatchObject({ env: { A: '2' }, stop: [{ waitMs: 2000 }, {}] });
});

test('keys are left alone', () => {
  expect(told(worker('ARGS: {"${N}": 1}'), { env: { N: 'concurrency' } })).toContain('no option "${N}"');
});

test('the forms of a variable: in values, never in keys; an empty one is unset for a default and a message', () => {
  const env = { SET: 'x', EMPTY: '' };
  const cmd =
    '["${SET}", "${EMPTY}", "${EMPTY:-d}", "${GONE:-}", "${SET:?m}", "$$${SET}", "$${SET}", "$5 a$$b"]';
  const [spec] = processes(entry('job', 'BACKEND: Command', `CMD: ${cmd}`, 'ENV: {"${SET}": y}'), { env });
  expect(spec?.argv).toEqual(['x', '', 'd', '', 'x', '$x', '${SET}', '$5 a$b']);
  expect(Object.keys(spec?.env ?? {})).toEqual(['${SET}']);
});

test('a variable in a part of the file that is not used still counts', () => {
  expect(told(`x-spare: "\${NONE}"\n${worker()}`)).toContain('NONE is not set');
});

test('the value of a variable, which may be a secret, is not told', () => {
  expect(told(worker('ARGS: {concurrency: "${SECRET}"}'), { env: { SECRET: 'hunter2' } })).not.toContain(
    'hunter2',
  );
});

test('a password in a URL is masked in the line that is shown', () => {
  expect(told(worker('LOCK: {redis: "redis://:hunter2@cache/0"}'))).not.toContain('hunter2');
});

test('AUTOSTART takes a variable', () => {
  const text = entry('job', 'BACKEND: Command', 'CMD: [date]', 'AUTOSTART: "${ON}"');
  expect(processes(text, { env: { ON: 'false' } })[0]?.autostart).toBe(false);
});

test('a number where text is wanted stays as it was written', () => {
  expect(gunicorn('{umask: 022}')).toEqual(['--umask=022']);
  expect(processes(worker('ENV: {VERSION: 1.10}'))[0]?.env).toMatchObject({ VERSION: '1.10' });
});

test('a LOCK by name takes the place of the one that beat always needs', () => {
  const locks = processes(
    ['PRODUCTION_PROCESSES:']
      .concat(
        ['{}', '{name: nightly}'].map((lock, n) => `  b${n}: {BACKEND: CeleryBeat, APP: a.b, LOCK: ${lock}}`),
      )
      .join('\n'),
  ).map((spec) => spec.singleton);
  expect(locks).toMatchObject([
    { kind: 'application', app: 'a.b' },
    { kind: 'name', name: 'nightly' },
  ]);
  const [locked] = processes(worker('LOCK: {name: w}'));
  expect([locked?.singleton, locked?.overlap]).toEqual([{ kind: 'name', name: 'w' }, null]);
  expect(processes(worker(''))[0]?.overlap).not.toBeNull();
});
