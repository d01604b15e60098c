/** Hears from the kernel that something in a folder has changed. What that is, and whether it matters, is for others to look. */
import type { Cancel } from '../model/clock.ts';

export interface WatchOrder {
  readonly folders: readonly string[];
  /** Folders below them are watched too, but for those of which this is true; null: none is. */
  readonly skips: ((folder: string) => boolean) | null;
  /** A name in a folder; null: anything in it may have changed. */
  heard(folder: string, name: string | null): void;
  /** Not everything is watched, or nothing; `errno` of the kernel. */
  refused(errno: string): void;
}

/** The part of chokidar that is used. */
export interface Chokidar {
  watch(paths: string[], options: object): Emitter;
}

interface Emitter {
  on(name: string, listener: (...args: unknown[]) => void): Emitter;
  close(): Promise<void>;
}

/**
 * Resolves when everything is watched that could be; the returned function ends it. Only folders are watched: one watch
 * each, however many files they have.
 */
export async function watchFolders(
  order: WatchOrder,
  load: () => Promise<Chokidar> = async () => import('chokidar'),
): Promise<Cancel> {
  const { folders, skips } = order;
  const chokidar = await load();
  const roots = new Set(folders);
  const isMeant = (path: string): boolean => roots.has(path) || (skips !== null && !skips(path));
  const watcher = chokidar.watch([...roots], {
    ignoreInitial: true,
    // A link to a folder above would have no end.
    followSymlinks: false,
    ...(skips === null ? { depth: 0 } : {}),
    ignored: (path: string, stats?: { isDirectory(): boolean }) =>
      stats === undefined ? false : !stats.isDirectory() || !isMeant(path),
  });
  await new Promise<void>((done) => {
    watcher
      .on('ready', () => done())
      .on('addDir', (folder) => order.heard(String(folder), null))
      .on('raw', (_event, name, details) => {
        const { watchedPath } = details as { readonly watchedPath: string };
        order.heard(watchedPath, typeof name === 'string' ? name : null);
      })
      .on('error', (error) => {
        order.refused((error as NodeJS.ErrnoException).code ?? 'unknown');
        // It may never get ready then.
        done();
      });
  });
  return () => void watcher.close();
}
