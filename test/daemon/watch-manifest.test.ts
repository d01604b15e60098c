/** When a changed manifest is read again: once for each content, and only when it has become what it is to be. */
import { expect, test } from 'vitest';
import { newManifestWatch } from '../../src/daemon/watch-manifest.ts';
import { settle } from '../supervisor/instance-support.ts';
import { FakeClock } from '../logs/support.ts';

const MANIFEST = '/srv/prodserver.yaml';
const ENV = '/srv/env/prod.env';

/** Files that are what the test says, and how often the manifest was read for which of them. */
class Disk {
  readonly clock = new FakeClock();
  readonly files = new Map([
    [MANIFEST, 'one'],
    [ENV, 'a'],
  ]);
  readonly links = new Map<string, string>();
  sources = [MANIFEST, ENV];
  since = 0;
  readonly updates: (readonly string[])[] = [];
  readonly watches: {
    readonly folders: readonly string[];
    heard: (folder: string, name: string | null) => void;
  }[] = [];
  ended = 0;
  /** What the reading does beside being counted. */
  atUpdate: () => void = () => undefined;

  readonly watch = newManifestWatch({
    clock: this.clock,
    sources: () => this.sources,
    realPath: (path) => this.links.get(path) ?? path,
    printOf: async (path) => this.files.get(path) ?? 'missing',
    changedAt: async (path) => (this.files.has(path) ? this.since : null),
    watch: async (folders, heard) => {
      this.watches.push({ folders, heard });
      return () => void (this.ended += 1);
    },
    update: async (files) => {
      this.updates.push(files);
      await this.watch.reading(async () => this.atUpdate());
    },
  });

  static async begun(): Promise<Disk> {
    const disk = new Disk();
    await disk.watch.begin(1000);
    await disk.pass(100);
    return disk;
  }

  /** In small steps, since a look takes turns of the loop. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.pass(Math.min(50, left));
      await settle();
    }
  }

  async writes(file: string, text: string | null): Promise<void> {
    if (text === null) this.files.delete(file);
    else this.files.set(file, text);
    this.hears(file.slice(file.lastIndexOf('/') + 1));
    await settle();
  }

  hears(name: string | null): void {
    this.watches.at(-1)?.heard('/srv', name);
  }
}

test('a file that is written is read once it has been the same for a while', async () => {
  const disk = await Disk.begun();
  expect(disk.watches.map(({ folders }) => folders)).toEqual([['/srv', '/srv/env']]);
  await disk.writes(MANIFEST, 'half');
  await disk.pass(250);
  await disk.writes(MANIFEST, 'two');
  await disk.pass(300);
  expect(disk.updates).toEqual([]);
  await disk.pass(100);
  expect(disk.updates).toEqual([[MANIFEST]]);
  await disk.pass(60_000);
  expect(disk.updates).toHaveLength(1);
});

test('what holds the same as before is no news, whatever the kernel tells; other files of the folder are not looked at', async () => {
  const disk = await Disk.begun();
  await disk.writes(MANIFEST, 'one');
  await disk.pass(1000);
  await disk.writes(MANIFEST, 'two');
  await disk.writes(MANIFEST, 'one');
  await disk.pass(1000);
  expect(disk.updates).toEqual([]);
  const { armed } = disk.clock;
  disk.hears('db.sqlite3');
  expect(disk.clock.armed).toBe(armed);
});

test('where the kernel tells nothing, a look now and then sees it', async () => {
  const disk = await Disk.begun();
  disk.files.set(ENV, 'b');
  await disk.pass(5000);
  expect(disk.updates).toEqual([]);
  await disk.pass(400);
  expect(disk.updates).toEqual([[ENV]]);
});

test('one that is gone, or empty, may come again; else it is told once', async () => {
  const disk = await Disk.begun();
  await disk.writes(MANIFEST, null);
  await disk.pass(1500);
  await disk.writes(MANIFEST, 'empty');
  await disk.pass(1500);
  await disk.writes(MANIFEST, 'one');
  await disk.pass(10_000);
  expect(disk.updates).toEqual([]);
  await disk.writes(MANIFEST, null);
  await disk.pass(2100);
  expect(disk.updates).toEqual([[MANIFEST]]);
  await disk.pass(60_000);
  expect(disk.updates).toHaveLength(1);
  await disk.writes(MANIFEST, 'one');
  await disk.pass(400);
  expect(disk.updates).toHaveLength(2);
});

test('one that cannot be used is read once, and again when it holds something else', async () => {
  const disk = await Disk.begun();
  await disk.writes(MANIFEST, 'wrong');
  await disk.pass(30_000);
  await disk.writes(MANIFEST, 'wrong');
  await disk.pass(30_000);
  expect(disk.updates).toHaveLength(1);
  await disk.writes(MANIFEST, 'one');
  await disk.pass(400);
  expect(disk.updates).toHaveLength(2);
});

test('a ConfigMap: the link alone is replaced, and its new folder is watched', async () => {
  const disk = new Disk();
  disk.links.set(MANIFEST, '/srv/..1/prodserver.yaml');
  await disk.watch.begin(1000);
  await disk.pass(100);
  expect(disk.watches[0]?.folders).toEqual(['/srv', '/srv/..1', '/srv/env']);
  disk.links.set(MANIFEST, '/srv/..2/prodserver.yaml');
  disk.files.set(MANIFEST, 'two');
  disk.hears('..data');
  await disk.pass(400);
  expect(disk.updates).toEqual([[MANIFEST]]);
  expect(disk.watches[1]?.folders).toEqual(['/srv', '/srv/..2', '/srv/env']);
  expect(disk.ended).toBe(1);
});

test('what a reading has newly taken in is looked after from then on', async () => {
  const disk = await Disk.begun();
  const young = '/srv/young/backends.js';
  disk.files.set(young, 'x');
  disk.atUpdate = () => void (disk.sources = [MANIFEST, young]);
  await disk.writes(MANIFEST, 'two');
  await disk.pass(1000);
  expect(disk.watches.at(-1)?.folders).toEqual(['/srv', '/srv/young']);
  await disk.writes(ENV, 'b');
  await disk.pass(1000);
  expect(disk.updates).toEqual([[MANIFEST]]);
  await disk.writes(young, 'y');
  await disk.pass(1000);
  expect(disk.updates).toEqual([[MANIFEST], [young]]);
});

test('a change during a reading has a reading of its own; one by hand is not done again', async () => {
  const disk = await Disk.begun();
  disk.atUpdate = () => {
    disk.atUpdate = () => undefined;
    disk.files.set(MANIFEST, 'three');
    disk.hears('prodserver.yaml');
  };
  await disk.writes(MANIFEST, 'two');
  await disk.pass(2000);
  expect(disk.updates).toHaveLength(2);
  disk.files.set(MANIFEST, 'four');
  await disk.watch.reading(async () => undefined);
  await disk.pass(10_000);
  expect(disk.updates).toHaveLength(2);
});

test('what was written while it was read for the first time is read again; after the end nothing is', async () => {
  const disk = new Disk();
  disk.since = 1000;
  await disk.watch.begin(1000);
  await disk.pass(500);
  expect(disk.updates).toEqual([[MANIFEST, ENV]]);
  await disk.writes(MANIFEST, 'two');
  disk.watch.close();
  await disk.pass(60_000);
  expect([disk.updates.length, disk.clock.armed, disk.ended]).toEqual([1, 0, 1]);
});
