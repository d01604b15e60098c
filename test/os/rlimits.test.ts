import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseRlimits, readRlimits } from '../../src/os/rlimits.ts';

test("every limit of prlimit(1) is read from the kernel's own text", () => {
  const names = execFileSync('prlimit', ['--noheadings', '--output', 'RESOURCE'], { encoding: 'utf8' });
  const known = Object.keys(parseRlimits(readFileSync('/proc/self/limits', 'utf8')));
  expect(known.toSorted()).toEqual(names.toLowerCase().split(/\s+/).filter(Boolean).toSorted());
});

test('soft and hard', () => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max open files            1024                 524288               files     ',
    'Max core file size        0                    unlimited            bytes     ',
  ].join('\n');
  expect(parseRlimits(text)).toEqual({
    nofile: { soft: 1024, hard: 524_288 },
    core: { soft: 0, hard: Infinity },
  });
  expect(readRlimits(0)).toEqual({});
});
