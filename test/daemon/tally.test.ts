/** What is counted over the runs of an instance never falls. */
import { expect, test } from 'vitest';
import { newTallies } from '../../src/daemon/tally.ts';
import type { TaskCounts, WorkerVitals } from '../../src/model/vitals.ts';
import type { News } from '../../src/supervisor/news.ts';
import type { Slot } from '../../src/supervisor/slot-face.ts';
import { IDLE_WORKER } from '../support/spec.ts';

/** What a run has told so far. */
interface FakeRun {
  cpu: number;
  counts: Partial<TaskCounts>;
}

function stage() {
  const runs = new Map<string, FakeRun[]>();
  const handles = new Map<FakeRun, object>();
  const slots = (): Slot[] =>
    [...runs].map(([instance, all]) => {
      const instances = all.map((run) => ({ run: () => handle(run) }));
      return { spec: { instance }, all: () => instances } as unknown as Slot;
    });
  const handle = (run: FakeRun): object => {
    const known = handles.get(run) ?? {
      cpuSeconds: () => run.cpu,
      vitals: (): WorkerVitals => ({ ...IDLE_WORKER, counts: { ...IDLE_WORKER.counts, ...run.counts } }),
    };
    handles.set(run, known);
    return known;
  };
  const tallies = newTallies(slots);
  const become = (instance: string, from: object, to: string): void =>
    tallies.heard({
      type: 'changed',
      spec: { instance },
      from,
      machine: { state: { id: to } },
    } as unknown as News);
  const read = (instance = 'worker.1') => tallies.read().get(instance);
  return { runs, tallies, become, read };
}

const run = (cpu: number, counts: Partial<TaskCounts> = {}): FakeRun => ({ cpu, counts });

test('a run goes on where the one before it ended', () => {
  const { runs, tallies, read } = stage();
  const first = run(2, { succeeded: 5, failed: 1 });
  runs.set('worker.1', [first]);
  tallies.look();
  first.counts = { succeeded: 7, failed: 1 };
  runs.set('worker.1', [run(1, { succeeded: 2, retried: 1 })]);
  expect(read()).toEqual({
    cpuSeconds: 3,
    tasks: { succeeded: 9, failed: 1, retried: 1, revoked: 0, unknown: 0 },
    restarts: {},
  });
});

test('of one that is replaced its successor counts too, and what it says last after its end', () => {
  const { runs, tallies, read } = stage();
  const [old, successor] = [run(1, { succeeded: 10 }), run(0.5, { succeeded: 1 })];
  runs.set('worker.1', [successor, old]);
  expect(read()?.tasks?.['succeeded']).toBe(11);
  runs.set('worker.1', [successor]);
  tallies.look();
  old.counts = { succeeded: 12 };
  tallies.look();
  expect(read()?.tasks?.['succeeded']).toBe(13);
  // By now it is forgotten.
  old.counts = { succeeded: 99 };
  tallies.look();
  expect(read()?.tasks?.['succeeded']).toBe(13);
});

test('nothing falls where a run counts less than before', () => {
  const { runs, read } = stage();
  const one = run(5, { succeeded: 5 });
  runs.set('worker.1', [one]);
  read();
  one.cpu = 4;
  one.counts = { succeeded: 4 };
  expect([read()?.cpuSeconds, read()?.tasks?.['succeeded']]).toEqual([5, 5]);
});

test('one that leaves and comes back goes on where it was', () => {
  const { runs, tallies, become, read } = stage();
  runs.set('worker.2', [run(1, { succeeded: 3 })]);
  become('worker.2', { id: 'BACKOFF', cause: { kind: 'crash', exit: {} } }, 'STARTING');
  runs.delete('worker.2');
  tallies.look();
  tallies.look();
  runs.set('worker.2', [run(1, { succeeded: 1 })]);
  expect(read('worker.2')).toMatchObject({ cpuSeconds: 2, tasks: { succeeded: 4 }, restarts: { crash: 1 } });
});

test('restarts by why they were', () => {
  const { runs, tallies, become, read } = stage();
  runs.set('worker.1', [run(0)]);
  const crash = { kind: 'crash', exit: { code: 1, signal: null } };
  const after = (cause: object) => ({ id: 'BACKOFF', cause });
  // At once, and after a delay; where a lock is asked for first, once.
  become('worker.1', { id: 'STOPPING', next: { kind: 'backoff', cause: crash } }, 'STARTING');
  become('worker.1', after(crash), 'WAITING');
  become('worker.1', { id: 'WAITING' }, 'STARTING');
  become(
    'worker.1',
    after({ kind: 'crash', exit: { code: null, signal: 'SIGKILL', oom: true } }),
    'STARTING',
  );
  become('worker.1', after({ kind: 'unresponsive' }), 'STARTING');
  become('worker.1', after({ kind: 'failure', failure: { code: 'program-missing' } }), 'STARTING');
  become('worker.1', { id: 'STOPPING', next: { kind: 'reclaim' } }, 'WAITING');
  // These were ordered, or waited for their turn, or are no start.
  become('worker.1', after({ kind: 'failure', failure: { code: 'start-rate' } }), 'STARTING');
  become('worker.1', { id: 'STOPPED' }, 'STARTING');
  become('worker.1', { id: 'STOPPING', next: { kind: 'begin' } }, 'STARTING');
  become('worker.1', { id: 'STOPPING', next: { kind: 'backoff', cause: crash } }, 'BACKOFF');
  become('worker.1', after(crash), 'STOPPED');
  tallies.heard({
    type: 'replaced',
    spec: { instance: 'worker.1' },
    cause: { kind: 'memory' },
  } as unknown as News);
  expect(read()?.restarts).toEqual({
    crash: 2,
    oom: 1,
    unresponsive: 1,
    'program-missing': 1,
    'lock-lost': 1,
    memory: 1,
  });
});
