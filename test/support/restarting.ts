/** Many restarts under one supervisor, and what they leave behind in it. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readStat } from '../../src/os/proc.ts';
import { expect } from 'vitest';
import { commands } from './commands.ts';
import { type Rig, type Running, tryKill, until } from './rig.ts';

export interface Sample {
  readonly restarts: number;
  /** After the garbage was collected. */
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly descriptors: number;
  readonly zombies: number;
  /** Since the sample before. */
  readonly msPerRestart: number;
}

/** Loaded into the supervisor before its own code: without it what V8 has yet to collect hides what grows. */
export const MEASURE = `
import { renameSync, writeFileSync } from 'node:fs';
let asked = 0;
process.on('SIGWINCH', () => {
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  writeFileSync('memory.new', JSON.stringify({ asked: ++asked, rss, heapUsed }));
  renameSync('memory.new', 'memory');
});
`;

interface Memory {
  readonly asked: number;
  readonly rss: number;
  readonly heapUsed: number;
}

/** Each open descriptor with what it is open on: one that is open only for a moment, as a file of /proc, is in one look alone. */
function descriptorsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    readdirSync(folder).flatMap((fd) => {
      try {
        return [`${fd} ${readlinkSync(join(folder, fd))}`];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    }),
  );
}

export async function sample(
  rig: Rig,
  start: Running,
  times: number,
  restarts: number,
  ms: number,
): Promise<Sample> {
  const { pid } = start;
  const zombies = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .split(' ')
    .filter((child) => child !== '' && readStat(Number(child))?.state === 'Z');
  const before = descriptorsOf(pid);
  start.kill('SIGWINCH');
  const memory = await until(() => {
    if (!existsSync(join(rig.folder, 'memory'))) return null;
    const told = JSON.parse(rig.read('memory')) as Memory;
    return told.asked === times ? told : null;
  }, 'the supervisor to measure its memory');
  return {
    restarts,
    rssMiB: memory.rss / 2 ** 20,
    heapMiB: memory.heapUsed / 2 ** 20,
    descriptors: [...descriptorsOf(pid)].filter((open) => before.has(open)).length,
    zombies: zombies.length,
    msPerRestart: ms,
  };
}

/** Pids of those that have become ready, in turn. */
async function* ready(start: Running): AsyncGenerator<number> {
  for (;;) yield Number((await start.says(/\.1 STARTING -> RUNNING \(pid (\d+),/))[1]);
}

/**
 * Kills each of `width` processes as soon as all are ready, `rounds` times: after any time of readiness they start again
 * at once, and a process is ready after a second, so the width makes the speed. One sample when all were ready for the
 * first time, then one every `every` rounds, with nothing under way.
 */
export async function manyRestarts(
  rig: Rig,
  { width, rounds, every }: { readonly width: number; readonly rounds: number; readonly every: number },
): Promise<{ start: Running; samples: Sample[] }> {
  const names = Array.from({ length: width }, (_, at) => `job-${at}`);
  const body = 'CMD: [sleep, 1000], RESTART: {stable-after: 0s}';
  // Without the brake of the fleet, which is for what is not wished.
  commands(rig, Object.fromEntries(names.map((name) => [name, body])), 'start-rate: 10000');
  rig.write('measure.mjs', MEASURE);
  const node = [process.execPath, '--expose-gc', '--import', './measure.mjs'] as const;
  const start = rig.spawn([...node, rig.bin, 'start', '--all']);
  const pids = ready(start);
  const round = async (): Promise<number[]> => {
    const all: number[] = [];
    while (all.length < width) all.push((await pids.next()).value as number);
    return all;
  };
  let living = await round();
  const samples = [await sample(rig, start, 1, 0, 0)];
  let since = performance.now();
  for (let done = 1; done <= rounds; done += 1) {
    for (const pid of living) tryKill(pid);
    living = await round();
    if (done % every !== 0) continue;
    const ms = (performance.now() - since) / (every * width);
    samples.push(await sample(rig, start, samples.length + 1, done * width, ms));
    since = performance.now();
  }
  return { start, samples };
}

export const report = (samples: readonly Sample[]): string =>
  samples
    .map(
      ({ restarts, rssMiB, heapMiB, descriptors, zombies, msPerRestart }) =>
        `restarts: ${restarts}, rss ${rssMiB.toFixed(1)} MiB, heap ${heapMiB.toFixed(2)} MiB, ` +
        `${descriptors} descriptors, ${zombies} zombies, ${msPerRestart.toFixed(1)} ms each\n`,
    )
    .join('');

/** By how much the middle one of the last half is above that of the first: a single sample may have met a peak. */
export function growth(samples: readonly Sample[], of: 'rssMiB' | 'heapMiB'): number {
  const later = samples.slice(1).map((sample) => sample[of]);
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
  const half = later.length / 2;
  return middle(later.slice(half)) - middle(later.slice(0, half));
}

/**
 * Restarts so many times and finds the supervisor as it was: descriptors, zombies, heap and resident memory. The first few hundred
 * still bring code into memory: `rssMiB` is how much of that may show.
 */
export async function expectNoGrowth(
  rig: Rig,
  how: Parameters<typeof manyRestarts>[1] & { readonly rssMiB: number },
): Promise<void> {
  const { start, samples } = await manyRestarts(rig, how);
  process.stderr.write(report(samples));
  expect(samples.at(-1)?.restarts).toBe(how.width * how.rounds);
  const [first, ...later] = samples.map(({ descriptors }) => descriptors);
  expect(Math.max(...later)).toBeLessThanOrEqual(first ?? NaN);
  expect(samples.map(({ zombies }) => zombies)).toEqual(samples.map(() => 0));
  expect(growth(samples, 'heapMiB')).toBeLessThan(1);
  expect(growth(samples, 'rssMiB')).toBeLessThan(how.rssMiB);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
}
