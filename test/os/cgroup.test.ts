import { expect, test } from 'vitest';
import { readCgroup } from '../../src/os/cgroup.ts';

const GiB = 1024 ** 3;
const of = (files: Readonly<Record<string, string>>) =>
  readCgroup('/proc/self', (path) => files[path] ?? null);

test('version 2: the smallest limit of the group and those above it', () => {
  const files = {
    '/proc/self/cgroup': '0::/system.slice/shop.service\n',
    '/sys/fs/cgroup/system.slice/shop.service/memory.max': 'max\n',
    '/sys/fs/cgroup/system.slice/shop.service/cpu.max': '150000 100000\n',
    '/sys/fs/cgroup/system.slice/memory.max': `${2 * GiB}\n`,
    '/sys/fs/cgroup/system.slice/memory.current': `${GiB}\n`,
    '/sys/fs/cgroup/system.slice/memory.stat': `anon 1\ninactive_file ${GiB / 4}\n`,
    '/sys/fs/cgroup/system.slice/cpu.max': 'max 100000\n',
  };
  expect(of(files)).toEqual({ version: 2, memoryLimit: 2 * GiB, memoryUsed: 0.75 * GiB, cpus: 1.5 });
});

test('version 2 in a container, whose mount shows only its own part', () => {
  const files = {
    '/proc/self/cgroup': '0::/docker/abc\n',
    '/sys/fs/cgroup/memory.max': `${GiB}\n`,
    '/sys/fs/cgroup/memory.current': '5000\n',
    '/sys/fs/cgroup/cpu.max': '50000 100000\n',
  };
  expect(of(files)).toEqual({ version: 2, memoryLimit: GiB, memoryUsed: 5000, cpus: 0.5 });
});

test('version 1', () => {
  const files = {
    '/proc/self/cgroup': '5:cpu,cpuacct:/shop\n4:memory:/shop\n0::/\n',
    '/sys/fs/cgroup/memory/shop/memory.limit_in_bytes': `${GiB}\n`,
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/shop/memory.usage_in_bytes': '6000\n',
    '/sys/fs/cgroup/memory/shop/memory.stat': 'total_inactive_file 1000\n',
    '/sys/fs/cgroup/cpu/shop/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu/shop/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  expect(of(files)).toEqual({ version: 1, memoryLimit: GiB, memoryUsed: 5000, cpus: 2 });
});

test('none', () => {
  expect(of({})).toEqual({ version: null, memoryLimit: null, memoryUsed: null, cpus: null });
});
