import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the manual page is well formed', () => {
  const { status, stdout } = spawnSync('mandoc', ['-Tlint', '-W', 'error', 'docs/man/prodserver.1'], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, '']);
});
