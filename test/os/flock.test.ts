import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { tryFlock } from '../../src/os/flock.ts';
import { Rig } from '../support/rig.ts';

/** Locks the file until it is killed. */
const HOLDER = `import fcntl, sys, time
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print('held', flush=True)
time.sleep(1000)
`;

const openFile = (path: string): number => {
  const fd = openSync(path, 'r+');
  onTestFinished(() => closeSync(fd));
  return fd;
};

/** The module anew: which way it goes is settled by the first call. */
async function load(without: boolean): Promise<typeof tryFlock> {
  vi.resetModules();
  vi.stubEnv('PRODSERVER_NO_KOFFI', without ? '1' : '');
  return (await import('../../src/os/flock.ts')).tryFlock;
}

afterEach(() => vi.unstubAllEnvs());

describe.each([
  ['with koffi', false],
  ["with util-linux's flock", true],
])('%s', (_, without) => {
  test('one descriptor has it, another is busy, and gets it when the first is closed', async () => {
    const take = await load(without);
    const path = new Rig().write('one.lock', '');
    const first = openSync(path, 'r+');
    const second = openFile(path);
    expect(take(first)).toEqual({ ok: true, value: 'locked' });
    expect(take(first)).toEqual({ ok: true, value: 'locked' });
    expect(take(second)).toEqual({ ok: true, value: 'busy' });
    closeSync(first);
    expect(take(second)).toEqual({ ok: true, value: 'locked' });
  });

  test('it is free the moment that its holder is killed', async () => {
    const take = await load(without);
    const rig = new Rig();
    const path = rig.write('one.lock', '');
    const holder = rig.spawn(['python3', '-c', HOLDER, path]);
    await holder.says(/held/);
    const fd = openFile(path);
    expect(take(fd)).toEqual({ ok: true, value: 'busy' });
    holder.kill('SIGKILL');
    await holder.ended;
    expect(take(fd)).toEqual({ ok: true, value: 'locked' });
  });

  test('a descriptor that is none is a failure', async () => {
    const take = await load(without);
    expect(take(9999)).toMatchObject({ ok: false, error: { code: 'lock-tool' } });
  });
});

test('without koffi and without flock it says what is missing', async () => {
  const take = await load(true);
  const fd = openFile(new Rig().write('one.lock', ''));
  vi.stubEnv('PATH', '/nonexistent');
  expect(take(fd)).toMatchObject({
    ok: false,
    error: { code: 'lock-tool', facts: { detail: expect.stringContaining('ENOENT') as string } },
  });
});
