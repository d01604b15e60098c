/** Versions read from an interpreter's folders, without running it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { isOlder } from '../../src/model/version.ts';
import { installedVersion } from '../../src/os/packages.ts';
import { pinned, SHOP_PINS } from '../python/harness.ts';

/** A folder shaped as pip shapes one. */
function prefix(...packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'prefix-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'python'), '');
  for (const path of packages) mkdirSync(join(folder, 'lib', path), { recursive: true });
  return folder;
}

test('a real virtual environment', () => {
  const python = inject('wholePython');
  expect(installedVersion(python, 'celery')).toBe(pinned(SHOP_PINS, 'celery'));
  // Underscores in its folder's name.
  expect(installedVersion(python, 'django-celery-beat')).toBe(pinned(SHOP_PINS, 'django-celery-beat'));
  expect(installedVersion(python, 'Django')).toBe(pinned(SHOP_PINS, 'Django'));
  expect(installedVersion(python, 'no-such-package')).toBeNull();
});

test('a command is looked for on PATH', () => {
  const folder = prefix('python3.12/site-packages/celery-5.6.2.dist-info');
  const env = { PATH: `/nonexistent:${join(folder, 'bin')}` };
  expect(installedVersion('python', 'celery', env)).toBe('5.6.2');
  expect(installedVersion('python3', 'celery', env)).toBeNull();
});

test('an interpreter that is a link belongs to the folder that it stands in', () => {
  const system = prefix('python3.12/site-packages/celery-5.4.0.dist-info');
  const venv = prefix('python3.12/site-packages/celery-5.7.0.dist-info');
  rmSync(join(venv, 'bin', 'python'));
  symlinkSync(join(system, 'bin', 'python'), join(venv, 'bin', 'python'));
  expect(installedVersion(join(venv, 'bin', 'python'), 'celery')).toBe('5.7.0');
});

test('Debian’s place', () => {
  const folder = prefix('python3/dist-packages/celery-5.2.6.dist-info');
  expect(installedVersion(join(folder, 'bin', 'python'), 'celery')).toBe('5.2.6');
});

test('several versions: the interpreter alone knows which comes first', () => {
  const folder = prefix('python3/dist-packages/celery-5.2.6.dist-info');
  const python = join(folder, 'bin', 'python');
  const own = 'local/lib/python3.12/dist-packages/celery-5.7.0.dist-info';
  mkdirSync(join(folder, own), { recursive: true });
  expect(installedVersion(python, 'celery', {})).toBeNull();
  rmSync(join(folder, own), { recursive: true });
  const home = mkdtempSync(join(folder, 'home-'));
  mkdirSync(join(home, '.local/lib/python3.12/site-packages/celery-5.7.0.dist-info'), { recursive: true });
  expect(installedVersion(python, 'celery', { HOME: home })).toBeNull();
  // A virtual environment sees neither.
  writeFileSync(join(folder, 'pyvenv.cfg'), '');
  expect(installedVersion(python, 'celery', { HOME: home })).toBe('5.2.6');
});

test('nothing is known of what is not there', () => {
  expect(installedVersion('/nonexistent/bin/python', 'celery')).toBeNull();
  expect(installedVersion('bin/python', 'celery')).toBeNull();
  const other = prefix(
    'python3.12/site-packages/django_celery_beat-2.9.0.dist-info',
    'ruby/celery-1.dist-info',
  );
  expect(installedVersion(join(other, 'bin', 'python'), 'celery')).toBeNull();
});

test.each([
  ['5.4.0', '5.6', true],
  ['5.5.3', '5.6', true],
  ['5.6.0', '5.6', false],
  ['5.6', '5.6', false],
  ['5.7.0rc1', '5.7', false],
  ['5.10.0', '5.7', false],
  ['4.9', '5.0', true],
  ['6.0', '5.7', false],
])('%s before %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});
