/**
 * What a killed supervisor has left behind. Its processes were told by the kernel and may still finish their work: each
 * instance waits for those of its own, ends them by the ladder when they take too long, and starts only then.
 */
import type { Clock } from '../model/clock.ts';
import { instanceOf, type Hindrance } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { findMarked } from '../os/marks.ts';
import { newTree, type Tree } from '../os/tree.ts';
import type { Locker } from '../singleton/holder.ts';
import { forget, isSame, readLedger } from './ledger.ts';

/** How often it is looked whether something has ended. Milliseconds. */
const LOOK_MS = 100;

interface Leftover {
  readonly instance: string;
  readonly main: number;
  readonly tree: Tree;
}

export interface Previous {
  /** Waits for what is left of an instance before it asks `inner`. */
  before(inner: Locker): Locker;
  /** More of the manifest is supervised from now on; its names must have been claimed too. */
  add(specs: readonly ProcessSpec[]): void;
  /** Ends everything that is left, all at one time; resolves when nothing is. */
  ended(): Promise<void>;
}

/** Looks for what is left of `specs`. Their names must have been claimed, so that no living supervisor has them. */
export function findPrevious(
  folder: string,
  id: string,
  first: readonly ProcessSpec[],
  clock: Clock,
): Previous {
  const specs = [...first];
  const left = specs.length === 0 ? [] : lookFor(folder, id, specs, clock);
  const endings = new Map<string, Promise<void>>();
  const over = new Set<string>();
  const mine = (spec: ProcessSpec): Leftover[] =>
    left.filter((one) => ownerOf(one, specs)?.instance === spec.instance);

  const end = (spec: ProcessSpec): Promise<void> => {
    let ending = endings.get(spec.instance);
    if (ending === undefined) {
      ending = endAll(spec);
      endings.set(spec.instance, ending);
    }
    return ending;
  };
  const endAll = async (spec: ProcessSpec): Promise<void> => {
    await Promise.all(mine(spec).map((one) => descend(one, spec, clock)));
    for (const one of mine(spec)) forget(folder, id, one.instance);
    over.add(spec.instance);
  };

  return {
    before: (inner) => ({
      wants: (spec) => inner.wants(spec) || mine(spec).length > 0,
      async take(spec, abort, waitedMs) {
        const [first] = mine(spec);
        if (first !== undefined && !over.has(spec.instance)) {
          // Those that were killed at once are gone at once.
          await Promise.race([end(spec), new Promise<void>((done) => void clock.after(LOOK_MS, done))]);
          if (!over.has(spec.instance)) return { kind: 'held', hindrance: hindranceOf(mine(spec)) };
        }
        return inner.wants(spec) ? inner.take(spec, abort, waitedMs) : { kind: 'acquired', grip: null };
      },
      abandon: (spec) => inner.abandon(spec),
    }),
    add(more) {
      if (more.length === 0) return;
      specs.push(...more);
      left.push(...lookFor(folder, id, more, clock));
    },
    ended: async () => {
      await Promise.all(specs.filter((spec) => mine(spec).length > 0).map(end));
    },
  };
}

function lookFor(folder: string, id: string, specs: readonly ProcessSpec[], clock: Clock): Leftover[] {
  const names = new Set(specs.map(({ name }) => name));
  const isOurs = (instance: string): boolean => names.has(nameOf(instance));
  const found: Leftover[] = [];
  /** False where nothing of it is left: one that has just ended may still have its pid. */
  const add = (instance: string, main: number, mark: string): boolean => {
    if (found.some((one) => one.instance === instance && one.main === main)) return true;
    const tree = newTree(main, clock, 'anywhere', mark);
    const isLeft = tree.members().length > 0;
    if (isLeft) found.push({ instance, main, tree });
    return isLeft;
  };
  for (const record of readLedger(folder, id, isOurs)) {
    if (!isSame(record) || !add(record.instance, record.pid, record.mark))
      forget(folder, id, record.instance);
  }
  // Spawned and not yet written down, or its main process is gone and others are left.
  for (const { mark, stat } of findMarked(`${id}/`)) {
    const instance = mark.slice(id.length + 1).split(':')[0] ?? '';
    const known = found.some((one) => one.tree.members().includes(stat.pid));
    if (isOurs(instance) && !known) add(instance, stat.session === 0 ? stat.pid : stat.session, mark);
  }
  return found;
}

/** An instance that the manifest no longer has is the first one's to wait for. */
const ownerOf = ({ instance }: Leftover, specs: readonly ProcessSpec[]): ProcessSpec | undefined =>
  specs.find((spec) => spec.instance === instanceOf(instance)) ??
  specs.find(({ name }) => name === nameOf(instance));

/** `worker` of `worker.1` and of `worker.1.g2`. */
const nameOf = (label: string): string => instanceOf(label).replace(/\.\d+$/, '');

const hindranceOf = (left: readonly Leftover[]): Hindrance => ({
  kind: 'previous',
  pid: left.flatMap(({ tree }) => tree.members())[0] ?? null,
});

/**
 * The ladder of the instance, for one of another supervisor. From its beginning: whether the kernel's word has reached
 * a process that changed its user cannot be known.
 */
async function descend({ main, tree }: Leftover, spec: ProcessSpec, clock: Clock): Promise<void> {
  for (const { signal, waitMs } of spec.stop) {
    const deadline = clock.now() + waitMs;
    if (signal === 'SIGKILL') break;
    tree.signal(signal);
    // Without its main process nobody leads what is left.
    while (clock.now() < deadline && tree.members().includes(main)) await pause(clock);
    if (!tree.members().includes(main)) break;
  }
  while (tree.members().length > 0) {
    tree.kill();
    await pause(clock);
  }
}

const pause = (clock: Clock): Promise<void> => new Promise((done) => void clock.after(LOOK_MS, done));
