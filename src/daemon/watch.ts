/** `start --watch` and `--watch-code`: wires what looks after files to the running set. Loaded only where one is asked for. */
import { relative } from 'node:path';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure } from '../model/failure.ts';
import type { CodeReload } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { changedAt, isMeant, isVenv, listFolder, printOf } from '../os/contents.ts';
import { realPath } from '../os/files.ts';
import { shebangOf } from '../os/shebang.ts';
import { watchFolders, type WatchOrder } from '../os/watch.ts';
import type { News } from '../supervisor/news.ts';
import type { Slot } from '../supervisor/slot-face.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { codeFolders, ENDING, outermost, reloadsItself, runsPython, skipsFolder } from './code-rules.ts';
import type { Revision } from './revision.ts';
import { newCodeWatch } from './watch-code.ts';
import { newManifestWatch, POLL_MS } from './watch-manifest.ts';

export interface WatchOptions {
  readonly manifest: boolean;
  readonly code: boolean;
  /** When the first reading of the manifest began, in milliseconds since the epoch. */
  readonly since: number;
  /** Paths of all files that the last reading came from. */
  sources(): readonly string[];
}

interface WatchPorts {
  readonly clock: Clock;
  supervisor(): Supervisor;
  revision(): Revision;
  tell(news: News): void;
}

export interface Watch {
  /** The same, with every update known to whoever looks after the manifest. */
  around(revision: Revision): Revision;
  begin(): Promise<void>;
  /** A piece of news: after a change of the set other code may be followed. */
  heard(news: News): void;
  close(): void;
}

export function newWatch(options: WatchOptions, ports: WatchPorts): Watch {
  const { clock } = ports;
  const tell = (news: News): void => ports.tell(news);
  let refused = false;
  let closed = false;
  const watch = async (
    folders: readonly string[],
    heard: WatchOrder['heard'],
    skips: WatchOrder['skips'],
  ): Promise<Cancel> =>
    watchFolders({
      folders,
      heard,
      skips,
      refused: (errno) => {
        // A limit is reached once for each folder that is past it.
        if (!refused) tell({ type: 'failed', failure: failure('watch-refused', { errno, ms: POLL_MS }) });
        refused = true;
      },
    });

  const manifest = newManifestWatch({
    clock,
    sources: () => options.sources(),
    realPath,
    printOf,
    changedAt,
    watch: async (folders, heard) => watch(folders, heard, null),
    async update(files) {
      if (ports.supervisor().stopping) return;
      tell({ type: 'manifest-changed', files: files.map(shown), later: laterFor(files) });
      await ports.revision().update(false);
    },
  });

  /** An environment file is read at each start, so what runs goes on with what it was given. */
  const laterFor = (files: readonly string[]): string[] => {
    const specs = ports.supervisor().wanted();
    return namesOf(specs.filter(({ envFiles }) => envFiles.some((file) => files.includes(file))));
  };

  const skips = (folder: string): boolean => skipsFolder(folder, isVenv);
  const code = newCodeWatch({
    clock,
    skips,
    printOf,
    list: async (folder) => listFolder(folder, ENDING),
    isBlind: () => refused,
    isCode: (name) => isMeant(name, ENDING),
    watch: async (folders, heard) => watch(folders, heard, skips),
    restart(instances, files) {
      const slots = ports
        .supervisor()
        .instances.filter((slot) => instances.includes(slot.spec.instance) && isRestarted(slot));
      const [first] = files.map(shown);
      if (slots.length === 0 || first === undefined) return;
      const cause: CodeReload = { kind: 'reload', file: first, others: files.length - 1 };
      tell({ type: 'code-changed', names: namesOf(slots.map(({ spec }) => spec)), cause });
      ports.supervisor().restart(slots, cause);
    },
  });

  let told = '';
  const follow = async (): Promise<void> => {
    if (closed) return;
    const specs = ports.supervisor().wanted();
    const followed = specs.filter(
      (spec) => !reloadsItself(spec) && runsPython(spec, shebangOf(spec.argv[0], spec.cwd, pathOf(spec))),
    );
    const followers = followed.map((spec) => ({
      instance: spec.instance,
      folders: outermost(codeFolders(spec).map(realPath)),
    }));
    const news: News = {
      type: 'watching',
      what: 'code',
      folders: outermost(followers.flatMap(({ folders }) => folders)).map(shown),
      names: namesOf(followed),
      left: namesOf(specs.filter((spec) => !followed.includes(spec))),
    };
    if (told !== JSON.stringify(news)) tell(news);
    told = JSON.stringify(news);
    await code.follow(followers);
  };

  return {
    around: (revision) => ({
      ...revision,
      update: async (dry) =>
        options.manifest && !dry ? manifest.reading(async () => revision.update(dry)) : revision.update(dry),
    }),
    async begin() {
      if (options.manifest) {
        tell({ type: 'watching', what: 'manifest', files: options.sources().map(shown) });
        await manifest.begin(options.since);
      }
      if (options.code) await follow();
    },
    heard(news) {
      if (options.code && news.type === 'revised' && news.result.ok && news.result.value.length > 0)
        // After what the news is of has been done.
        clock.after(0, () => void follow());
    },
    close() {
      closed = true;
      manifest.close();
      code.close();
    },
  };
}

/**
 * What runs, or would if it could. Of one that is being stopped, the start that may follow has the new code; one that
 * somebody stopped, or that is done, stays as it is.
 */
function isRestarted({ spec, machine }: Slot): boolean {
  const { id } = machine().state;
  if (id === 'BACKOFF' || id === 'FATAL') return true;
  return !spec.oneshot && (id === 'RUNNING' || id === 'STARTING');
}

const pathOf = ({ env }: ProcessSpec): string => env['PATH'] ?? process.env['PATH'] ?? '';

const namesOf = (specs: readonly ProcessSpec[]): string[] => [...new Set(specs.map(({ name }) => name))];

/** As people know it: short where it is near. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near === '' ? '.' : near;
}
