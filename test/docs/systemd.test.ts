/** The unit of docs/systemd.md is one that systemd takes, and says nothing about. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Rig, ROOT } from '../support/rig.ts';
import { docsBlocks } from './blocks.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'systemd.md'), 'utf8');

/** What systemd says of a unit, which it only reads; the path of the program becomes one that is there. */
function verify(rig: Rig, unit: string): string {
  const path = rig.write('shop.service', unit.replaceAll('/usr/local/bin/prodserver', rig.bin));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
  return status === 0 ? stderr.replaceAll(path, 'shop.service') : `exit code ${status}: ${stderr}`;
}

test('systemd has nothing to say of it, and would have', () => {
  const rig = new Rig();
  const [unit = ''] = docsBlocks(PAGE, 'ini');
  expect(unit).toContain('Type=notify\n');
  expect(verify(rig, unit)).toBe('');
  expect(verify(rig, unit.replace('WatchdogSec', 'WatchDogSec'))).toMatch(
    /^shop\.service:\d+: Unknown key(?: name)? 'WatchDogSec' in section .Service.+, ignoring\.\n$/,
  );
});
