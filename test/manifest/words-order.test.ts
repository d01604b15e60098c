import { describe, expect, test } from 'vitest';
import { processes, told } from './support.ts';

const manifest = (entries: Readonly<Record<string, string>>): string =>
  `PRODUCTION_PROCESSES:\n${Object.entries(entries)
    .map(([name, body]) => `  ${name}: {BACKEND: Command, CMD: [date], ${body}}\n`)
    .join('')}`;

describe('DEPENDS_ON', () => {
  test.each([
    ['a name that there is not', { migrate: 'ONESHOT: true', web: 'DEPENDS_ON: {migrat: ready}' }],
    ['in a list', { migrate: 'ONESHOT: true', web: 'DEPENDS_ON: [migrate, wob]' }],
    ['itself', { web: 'DEPENDS_ON: [web]' }],
    ['a circle', { web: 'DEPENDS_ON: [worker]', worker: 'DEPENDS_ON: [db]', db: 'DEPENDS_ON: [web]' }],
    ['completion of what runs for ever', { db: '', web: 'DEPENDS_ON: {db: completed}' }],
    ['another condition', { db: '', web: 'DEPENDS_ON: {db: healthy}' }],
    ['a number', { db: '', web: 'DEPENDS_ON: 3' }],
  ])('%s', (_, entries) => {
    expect(told(manifest(entries))).toMatchSnapshot();
  });

  test('a list waits for the completion of what is to end, and for all others to be ready', () => {
    const specs = processes(manifest({ migrate: 'ONESHOT: true', db: '', web: 'DEPENDS_ON: [migrate, db]' }));
    expect(specs[2]?.dependsOn).toEqual([
      { name: 'migrate', needs: 'completed' },
      { name: 'db', needs: 'ready' },
    ]);
  });
});

describe('ONESHOT', () => {
  test('what is to end is tried again only after a failure, unless RESTART says more', () => {
    const specs = processes(
      manifest({ one: 'ONESHOT: true', two: 'ONESHOT: true, RESTART: {policy: never}', three: '' }),
    );
    expect(specs.map((spec) => spec.restart.policy)).toEqual(['on-failure', 'never', 'always']);
  });

  test('is for commands', () => {
    expect(
      told('PRODUCTION_PROCESSES:\n  web: {BACKEND: GunicornServer, APP: shop.wsgi, ONESHOT: true}\n'),
    ).toMatchSnapshot();
  });
});

describe('WAIT_FOR', () => {
  test('addresses of every kind', () => {
    const targets =
      'tcp://db:5432, "tcp://[::1]:80", redis://u:p@cache/0, "amqps://mq", https://x.example/y, unix:run/a.sock, file:///run/ready';
    const [spec] = processes(manifest({ web: `CWD: /srv, WAIT_FOR: [${targets}]` }));
    expect(spec?.waitFor).toMatchSnapshot();
  });

  test.each([
    ['no address', 'WAIT_FOR: [redis]'],
    ['a port that is missing', 'WAIT_FOR: ["tcp://db"]'],
    ['an unknown scheme without a port', 'WAIT_FOR: ["ftp://db"]'],
    ['a timeout without a unit', 'WAIT_FOR: {targets: ["tcp://db:1"], timeout: 30}'],
    ['a key that there is not', 'WAIT_FOR: {targets: ["tcp://db:1"], timeot: 30s}'],
    ['nothing to wait for', 'WAIT_FOR: {timeout: 30s}'],
  ])('%s', (_, body) => {
    expect(told(manifest({ web: body }))).toMatchSnapshot();
  });
});

describe('READY and LIVE', () => {
  test('what is left out has its default', () => {
    const [one, two] = processes(
      manifest({
        one: 'READY: {command: [test, -e, 5], delay: 2s}, LIVE: {http: /live, file: hb}, CWD: /srv',
        two: 'READY: {file: up, tcp: "127.0.0.1:80", period: 1s, probe-timeout: 5s}, LIVE: {tcp: "[::1]:81", failures: 1, period: 2s, timeout: 1s, delay: 1m}',
      }),
    );
    expect([one?.readiness, one?.readinessTiming, one?.liveness]).toMatchSnapshot();
    expect([two?.readinessTiming, two?.liveness]).toMatchSnapshot();
  });

  test.each([
    ['a URL that is none', 'LIVE: {http: "http://"}'],
    ['a command that is a text', 'READY: {command: pg_isready}'],
    ['an empty command', 'LIVE: {command: []}'],
    ['failures of READY', 'READY: {http: /x, failures: 3}'],
    ['no failure at all', 'LIVE: {http: /x, failures: 0}'],
    ['nothing to look at', 'LIVE: {period: 10s}'],
    ['what its backend does not report', 'LIVE: {celery: {}}'],
  ])('%s', (_, body) => {
    expect(told(manifest({ web: body }))).toMatchSnapshot();
  });
});
