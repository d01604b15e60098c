import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileExists, helpersFolder, MANIFEST_LIMIT, readManifestText, realPath } from '../../src/os/files.ts';
import { Rig } from '../support/rig.ts';
import { program } from './support.ts';

test('a manifest is read whole, up to the limit', () => {
  const rig = new Rig();
  expect(readManifestText(rig.write('small', 'Grüße\n'))).toEqual({ ok: true, value: 'Grüße\n' });
  expect(readManifestText(rig.write('empty', ''))).toEqual({ ok: true, value: '' });
  const most = 'x'.repeat(MANIFEST_LIMIT);
  expect(readManifestText(rig.write('most', most))).toEqual({ ok: true, value: most });
  const path = rig.write('more', `${most}x`);
  expect(readManifestText(path)).toMatchObject({
    ok: false,
    error: { code: 'manifest-too-large', facts: { path, bytes: MANIFEST_LIMIT + 1, limit: MANIFEST_LIMIT } },
  });
});

test('one that is missing, or no file', () => {
  const rig = new Rig();
  const path = join(rig.folder, 'none');
  expect(readManifestText(path)).toMatchObject({
    ok: false,
    error: { code: 'manifest-missing', facts: { searched: [path] } },
  });
  mkdirSync(path);
  expect(readManifestText(path)).toMatchObject({
    ok: false,
    error: { code: 'manifest-unreadable', facts: { path, errno: 'EISDIR' } },
  });
});

test('`-` is standard input, with the same limit', async () => {
  const rig = new Rig();
  const path = program(
    rig,
    `import { readManifestText } from '$os/files.ts';
    const { ok, value, error } = readManifestText('-');
    console.log(ok ? value.length : error.code);`,
  );
  const bytes = async (count: number): Promise<string> => {
    const script = `head -c ${count} /dev/zero | "${process.execPath}" "${path}"`;
    return (await rig.spawn(['sh', '-c', script]).ended).stdout;
  };
  expect(await bytes(MANIFEST_LIMIT)).toBe(`${MANIFEST_LIMIT}\n`);
  expect(await bytes(MANIFEST_LIMIT + 1)).toBe('manifest-too-large\n');
});

test('a real path has its links resolved where there is something to resolve', () => {
  const rig = new Rig();
  const path = rig.write('v2/prodserver.yaml', '');
  symlinkSync('v2', join(rig.folder, 'current'));
  expect(realPath(join(rig.folder, 'current', 'prodserver.yaml'))).toBe(realPath(path));
  expect(realPath('-')).toBe('-');
  expect([path, `${path}.old`].map(fileExists)).toEqual([true, false]);
});

test('the helpers are found from the sources', () => {
  expect(existsSync(join(helpersFolder(), 'prodserver_probe.py'))).toBe(true);
});
