import { describe, expect, test } from 'vitest';
import { findSource, sourceId } from '../../src/manifest/source.ts';
import type { Environment } from '../../src/manifest/interpolate.ts';
import { newFolder, write } from './support.ts';

const SETTINGS = { DJANGO_SETTINGS_MODULE: 'shop.settings' };

/** Its identity, or the code of what is wrong; `file` is what is here. */
function found(
  given: { readonly manifest?: string; readonly settings?: string },
  env: Environment = {},
  file: string | null = null,
): string {
  const folder = newFolder();
  if (file !== null) write(folder, file, '{}');
  const { manifest = null, settings = null } = given;
  const source = findSource({ manifest, settings }, folder, env);
  if (!source.ok) return source.error.code;
  return sourceId(source.value, folder).replace(folder, 'FOLDER');
}

describe('the manifest is', () => {
  test('the settings that are named, whatever else there is', () => {
    const env = { ...SETTINGS, PRODSERVER_MANIFEST: 'prodserver.yaml' };
    expect(found({ settings: 'shop.production' }, env, 'prodserver.yaml')).toBe('FOLDER:shop.production');
  });

  test('else a file, else the settings of the environment', () => {
    expect(found({}, SETTINGS, 'prodserver.yaml')).toBe('FOLDER/prodserver.yaml');
    expect(found({}, SETTINGS)).toBe('FOLDER:shop.settings');
    expect(found({}, { DJANGO_SETTINGS_MODULE: '' })).toBe('manifest-missing');
  });

  test('never the settings in place of a file that was named', () => {
    expect(found({ manifest: 'other.yaml' }, SETTINGS)).toBe('manifest-missing');
    expect(found({}, { ...SETTINGS, PRODSERVER_MANIFEST: 'other.yaml' })).toBe('manifest-missing');
    expect(found({ manifest: '-' }, SETTINGS)).toBe('-');
  });

  test('one of the two', () => {
    expect(found({ manifest: 'prodserver.yaml', settings: 'shop.settings' })).toBe('usage');
  });

  test.each(['', 'shop/settings.py', 'settings.py', '--all'])(
    'no settings by the name of "%s"',
    (settings) => {
      expect(found({ settings })).toBe('usage');
    },
  );
});
