import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allStats, isAlive, ownChildren, readMemory, readProc, readStat } from '../../src/os/proc.ts';
import { Rig, tryKill, until } from '../support/rig.ts';
import { start } from './support.ts';

test('a file that takes more than one read, and what cannot be read', () => {
  const rig = new Rig();
  const text = Array.from({ length: 20_000 }, (_, line) => `${line} \u00e9`).join('\n');
  expect(readProc(rig.write('long', Buffer.from(text, 'latin1')))).toBe(text);
  expect(readProc(rig.write('empty', ''))).toBe('');
  expect([rig.folder, '/proc/0/stat'].map(readProc)).toEqual([null, null]);
});

describe('stat', () => {
  test('of this process', () => {
    const stat = readStat('self');
    expect(stat).toMatchObject({ pid: process.pid, parent: process.ppid });
    expect(stat).toEqual(expect.objectContaining({ startTicks: readStat(process.pid)?.startTicks }));
    expect(stat?.startTicks).toBeGreaterThan(0);
    expect(allStats().map(({ pid }) => pid)).toContain(process.pid);
    expect(isAlive(process.pid)).toBe(true);
  });

  test.each(['with space', 'a) S 1 1', '(((', ')) Z ('])('of a process whose name is "%s"', async (name) => {
    const rig = new Rig();
    chmodSync(rig.write(name, '#!/bin/sh\necho up\nread line\n'), 0o755);
    const one = rig.spawn([`./${name}`], { input: true });
    await one.says(/up/);
    expect(readProc(`/proc/${one.pid}/comm`)).toBe(`${name}\n`);
    expect(readStat(one.pid)).toMatchObject({
      pid: one.pid,
      parent: process.pid,
      session: readStat('self')?.session,
      group: readStat('self')?.group,
    });
    expect(isAlive(one.pid)).toBe(true);
  });

  test('of a session of its own', async () => {
    const child = await start(new Rig(), ['sleep', '1000']);
    expect(readStat(child.pid)).toMatchObject({ group: child.pid, session: child.pid, terminal: 0 });
  });

  test('of a zombie: it is there, and not alive', async () => {
    const one = new Rig().spawn(['sh', '-c', 'sleep 1000 & echo $!; exec sleep 1000']);
    const [, pid] = await one.says(/(\d+)\n/);
    // A shell would reap it, sleep does not.
    await until(() => readProc(`/proc/${one.pid}/comm`) === 'sleep\n', 'the shell to be gone');
    tryKill(Number(pid));
    await until(() => readStat(Number(pid))?.state === 'Z', 'a zombie');
    expect(isAlive(Number(pid))).toBe(false);
  });

  test('of one that is gone', async () => {
    const one = new Rig().spawn(['true']);
    await one.ended;
    expect(readStat(one.pid)).toBeNull();
    expect(isAlive(one.pid)).toBe(false);
    expect(readMemory(one.pid)).toEqual({ pss: null, rss: null });
  });
});

test('own children are those of this process, not theirs', async () => {
  const rig = new Rig();
  const one = rig.spawn(['sh', '-c', 'sleep 1000 & echo $!; wait']);
  const [, grandchild] = await one.says(/(\d+)\n/);
  expect(ownChildren()).toContain(one.pid);
  expect(ownChildren()).not.toContain(Number(grandchild));
});

test('memory is in bytes', async () => {
  const one = new Rig().spawn(['python3', '-c', 'x = b"x" * 50_000_000; print("up", flush=True); input()'], {
    input: true,
  });
  await one.says(/up/);
  const { pss, rss } = readMemory(one.pid);
  expect(rss).toBeGreaterThan(50_000_000);
  expect(rss).toBeLessThan(200_000_000);
  expect(pss).toBeGreaterThan(50_000_000);
  expect(pss).toBeLessThanOrEqual(rss ?? 0);
});
