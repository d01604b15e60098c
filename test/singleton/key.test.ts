import { describe, expect, test } from 'vitest';
import type { HelperResult } from '../../src/os/run.ts';
import { failure } from '../../src/model/failure.ts';
import { lockKey } from '../../src/singleton/key.ts';
import { application, BEAT, beat, never } from './support.ts';

const keyOf = async (change: Partial<HelperResult> = {}) => lockKey(beat(), application(change).ask, never());

const telling = async (answer: unknown) => keyOf({ answer: JSON.stringify(answer) });

const APP = { v: 1, main: 'shop', broker: 'redis://cache:6379/0', scope: {} };

async function key(answer: unknown): Promise<string> {
  const result = await telling(answer);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('a name', () => {
  test('is the key, and nobody is asked', async () => {
    const { ask, orders } = application();
    const named = (name: string) => lockKey(beat({ kind: 'name', name }), ask, never());
    expect(await named('shop')).toEqual({ ok: true, value: 'name shop' });
    expect(await named('shop')).not.toEqual(await named('shop-staging'));
    expect(orders).toEqual([]);
  });

  test('is no application', async () => {
    const name = await key(APP);
    expect(await lockKey(beat({ kind: 'name', name }), application().ask, never())).not.toEqual({
      ok: true,
      value: name,
    });
  });
});

describe('an application', () => {
  test('is asked in its own folder and environment, for an answer on descriptor 3', async () => {
    const { ask, orders } = application();
    const abort = never();
    const identity = { user: 'shop', group: null, umask: null, limits: {} };
    await lockKey({ ...beat(), identity, envFiles: ['/etc/shop.env'] }, ask, abort);
    expect(orders).toEqual([
      {
        argv: ['python', 'probe.py', 'shop.celery.app'],
        env: { DJANGO_SETTINGS_MODULE: 'shop.settings', PRODSERVER_PROBE_FD: '3' },
        cwd: '/srv/shop',
        identity,
        envFiles: ['/etc/shop.env'],
        timeoutMs: 60_000,
        abort,
      },
    ]);
    expect(orders[0]?.abort).toBe(abort);
  });

  test('that may not be asked as its user is told as a spawn of it would be', async () => {
    const refused = { permanent: true, failure: failure('user-unknown', { user: 'shop' }) };
    const { ask } = application({ refused });
    expect(await lockKey(beat(), ask, never())).toEqual({ ok: false, error: refused });
  });

  test('has one key however its scope is ordered', async () => {
    const scope = { region: 'eu', global_keyprefix: 'shop' };
    const turned = { global_keyprefix: 'shop', region: 'eu' };
    expect(await key({ ...APP, scope })).toBe(await key({ ...APP, scope: turned }));
  });

  test.each([
    ['its name', { ...APP, main: 'config' }],
    ['its broker', { ...APP, broker: 'redis://cache:6379/1' }],
    ['its scope', { ...APP, scope: { global_keyprefix: 'staging' } }],
    ['several brokers', { ...APP, broker: ['redis://cache:6379/0', 'redis://other:6379/0'] }],
  ])('has another key with another %s', async (_, other) => {
    expect(await key(other)).not.toBe(await key(APP));
  });

  test('without a name goes by its path', async () => {
    expect(await key({ ...APP, main: null })).toBe(
      await key({ ...APP, main: BEAT.kind === 'application' && BEAT.app }),
    );
  });
});

const broken = (permanent: boolean, exit: HelperResult['exit']) => ({
  ok: false,
  error: { permanent, failure: { code: 'application-broken', facts: { app: 'shop.celery.app', exit } } },
});

describe('an application that does not answer', () => {
  test("Celery's exit 2, APP not found, is permanent, with what it said", async () => {
    const exit = { code: 2, signal: null };
    const said = ['Traceback', 'ImportError: no module named shop'];
    const result = await keyOf({ exit, said, answer: '' });
    expect(result).toMatchObject(broken(true, exit));
    expect(result).toMatchObject({ error: { failure: { facts: { output: said } } } });
  });

  test.each([
    { code: 1, signal: null },
    { code: null, signal: 'SIGKILL' },
  ])('another end is worth another attempt: %o', async (exit) => {
    expect(await keyOf({ exit })).toMatchObject(broken(false, exit));
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'broker'],
    ['another version', JSON.stringify({ ...APP, v: 2 })],
    ['no broker', JSON.stringify({ ...APP, broker: undefined })],
    ['a list', '[]'],
    ['null', 'null'],
  ])('an answer of %s is worth another attempt', async (_, answer) => {
    expect(await keyOf({ answer })).toMatchObject(broken(false, { code: 0, signal: null }));
  });

  test('silence is worth another attempt, whatever its end was', async () => {
    const exit = { code: 2, signal: null };
    expect(await keyOf({ timedOut: true, exit, answer: '', said: ['connecting'] })).toMatchObject({
      ok: false,
      error: {
        permanent: false,
        failure: {
          code: 'application-silent',
          facts: { app: 'shop.celery.app', seconds: 60, output: ['connecting'] },
        },
      },
    });
  });

  test('a missing interpreter is permanent', async () => {
    expect(await keyOf({ errno: 'ENOENT', exit: { code: null, signal: null }, answer: '' })).toMatchObject({
      ok: false,
      error: { permanent: true, failure: { code: 'program-missing', facts: { program: 'python' } } },
    });
  });

  test.each(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'])('%s is worth another attempt', async (errno) => {
    expect(await keyOf({ errno, exit: { code: null, signal: null }, answer: '' })).toMatchObject({
      ok: false,
      error: { permanent: false },
    });
  });
});
