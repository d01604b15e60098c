/** What the kernel tells of folders that are watched, and what files hold. */
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { changedAt, isVenv, listFolder, printOf } from '../../src/os/contents.ts';
import { lastingPath } from '../../src/os/files.ts';
import { shebangOf } from '../../src/os/shebang.ts';
import { watchFolders, type Chokidar } from '../../src/os/watch.ts';
import { until } from '../support/rig.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ps-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

interface Heard {
  /** Waits until a name was heard of in a folder after the last time, and forgets it. */
  of(folder: string, name: string | null): Promise<void>;
  readonly all: Set<string>;
}

async function watched(folder: string, skips: ((one: string) => boolean) | null = null): Promise<Heard> {
  const all = new Set<string>();
  const end = await watchFolders({
    folders: [folder],
    skips,
    heard: (where, name) => void all.add(`${where} ${name}`),
    refused: (errno) => void all.add(errno),
  });
  onTestFinished(end);
  return {
    all,
    of: async (where, name) => {
      await until(
        () => all.delete(`${where} ${name}`),
        `word of ${name} in ${where}: ${[...all].join(', ')}`,
      );
    },
  };
}

test('a file that is written, replaced by another of its name, removed and made again', async () => {
  const folder = newFolder();
  const file = join(folder, 'prodserver.yaml');
  writeFileSync(file, 'one');
  const heard = await watched(folder);
  for (let round = 0; round < 2; round += 1) {
    writeFileSync(file, 'two');
    await heard.of(folder, 'prodserver.yaml');
    writeFileSync(`${file}.draft`, 'three');
    await heard.of(folder, 'prodserver.yaml.draft');
    renameSync(`${file}.draft`, file);
    await heard.of(folder, 'prodserver.yaml');
    unlinkSync(file);
    await heard.of(folder, 'prodserver.yaml');
    writeFileSync(file, 'four');
    await heard.of(folder, 'prodserver.yaml');
  }
});

test.each(['stays', 'is removed'])('a ConfigMap that is swapped, when the old folder %s', async (old) => {
  const folder = newFolder();
  const put = (version: string): void => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'prodserver.yaml'), version);
    symlinkSync(version, join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
  };
  put('..1');
  const file = join(folder, 'prodserver.yaml');
  symlinkSync('..data/prodserver.yaml', file);
  const name = lastingPath(file);
  const [before, heard] = [await printOf(file), await watched(folder)];
  put('..2');
  await heard.of(folder, '..data');
  expect(await printOf(file)).not.toBe(before);
  if (old === 'is removed') rmSync(join(folder, '..1'), { recursive: true });
  put('..3');
  await heard.of(folder, '..data');
  expect([lastingPath(file), name]).toEqual([file, file]);
});

test('folders below: those that are skipped are silent, and one that comes later is told and watched', async () => {
  const folder = newFolder();
  for (const name of ['shop', 'skipped/deep']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'shop', 'tasks.py'), 'one');
  const heard = await watched(folder, (one) => one.endsWith('/skipped'));
  writeFileSync(join(folder, 'skipped', 'deep', 'x.py'), 'one');
  writeFileSync(join(folder, 'skipped', 'y.py'), 'one');
  writeFileSync(join(folder, 'shop', 'tasks.py'), 'two');
  await heard.of(join(folder, 'shop'), 'tasks.py');
  const young = join(folder, 'shop', 'young');
  mkdirSync(young);
  await heard.of(young, null);
  // Its watch may come after this: who hears of a new folder looks at all of it.
  await until(() => {
    writeFileSync(join(young, 'z.py'), String(Math.random()));
    return heard.all.has(`${young} z.py`);
  }, 'word of a file in the new folder');
  expect([...heard.all].filter((one) => one.includes('skipped/'))).toEqual([]);
});

test('a kernel that has no watch left is told, and what is watched stays so', async () => {
  const told: string[] = [];
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const emitter = {
    on(name: string, listener: (...args: unknown[]) => void) {
      listeners.set(name, listener);
      return emitter;
    },
    close: async () => void told.push('closed'),
  };
  const chokidar: Chokidar = {
    watch: () => {
      const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
      setImmediate(() => listeners.get('error')?.(full));
      return emitter;
    },
  };
  const end = await watchFolders(
    {
      folders: ['/app'],
      skips: null,
      heard: (folder, name) => void told.push(`${folder} ${name}`),
      refused: (errno) => void told.push(errno),
    },
    async () => chokidar,
  );
  listeners.get('raw')?.('change', 'a.py', { watchedPath: '/app' });
  end();
  expect(told).toEqual(['ENOSPC', '/app a.py', 'closed']);
});

test('what a file holds', async () => {
  const folder = newFolder();
  const [one, other] = [join(folder, 'a.py'), join(folder, '.hidden.py')];
  writeFileSync(one, 'x');
  writeFileSync(other, 'x');
  const [first, listed] = [await printOf(one), await listFolder(folder, '.py')];
  expect(first).toBe(await printOf(other));
  utimesSync(one, 1, 1);
  expect(await printOf(one)).toBe(first);
  expect((await listFolder(folder, '.py'))?.files).not.toEqual(listed?.files);
  expect([...(listed?.files.keys() ?? [])]).toEqual(['a.py']);
  writeFileSync(one, '');
  expect([await printOf(one), await printOf(join(one, 'x'))]).toEqual(['empty', 'missing']);
  const modules = await printOf(folder);
  writeFileSync(join(folder, 'notes.txt'), 'x');
  expect(await printOf(folder)).toBe(modules);
  writeFileSync(join(folder, 'b.py'), 'x');
  expect(await printOf(folder)).not.toBe(modules);
  expect([await changedAt(join(folder, 'none')), await listFolder(join(folder, 'none'), '.py')]).toEqual([
    null,
    null,
  ]);
  writeFileSync(one, Buffer.alloc(2 * 1024 * 1024));
  expect(await printOf(one)).toMatch(/^large 2097152 /);
  expect(isVenv(folder)).toBe(false);
  writeFileSync(join(folder, 'pyvenv.cfg'), '');
  expect(isVenv(folder)).toBe(true);
});

test('the first line of a script, by its path or by a name', () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'rq'), '#!/venv/bin/python3\nimport rq\n');
  writeFileSync(join(folder, 'plain'), 'no script');
  expect([
    shebangOf('rq', '/', `/nowhere:${folder}`),
    shebangOf('./rq', folder, ''),
    shebangOf('plain', '/', folder),
    shebangOf('none', '/', folder),
  ]).toEqual(['#!/venv/bin/python3', '#!/venv/bin/python3', null, null]);
});
