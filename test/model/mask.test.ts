/** No secret is printed. */
import { describe, expect, test } from 'vitest';
import { maskArgv, maskLine, maskToken, maskUrls } from '../../src/model/mask.ts';

describe('a URL loses its credentials', () => {
  test.each([
    ['redis://localhost:6379/0', 'redis://localhost:6379/0'],
    ['redis://:hunter2@localhost:6379/0', 'redis://***@localhost:6379/0'],
    ['amqp://user:hunter2@host//', 'amqp://***@host//'],
    ['postgres://user@host/db', 'postgres://***@host/db'],
    ['first redis://:hunter2@a then amqp://u:hunter2@b', 'first redis://***@a then amqp://***@b'],
    ['redis://:hunter2@a;redis://:hunter2@b', 'redis://***@a;redis://***@b'],
    ['django-db+postgresql://u:hunter2@h', 'django-db+postgresql://***@h'],
    ['mail admin@example.org', 'mail admin@example.org'],
    ['https://example.org/a@b', 'https://example.org/a@b'],
  ])('%s', (text, masked) => {
    expect(maskUrls(text)).toBe(masked);
  });

  test.each(['redis://:hun@ter2@localhost', 'redis://:hun/ter2@localhost'])('%s', (url) => {
    expect(maskUrls(url)).not.toContain('ter2');
  });
});

describe('an option that carries a secret loses its value', () => {
  test.each([
    ['--basic_auth=user:hunter2', '--basic_auth=***'],
    ['--basic-auth=user:hunter2', '--basic-auth=***'],
    ['--oauth2_secret=hunter2', '--oauth2_secret=***'],
    ['--cookie_secret=hunter2', '--cookie_secret=***'],
    ['--password=a=b', '--password=***'],
    ['--db-passwd=hunter2', '--db-passwd=***'],
    ['--api-key=hunter2', '--api-key=***'],
    ['--API_KEY=hunter2', '--API_KEY=***'],
    ['--sentry-dsn=https://hunter2@x/1', '--sentry-dsn=***'],
    ['--token=line\nhunter2', '--token=***'],
    ['--broker_api=http://guest:hunter2@h/api', '--broker_api=http://***@h/api'],
    ['--loglevel=INFO', '--loglevel=INFO'],
    ['--concurrency=4', '--concurrency=4'],
    ['--basic_auth', '--basic_auth'],
  ])('%j', (token, masked) => {
    expect(maskToken(token)).toBe(masked);
  });

  test.each(['--env=SECRET_KEY=hunter2', 'SECRET_KEY=hunter2', '--raw-env=DB_PASSWORD=hunter2'])(
    '%s',
    (token) => {
      expect(maskToken(token)).not.toContain('hunter2');
    },
  );
});

describe('a whole command line', () => {
  test('a value in a token of its own', () => {
    expect(maskArgv(['app', '--password', 'hunter2', '--token', 'hunter2', '-v'])).toEqual([
      'app',
      '--password',
      '***',
      '--token',
      '***',
      '-v',
    ]);
  });

  test('a switch that is named like a secret does not hide what follows', () => {
    expect(maskArgv(['app', '--no-password', '--verbose'])).toEqual(['app', '--no-password', '--verbose']);
  });

  test('a URL anywhere', () => {
    expect(maskArgv(['celery', '-b', 'redis://:hunter2@h'])).toEqual(['celery', '-b', 'redis://***@h']);
  });
});

describe('a line of a manifest keeps its length and loses its secrets', () => {
  test.each([
    ['ARGS: {basic_auth: "user:pw", port: 5555}', 'ARGS: {basic_auth: "*******", port: 5555}'],
    ["ARGS: {port: 5555, basic-auth: 'user:pw'}", "ARGS: {port: 5555, basic-auth: '*******'}"],
    ['basic_auth: user:pw', 'basic_auth: *******'],
    ['basic_auth: [user:pw, "a:b"]', 'basic_auth: [*******, "***"]'],
    ['"cookie_secret": "hunter2",', '"cookie_secret": "*******",'],
    ['ENV: {SECRET_KEY: hunter2, COLOUR: red}', 'ENV: {SECRET_KEY: *******, COLOUR: ***}'],
    ['CMD: [run, --password=hunter2]', 'CMD: [run, --password=*******]'],
    ['broker: redis://:hunter2@host/0', 'broker: redis://********@host/0'],
    // A variable is no secret, its name is what one wants to see.
    ['ENV: {DB_PASSWORD: "${DB_PASSWORD}"}', 'ENV: {DB_PASSWORD: "${DB_PASSWORD}"}'],
    ['loglevel: info', 'loglevel: info'],
    ['worker: {BACKEND: CeleryWorker, APP: a.b}', 'worker: {BACKEND: CeleryWorker, APP: a.b}'],
  ])('%s', (line, masked) => {
    expect(maskLine(line, [])).toBe(masked);
    expect(masked).toHaveLength(line.length);
  });

  test('an item below its key', () => {
    const path = ['PRODUCTION_PROCESSES', 'flower', 'ARGS', 'basic_auth', 1];
    expect(maskLine('        - user:pw', path)).toBe('        - *******');
    expect(maskLine('        - user:pw', ['PRODUCTION_PROCESSES', 'flower', 'ARGS', 'queues', 1])).toBe(
      '        - user:pw',
    );
  });

  test.each([
    ['ENV: {DB: hunter2, BAD: [x]}', 'ENV: {DB: *******, BAD: [x]}'],
    [
      'job: {CMD: [a], ENV: {DB: "hunter2", HOST: "${HOST}", N: 1}, CWD: /srv}',
      'job: {CMD: [a], ENV: {DB: "*******", HOST: "${HOST}", N: *}, CWD: /srv}',
    ],
  ])('values of ENV: %s', (line, masked) => {
    expect(maskLine(line, [])).toBe(masked);
  });

  test('a variable of ENV on a line of its own', () => {
    expect(maskLine('      DB: hunter2', ['PRODUCTION_PROCESSES', 'job', 'ENV', 'DB'])).toBe(
      '      DB: *******',
    );
    expect(maskLine('    ENV: [a]', ['PRODUCTION_PROCESSES', 'job', 'ENV'])).toBe('    ENV: [a]');
  });

  test('in Python, a value below its key', () => {
    const path = ['PRODUCTION_PROCESSES', 'flower', 'ARGS', 'basic_auth', 1];
    expect(maskLine('        "user:pw",', path)).toBe('        "*******",');
    expect(maskLine('    "basic_auth": ["a:b", "user:pw"],', path)).toBe(
      '    "basic_auth": ["***", "*******"],',
    );
  });

  test('the name of a process is no secret', () => {
    const path = ['PRODUCTION_PROCESSES', 'tokens', 'ARGS', 'queues', 1];
    expect(maskLine('        - orders', path)).toBe('        - orders');
  });
});
