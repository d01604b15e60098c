/** How much memory there is, by the files of a machine and of its cgroups. */
import { expect, test } from 'vitest';
import { availableMemory } from '../../src/os/available-memory.ts';

const GIB = 1024 ** 3;
const MACHINE = { '/proc/meminfo': 'MemTotal:        8388608 kB\nMemFree: 1 kB\n' };
const read = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? null;

test('the machine has what its kernel says', () => {
  expect(availableMemory(read(MACHINE))).toEqual({ bytes: 8 * GIB, of: 'machine' });
  expect(availableMemory(read({}))).toBeNull();
});

test('cgroup v2', () => {
  const files = { ...MACHINE, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${GIB}\n` };
  expect(availableMemory(read(files))).toEqual({ bytes: GIB, of: 'cgroup' });
  const host = { ...files, '/proc/self/cgroup': '0::/../docker/0123\n' };
  expect(availableMemory(read(host))).toEqual({ bytes: GIB, of: 'cgroup' });
});

test('cgroup v1, whose "no limit" is a number', () => {
  const lines = '5:cpu,cpuacct:/x\n4:memory:/docker/0123\n0::/y\n';
  const file = '/sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes';
  const files = { ...MACHINE, '/proc/self/cgroup': lines };
  expect(availableMemory(read({ ...files, [file]: `${3 * GIB}\n` }))).toEqual({
    bytes: 3 * GIB,
    of: 'cgroup',
  });
  expect(availableMemory(read({ ...files, [file]: '9223372036854771712\n' }))).toEqual({
    bytes: 8 * GIB,
    of: 'machine',
  });
});

test('a limit above what the machine has is none', () => {
  const files = { ...MACHINE, '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': `${64 * GIB}\n` };
  expect(availableMemory(read(files))).toEqual({ bytes: 8 * GIB, of: 'machine' });
});

test('this machine has some', () => {
  expect(availableMemory()?.bytes).toBeGreaterThan(2 ** 20);
});
