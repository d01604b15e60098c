/** Where the manifest and the interpreter are looked for, with real folders. */
import { join } from 'node:path';
import { readdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findManifest, loadManifest } from '../../src/manifest/load.ts';
import { findPython } from '../../src/manifest/python.ts';
import { newFolder, processes, tell, worker, write } from './support.ts';

test('the interpreter: each place wins over those after it', () => {
  const folder = newFolder();
  const venv = (name: string): string => join(write(folder, `${name}/bin/python`, ''), '..', '..');
  expect(findPython(undefined, folder, {})).toBe('python3');
  venv('venv');
  expect(findPython(undefined, folder, {})).toBe(`${folder}/venv/bin/python`);
  venv('.venv');
  expect(findPython(undefined, folder, {})).toBe(`${folder}/.venv/bin/python`);
  const active = venv('elsewhere/active');
  expect(findPython(undefined, folder, { VIRTUAL_ENV: active })).toBe(`${active}/bin/python`);
  expect(findPython('/usr/bin/python3.12', folder, { VIRTUAL_ENV: active })).toBe('/usr/bin/python3.12');
});

test('the interpreter: an active environment that is gone is passed over', () => {
  const folder = newFolder();
  write(folder, '.venv/bin/python', '');
  for (const gone of [`${folder}/gone`, '']) {
    expect(findPython(undefined, folder, { VIRTUAL_ENV: gone })).toBe(`${folder}/.venv/bin/python`);
  }
});

test('the interpreter: a path is of the manifest’s folder, a bare name is of PATH', () => {
  expect(findPython('.venv/bin/python', '/srv/app', {})).toBe('/srv/app/.venv/bin/python');
  expect(findPython('../venv/bin/python', '/srv/app', {})).toBe('/srv/venv/bin/python');
  expect(findPython('python3.12', '/srv/app', {})).toBe('python3.12');
});

test('the interpreter: a link stays a link, since a virtual environment is one', () => {
  const folder = newFolder();
  const base = write(folder, 'base/python', '');
  write(folder, '.venv/bin/activate', '');
  symlinkSync(base, `${folder}/.venv/bin/python`);
  expect(findPython(undefined, folder, {})).toBe(`${folder}/.venv/bin/python`);
});

test('the interpreter: SUPERVISOR.python runs the processes', () => {
  const argv = processes(`SUPERVISOR: {python: /opt/python}\n${worker()}`)[0]?.argv;
  expect(argv?.[0]).toBe('/opt/python');
});

const found = (
  given: string | undefined,
  folder: string,
  env: Record<string, string> = {},
): string | null => {
  const result = findManifest(given, folder, env);
  return result.ok ? result.value : null;
};

test('the manifest: .yaml, then .yml, then .json', () => {
  const folder = newFolder();
  expect(found(undefined, folder)).toBeNull();
  for (const name of ['prodserver.json', 'prodserver.yml', 'prodserver.yaml']) {
    const path = write(folder, name, '{}');
    expect(found(undefined, folder)).toBe(path);
  }
});

test('the manifest: --manifest, then PRODSERVER_MANIFEST, then the usual names', () => {
  const folder = newFolder();
  const usual = write(folder, 'prodserver.yaml', '{}');
  const named = write(folder, 'deploy/prod.yaml', '{}');
  expect(found(undefined, folder, { PRODSERVER_MANIFEST: 'deploy/prod.yaml' })).toBe(named);
  expect(found('prodserver.yaml', folder, { PRODSERVER_MANIFEST: 'deploy/prod.yaml' })).toBe(usual);
  expect(found(undefined, folder, { PRODSERVER_MANIFEST: '' })).toBe(usual);
});

test('the manifest: a name that is not there is not replaced by the usual ones', () => {
  const folder = newFolder();
  write(folder, 'prodserver.yaml', '{}');
  expect(found('other.yaml', folder)).toBeNull();
  expect(found(undefined, folder, { PRODSERVER_MANIFEST: 'other.yaml' })).toBeNull();
});

test('the manifest: standard input', () => {
  expect(found('-', '/nowhere')).toBe('-');
});

test('JSON says the same as YAML', () => {
  const entry = {
    BACKEND: 'CeleryWorker',
    APP: 'shop.celery.app',
    ARGS: { concurrency: 4, queues: ['a', 'b'] },
  };
  const json = JSON.stringify({ PRODUCTION_PROCESSES: { worker: entry } }, null, 2);
  const fromJson = processes(json, { name: 'prodserver.json' });
  const fromYaml = processes(worker('ARGS: {concurrency: 4, queues: [a, b]}'));
  expect(fromJson.map((spec) => spec.argv)).toEqual(fromYaml.map((spec) => spec.argv));
});

test('the plan names the real file, and relative folders are the manifest’s', () => {
  const folder = newFolder();
  const real = write(folder, 'releases/1/prodserver.yaml', worker('CWD: app'));
  symlinkSync(`${folder}/releases/1`, `${folder}/current`);
  const loaded = loadManifest(`${folder}/current/prodserver.yaml`, 'p', {}, '/');
  expect(tell(loaded)).toBe('');
  expect(loaded.plan?.manifest).toBe(real);
  // The link is not resolved: the next release moves it.
  expect(loaded.plan?.processes[0]?.cwd).toBe(`${folder}/current/app`);
});

test('the manifests of the sample are right', () => {
  const shop = join(import.meta.dirname, '..', '..', 'fixtures', 'shop');
  for (const name of readdirSync(shop).filter((file) => file.endsWith('.yaml'))) {
    const loaded = loadManifest(join(shop, name), name, { SHOP_FLOWER_AUTH: 'user:password' }, shop);
    expect(tell(loaded)).toBe('');
  }
});
