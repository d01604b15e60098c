import { expect, test } from 'vitest';
import { readPss } from '../../src/os/memory.ts';
import { readMemory } from '../../src/os/proc.ts';
import { Rig } from '../support/rig.ts';

/** 60 MB that three processes share. */
const FORKS = `
import os, signal
block = b'x' * 60_000_000
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        signal.pause()
    children.append(child)
print('up', *children, flush=True)
signal.pause()
`;

test('shared pages of a tree count once', async () => {
  const one = new Rig().spawn(['python3', '-c', FORKS]);
  const [, first, second] = await one.says(/up (\d+) (\d+)\n/);
  const pids = [one.pid, Number(first), Number(second)];
  const rss = pids.reduce((sum, pid) => sum + (readMemory(pid).rss ?? 0), 0);
  expect(rss).toBeGreaterThan(180_000_000);
  const pss = await readPss(pids);
  expect(pss).toBeGreaterThan(60_000_000);
  expect(pss).toBeLessThan(100_000_000);
});

test('what is gone counts nothing, and where all are gone nothing is known', async () => {
  const one = new Rig().spawn(['true']);
  await one.ended;
  expect(await readPss([one.pid])).toBeNull();
  expect(await readPss([one.pid, process.pid])).toBeGreaterThan(10_000_000);
});
