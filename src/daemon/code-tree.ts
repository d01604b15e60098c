/** What source files held when they were looked at last, and which of them hold something else now. */
import { join } from 'node:path';
import type { Listing } from '../os/contents.ts';
import { below, isBelow } from './code-rules.ts';

export interface CodeTreePorts {
  /** The source files of a folder, and the folders in it; null where there is none. */
  list(folder: string): Promise<Listing | null>;
  printOf(path: string): Promise<string>;
  skips(folder: string): boolean;
}

export interface CodeTree {
  /**
   * The files of a folder that were written, added or removed since it was looked at last; those of folders below it
   * too where `deep`, and of such as were not there. A file that holds what it held is none of them.
   */
  look(folder: string, deep: boolean): Promise<string[]>;
}

interface Seen {
  readonly stamp: string;
  readonly print: string;
}

export function newCodeTree(ports: CodeTreePorts): CodeTree {
  const folders = new Map<string, ReadonlyMap<string, Seen>>();

  /** Of a folder that is gone, with all that was below it. */
  const drop = (gone: string): string[] =>
    [...folders]
      .filter(([folder]) => isBelow(folder, gone))
      .flatMap(([folder, files]) => {
        folders.delete(folder);
        return [...files.keys()].map((name) => join(folder, name));
      });

  const look = async (folder: string, deep: boolean): Promise<string[]> => {
    const listing = await ports.list(folder);
    if (listing === null) return drop(folder);
    const before = folders.get(folder) ?? new Map<string, Seen>();
    const now = new Map<string, Seen>();
    const changed: string[] = [];
    for (const [name, stamp] of listing.files) {
      const path = join(folder, name);
      const old = before.get(name);
      const print = old?.stamp === stamp ? old.print : await ports.printOf(path);
      if (old?.print !== print) changed.push(path);
      now.set(name, { stamp, print });
    }
    changed.push(...[...before.keys()].filter((name) => !now.has(name)).map((name) => join(folder, name)));
    folders.set(folder, now);
    const inside = below(folder, listing.folders);
    for (const one of inside)
      if ((deep || !folders.has(one)) && !ports.skips(one)) changed.push(...(await look(one, deep)));
    const there = new Set(inside);
    const lost = [...folders.keys()].filter(
      (one) => one !== folder && isChild(one, folder) && !there.has(one),
    );
    return [...changed, ...lost.flatMap(drop)];
  };

  return { look };
}

const isChild = (path: string, folder: string): boolean =>
  isBelow(path, folder) && !path.slice(folder === '/' ? 1 : folder.length + 1).includes('/');
