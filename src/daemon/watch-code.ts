/** Has processes started again when the code that they run has changed. */
import { join } from 'node:path';
import type { Cancel, Clock } from '../model/clock.ts';
import { isBelow, outermost } from './code-rules.ts';
import { newCodeTree, type CodeTreePorts } from './code-tree.ts';

/** A process, and the folders that its code stands in. */
export interface Follower {
  readonly instance: string;
  readonly folders: readonly string[];
}

export interface CodeWatchPorts extends CodeTreePorts {
  readonly clock: Clock;
  /** Whether a name may be that of a source file. */
  isCode(name: string): boolean;
  /** From now on `heard` is called when something in these folders, or below them, changes. */
  watch(folders: readonly string[], heard: (folder: string, name: string | null) => void): Promise<Cancel>;
  /** It is not called for all of them. */
  isBlind(): boolean;
  restart(instances: readonly string[], files: readonly string[]): void;
}

export interface CodeWatch {
  /** These are followed from now on. What their folders hold then is known, and no news. */
  follow(followers: readonly Follower[]): Promise<void>;
  close(): void;
}

/** After the last of several changes; and after the first of them where they do not end. Milliseconds. */
const QUIET_MS = 300;
const LONGEST_MS = 5000;
/** All of it is looked at now and then, since not every file system tells; never for more than such a part of the time. */
export const POLL_MS = 5000;
const SHARE = 1 / 200;
/** Where the kernel has refused to tell. */
const BLIND_SHARE = 1 / 20;

export function newCodeWatch(ports: CodeWatchPorts): CodeWatch {
  const { clock } = ports;
  const tree = newCodeTree(ports);
  let followers: readonly Follower[] = [];
  let roots: readonly string[] = [];
  let dirty = new Set<string>();
  /** Found, and not told yet. */
  let found = new Set<string>();
  let firstAt: number | null = null;
  let unwatch: Cancel = () => undefined;
  let cancelLook: Cancel = () => undefined;
  let cancelPoll: Cancel = () => undefined;
  /** Written while it is first looked at what is there; null: that is over. */
  let early: Set<string> | null = null;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  /** One look at a time, or two of them would find the same change. */
  const inTurn = async (act: () => Promise<void>): Promise<void> => {
    const mine = last.then(async () => (closed ? undefined : act()));
    last = mine.catch(() => undefined); // told to whoever waits for this one
    return mine;
  };

  const tell = (files: readonly string[]): void => {
    if (files.length === 0 || closed) return;
    const meant = followers.filter(({ folders }) =>
      files.some((file) => folders.some((folder) => isBelow(file, folder))),
    );
    if (meant.length > 0)
      ports.restart(
        meant.map(({ instance }) => instance),
        files,
      );
  };

  const heard = (folder: string, name: string | null): void => {
    if (closed || (name !== null && !ports.isCode(name))) return;
    dirty.add(folder);
    if (name !== null) early?.add(join(folder, name));
    whenQuiet();
  };

  const whenQuiet = (): void => {
    if (closed) return;
    const now = clock.now();
    firstAt ??= now;
    cancelLook();
    cancelLook = clock.after(Math.min(QUIET_MS, firstAt + LONGEST_MS - now), () => void inTurn(lookAndTell));
  };

  const lookAndTell = async (): Promise<void> => {
    const folders = dirty;
    dirty = new Set();
    firstAt = null;
    for (const folder of folders) for (const file of await tree.look(folder, false)) found.add(file);
    const files = found;
    found = new Set();
    tell([...files]);
  };

  const lookAtAll = async (): Promise<void> => {
    for (const root of roots) for (const file of await tree.look(root, true)) found.add(file);
    // More may be on its way.
    if (found.size > 0) whenQuiet();
  };

  const pollIn = (ms: number): void => {
    cancelPoll();
    if (closed) return;
    cancelPoll = clock.after(ms, () => {
      void inTurn(async () => {
        const began = clock.now();
        try {
          await lookAtAll();
        } finally {
          const share = ports.isBlind() ? BLIND_SHARE : SHARE;
          pollIn(Math.max(POLL_MS, (clock.now() - began) / share));
        }
      });
    });
  };

  return {
    follow: async (next) =>
      inTurn(async () => {
        const wanted = outermost(next.flatMap(({ folders }) => folders)).toSorted();
        const known = roots;
        const meanwhile = new Set<string>();
        early = meanwhile;
        followers = next;
        roots = wanted;
        if (wanted.join('\0') !== known.join('\0')) {
          const before = unwatch;
          const now = wanted.length === 0 ? (): void => undefined : await ports.watch(wanted, heard);
          before();
          if (closed) return now();
          unwatch = now;
        }
        for (const root of wanted) if (!known.some((one) => isBelow(root, one))) await tree.look(root, true);
        early = null;
        tell([...meanwhile]);
        pollIn(POLL_MS);
      }),
    close() {
      closed = true;
      cancelLook();
      cancelPoll();
      unwatch();
    },
  };
}
