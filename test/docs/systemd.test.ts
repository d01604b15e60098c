/** The unit of docs/systemd.md is one that systemd takes, and says nothing about. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Rig, ROOT } from '../support/rig.ts';
import { docsBlocks } from './blocks.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'systemd.md'), 'utf8');

/** What systemd says of a unit, which it only reads; the path of the program becomes one that is there. */
function verify(rig: Rig, units: Readonly<Record<string, string>>): string {
  const paths = Object.entries(units).map(([name, unit]) =>
    rig.write(name, unit.replaceAll('/usr/local/bin/prodserver', rig.bin)),
  );
  const argv = ['verify', '--man=no', ...paths];
  const { status, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
  return status === 0 ? stderr.replaceAll(`${rig.folder}/`, '') : `exit code ${status}: ${stderr}`;
}

test('systemd has nothing to say of it, and would have', () => {
  const rig = new Rig();
  const [unit = ''] = docsBlocks(PAGE, 'ini');
  expect(unit).toContain('Type=notify\n');
  expect(verify(rig, { 'shop.service': unit })).toBe('');
  expect(verify(rig, { 'shop.service': unit.replace('WatchdogSec', 'WatchDogSec') })).toMatch(
    /^shop\.service:\d+: Unknown key(?: name)? 'WatchDogSec' in section .Service.+, ignoring\.\n$/,
  );
});

test('nor of the socket beside it', () => {
  const rig = new Rig();
  const [unit = '', socket = ''] = docsBlocks(PAGE, 'ini');
  const service = unit.replace('[Service]\n', '[Service]\nSockets=shop.socket\n');
  expect(socket).toContain('ListenStream=');
  expect(verify(rig, { 'shop.service': service, 'shop.socket': socket })).toBe('');
  expect(
    verify(rig, { 'shop.service': service, 'shop.socket': socket.replace('Backlog', 'BackLog') }),
  ).toMatch(/^shop\.socket:\d+: Unknown key(?: name)? 'BackLog' in section .Socket.+, ignoring\.\n$/);
});

test('its manifest is valid', async () => {
  const rig = new Rig();
  rig.manifest(docsBlocks(PAGE, 'yaml')[0] ?? '');
  expect(await rig.run(['check', '--strict'])).toMatchObject({ code: 0 });
});
