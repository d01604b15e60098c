/** No secret is printed. */
import { describe, expect, test } from 'vitest';
import { maskArgv, maskToken, maskUrls } from '../../src/render/mask.ts';

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
