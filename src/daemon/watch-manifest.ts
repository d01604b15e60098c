/** Has the manifest read again when something that it was read from holds something else. */
import { basename, dirname } from 'node:path';
import type { Cancel, Clock } from '../model/clock.ts';
import { newSteady, type Prints } from './steady.ts';

export interface ManifestWatchPorts {
  readonly clock: Clock;
  /** Paths of all files that the last reading came from. */
  sources(): readonly string[];
  /** With links resolved; the path itself where it leads nowhere. */
  realPath(path: string): string;
  /** See os/contents.ts. */
  printOf(path: string): Promise<string>;
  changedAt(path: string): Promise<number | null>;
  /** From now on `heard` is called when something in these folders changes. */
  watch(folders: readonly string[], heard: (folder: string, name: string | null) => void): Promise<Cancel>;
  /** Reads the manifest again and acts on it, within `reading`. */
  update(files: readonly string[]): Promise<unknown>;
}

export interface ManifestWatch {
  /** `since`: when the reading that runs now began, in milliseconds since the epoch. */
  begin(since: number): Promise<void>;
  /** Around every reading that is acted upon, whoever ordered it: what it read is not news afterwards. */
  reading<T>(read: () => Promise<T>): Promise<T>;
  close(): void;
}

/** What the kernel does not tell (a network's file system, a link in the middle of a path) is seen so late. Milliseconds. */
export const POLL_MS = 5000;
/** Several events of one change come together. Milliseconds. */
const SOON_MS = 50;
/** The kernel's time of a change is that of its last tick. Milliseconds. */
const TICK_MS = 10;
/** Kubernetes has files of a ConfigMap lead through this link, and replaces it alone. */
const SWAPPED = '..data';

export function newManifestWatch(ports: ManifestWatchPorts): ManifestWatch {
  const { clock } = ports;
  const steady = newSteady();
  let watched = '';
  let unwatch: Cancel = () => undefined;
  let cancel: Cancel = () => undefined;
  let soon = false;
  let turning = false;
  let closed = false;

  const printsOf = async (files: readonly string[]): Promise<Map<string, string>> =>
    new Map(await Promise.all(files.map(async (file) => [file, await ports.printOf(file)] as const)));

  const lookIn = (ms: number): void => {
    cancel();
    if (!closed) cancel = clock.after(ms, () => void look());
  };

  const look = async (): Promise<void> => {
    soon = false;
    turning = true;
    let ms = POLL_MS;
    try {
      ms = await turn();
    } finally {
      turning = false;
      lookIn(soon ? SOON_MS : ms);
    }
  };

  const turn = async (): Promise<number> => {
    const verdict = steady.look(await printsOf(ports.sources()), clock.now());
    switch (verdict.kind) {
      case 'same':
        return POLL_MS;
      case 'wait':
        return verdict.ms;
      case 'changed':
        await ports.update(verdict.files);
        return SOON_MS;
      default:
        return verdict satisfies never;
    }
  };

  const heard = (): void => {
    // One at a time: what is heard meanwhile has its look after it.
    if (soon) return;
    soon = true;
    if (!turning) lookIn(SOON_MS);
  };

  /** Links are followed anew each time: they are what changes. */
  const watchAll = async (): Promise<void> => {
    const files = ports.sources().flatMap((file) => [file, ports.realPath(file)]);
    const names = new Set([...files.map((file) => basename(file)), SWAPPED]);
    const folders = [...new Set(files.map((file) => dirname(file)))].toSorted();
    const wanted = JSON.stringify([folders, [...names]]);
    if (closed || wanted === watched) return;
    watched = wanted;
    const before = unwatch;
    const now = await ports.watch(folders, (_folder, name) => {
      if (name === null || names.has(name)) heard();
    });
    before();
    if (closed) now();
    else unwatch = now;
  };

  const settle = (prints: Prints): void => {
    steady.settle(prints);
    if (!turning) lookIn(SOON_MS);
  };

  return {
    async begin(since) {
      const files = ports.sources();
      await watchAll();
      const prints = await printsOf(files);
      for (const file of files) {
        // It may have been written after it was read, and nobody was looking yet.
        const at = await ports.changedAt(file);
        if (at !== null && at >= since - TICK_MS) prints.set(file, 'unsure');
      }
      settle(prints);
    },
    async reading(read) {
      const before = await printsOf(ports.sources());
      const result = await read();
      const after = ports.sources();
      const fresh = await printsOf(after.filter((file) => !before.has(file)));
      settle(new Map([...before, ...fresh]));
      await watchAll();
      return result;
    },
    close() {
      closed = true;
      cancel();
      unwatch();
    },
  };
}
