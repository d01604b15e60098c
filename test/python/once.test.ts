/** The check in the worker: what was due once runs once, though two beats have sent it. */
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { freePort, until } from '../support/rig.ts';
import { HELPERS, SHOP_PINS } from './harness.ts';
import { APP, Once, runsOnce } from './once.ts';

const python = inject('python');

// The other pools, and the other versions of Celery, are in the long tier.
test.each(['prefork', 'eventlet'] as const)('%s: two messages of one due time run once', async (pool) => {
  await runsOnce({ python, pins: SHOP_PINS }, pool);
});

test('two workers on one Redis share the claims, which run out', async () => {
  const once = new Once(python, APP.replace('install(app)', 'install(app, ttl=3600)'));
  const redis = await startRedis(once.rig);
  once.url = redis.url;
  const [one, two] = [once.worker('solo'), once.worker('solo')];
  await Promise.all([one.tells('ready'), two.tells('ready')]);
  const ids = Array.from({ length: 40 }, (_, index) => index);
  await once.send(...ids.map((id) => `early,t${id},pulse@${id >> 1}Z`));
  await until(() => once.told.length + drops() >= ids.length, 'all to be handled');
  expect(once.told).toHaveLength(20);
  const client = ['redis-cli', '-p', String(redis.port)] as const;
  const keys = await once.rig.spawn([...client, 'keys', 'prodserver:once:*']).ended;
  expect(keys.stdout.trim().split('\n')).toHaveLength(20);
  const left = await once.rig.spawn([...client, 'ttl', 'prodserver:once:once:pulse@0Z']).ended;
  expect(Number(left.stdout)).toBeGreaterThan(3000);

  function drops(): number {
    return (one.stderr + two.stderr).match(/is dropped/g)?.length ?? 0;
  }
});

test('without its Redis a task runs, with a warning', async () => {
  const once = new Once(python);
  once.url = (await startRedis(once.rig)).url;
  const gone = `redis://127.0.0.1:${await freePort()}/0`;
  const one = once.worker('prefork', { PRODSERVER_ONCE_URL: gone });
  await one.tells('ready');
  await once.send('early,a,pulse@1Z', 'early,b,pulse@1Z');
  expect(await once.settled()).toEqual(['early a', 'early b', 'early end']);
  expect(one.stderr).toMatch(/early\[a\] runs unchecked, Redis cannot be asked whether pulse@1Z has run: /);
});

test('it finds its Redis again', async () => {
  const once = new Once(python);
  once.url = (await startRedis(once.rig)).url;
  const claims = await startRedis(once.rig);
  const one = once.worker('prefork', { PRODSERVER_ONCE_URL: claims.url });
  await one.tells('ready');
  await once.send('early,a,pulse@1Z');
  await until(() => once.told.length === 1, 'the first');
  await claims.restart();
  await once.send('early,b,pulse@2Z', 'early,c,pulse@2Z');
  expect(await once.settled()).toEqual(['early a', 'early b', 'early end']);
  expect(one.stderr).not.toContain('unchecked');
});

/** Each case in a child that has Celery already: a line of what the installation says. */
const INSTALL = `
import json, os, sys
from celery import Celery
import prodserver_once
for broker, backend, url, hidden in json.loads(sys.argv[1]):
    child = os.fork()
    if child > 0:
        os.waitpid(child, 0)
        continue
    if hidden:
        sys.modules["redis"] = None
    try:
        prodserver_once.install(Celery("clear", broker=broker, backend=backend), url=url or None)
        print("installed", flush=True)
    except Exception as error:
        print(f"{type(error).__module__}.{type(error).__qualname__}: {error}", flush=True)
    os._exit(0)
`;

async function install(...cases: readonly (readonly [string, string?, string?, true?])[]): Promise<string[]> {
  const { rig } = new Once(python);
  const all = cases.map(([broker, backend = '', url = '', hidden = false]) => [broker, backend, url, hidden]);
  const ended = await rig.spawn([python, '-B', '-c', INSTALL, JSON.stringify(all)], {
    env: { PYTHONPATH: HELPERS },
  }).ended;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout.trim().split('\n');
}

test('what it cannot work with is told as it is installed', async () => {
  const without = /^celery.exceptions.ImproperlyConfigured: prodserver_once needs the URL of a Redis/;
  const [amqp, backend, sentinel, given, bad, hidden] = await install(
    ['amqp://localhost'],
    ['amqp://localhost', 'redis://localhost/1'],
    ['sentinel://localhost:26379'],
    ['redis://localhost', '', 'memcached://localhost'],
    ['redis://localhost/0?nonsense=1'],
    ['redis://localhost', '', '', true],
  );
  expect(amqp).toMatch(without);
  expect(backend).toBe('installed');
  expect(sentinel).toMatch(without);
  expect(given).toMatch(without);
  expect(bad).toMatch(/ImproperlyConfigured: prodserver_once: redis does not take that URL/);
  expect(hidden).toBe(
    'celery.exceptions.ImproperlyConfigured: prodserver_once needs the redis package: pip install redis',
  );
});
