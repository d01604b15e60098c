/** The kernel's own counter, in a memory cgroup of the test's; and how long a kill explains a death. */
import { describe, expect, test } from 'vitest';
import { newOomWatch } from '../../src/os/oom.ts';
import { FakeClock } from '../logs/support.ts';
import { memoryGroup } from '../support/memory-group.ts';
import { Rig } from '../support/rig.ts';

describe('a kill', () => {
  const watch = () => {
    const clock = new FakeClock();
    const world = { text: 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n' as string | null };
    return { clock, world, oom: newOomWatch(clock, () => world.text) };
  };

  test('from before does not count; one since the last look does, for five seconds', () => {
    const { clock, world, oom } = watch();
    expect(oom.recent()).toBe(false);
    world.text = 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 4\noom_group_kill 0\n';
    expect(oom.recent()).toBe(true);
    clock.pass(5000);
    expect(oom.recent()).toBe(true);
    clock.pass(1);
    expect(oom.recent()).toBe(false);
  });

  test('that a look has met explains a death a moment later', () => {
    const { clock, world, oom } = watch();
    world.text = 'oom_kill 4\n';
    oom.look();
    clock.pass(2000);
    expect(oom.recent()).toBe(true);
  });

  test('is not known where there is no counter', () => {
    const { world, oom } = watch();
    world.text = null;
    expect(oom.recent()).toBe(false);
  });
});

test('a process that the kernel kills for want of memory is said to be', async ({ skip }) => {
  const rig = new Rig();
  const group =
    memoryGroup(200 * 1024 * 1024) ??
    skip('no memory cgroup can be made here: it needs root and a writable /sys/fs/cgroup');
  rig.write('eat.py', 'import time\ntime.sleep(1.3)\nhoard = bytearray(400 * 1024 * 1024)\n');
  rig.manifest('PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [python3, eat.py]}\n');
  const start = rig.spawn([...group.command, process.execPath, rig.bin, 'start', '--all']);
  await start.says(/job\.1 RUNNING -> STARTING \(ended by SIGKILL: out of memory; started again: pid \d+\)/);
  const [row] = await rig.status();
  expect(row?.exits).toEqual([expect.objectContaining({ code: null, signal: 'SIGKILL', reason: 'oom' })]);
  start.kill('SIGQUIT');
  await start.ended;
  await group.empty();
});
