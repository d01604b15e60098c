/** When the manager is told what, by an injected clock. The order of a whole life is in test/e2e/systemd.test.ts. */
import { expect, test } from 'vitest';
import { newService, type Service } from '../../src/daemon/systemd.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { ProcessStat } from '../../src/os/proc.ts';
import type { Slot } from '../../src/supervisor/slot.ts';
import { FakeClock } from '../logs/support.ts';

const SEEN = [{ pid: 5, state: 'S' }] as unknown as ProcessStat[];

const steady = (text: string): string => text.replaceAll(/(?<=(PID|_USEC)=)\d+/g, 'N');

/** A service of one process, its state as given. */
function stage(watchdogMs: number | null, id: 'STARTING' | 'RUNNING') {
  const clock = new FakeClock();
  const sent: string[] = [];
  const problems: Failure[] = [];
  let stopping = false;
  let state: string = id;
  const phase = { kind: 'signalled', pid: 5 };
  const machine = () => ({
    state: { id: state, pid: 5, trouble: null, ordered: false, phase, next: { kind: 'rest' } },
  });
  const spec = { instance: 'web.1', autostart: true, oneshot: false };
  const slot = {
    spec,
    machine,
    run: () => null,
    replacing: () => null,
    all: () => [{ label: 'web.1', machine }],
  };
  const service: Service = newService({
    manager: { socket: '@n', watchdogMs },
    notifier: {
      send: (lines) => void sent.push(`${clock.now() / 1000} ${steady(lines.join(' '))}`),
      flushed: async () => undefined,
    },
    clock,
    summary: ({ rows }) => rows.map((row) => row.state).join(),
    problem: (failure) => void problems.push(failure),
  });
  const supervisor = {
    instances: [slot as unknown as Slot],
    wanted: () => [spec],
    queued: () => null,
    get stopping() {
      return stopping;
    },
  };
  service.begun(supervisor as unknown as Parameters<Service['begun']>[0]);
  /** Looks each period, as the daemon does. */
  const run = (seconds: number, stats: ProcessStat[]): void => {
    const end = clock.now() + seconds * 1000;
    for (;;) {
      service.look(stats);
      if (clock.now() >= end) return;
      clock.pass(Math.min(2000, service.periodMs));
    }
  };
  const become = async (next: string, ends = false): Promise<void> => {
    state = next;
    stopping = ends;
    service.heard({ type: 'over' });
    await Promise.resolve();
  };
  return { clock, sent, problems, service, run, become, take: () => sent.splice(0) };
}

test('the watchdog is answered before half of its time is over', () => {
  const pings = (watchdogMs: number, seconds: number): string[] => {
    const { run, take } = stage(watchdogMs, 'RUNNING');
    run(seconds, SEEN);
    return take().filter((line) => line.endsWith('WATCHDOG=1'));
  };
  expect(pings(30_000, 30)).toEqual(['0 WATCHDOG=1', '14 WATCHDOG=1', '28 WATCHDOG=1']);
  expect(pings(1000, 1)).toEqual(['0 WATCHDOG=1', '0.5 WATCHDOG=1', '1 WATCHDOG=1']);
});

test('who is not seen is told once, and meanwhile nothing is answered or extended', () => {
  const { run, take, problems } = stage(4000, 'STARTING');
  run(0, SEEN);
  take();
  run(20, []);
  expect(take()).toEqual(['0.1 STATUS=STARTING', '2 WATCHDOG=1']);
  expect(problems).toMatchObject([
    { code: 'children-unseen', facts: { children: [{ instance: 'web.1', pid: 5 }], watched: true } },
  ]);
  run(0, SEEN);
  expect(take()).toEqual(['20 WATCHDOG=1 EXTEND_TIMEOUT_USEC=N']);
});

test('time is asked for while it starts, reloads and drains, and not in between', async () => {
  const { run, take, become, service } = stage(null, 'STARTING');
  run(20, SEEN);
  expect(take()).toEqual([
    '0 MAINPID=N EXTEND_TIMEOUT_USEC=N',
    '0.1 STATUS=STARTING',
    '10 EXTEND_TIMEOUT_USEC=N',
    '20 EXTEND_TIMEOUT_USEC=N',
  ]);
  await become('RUNNING');
  run(30, SEEN);
  expect(take()).toEqual(['20 READY=1 STATUS=RUNNING']);
  const done = service.reloading();
  run(10, SEEN);
  done();
  run(10, SEEN);
  expect(take()).toEqual([
    '50 RELOADING=1 MONOTONIC_USEC=N EXTEND_TIMEOUT_USEC=N',
    '60 EXTEND_TIMEOUT_USEC=N',
    '60 READY=1',
  ]);
  await become('STOPPING', true);
  run(10, SEEN);
  // Too late to begin again.
  service.reloading()();
  await become('STOPPED', true);
  await service.close();
  expect(take()).toEqual([
    '70 STOPPING=1 EXTEND_TIMEOUT_USEC=N STATUS=STOPPING',
    '80 EXTEND_TIMEOUT_USEC=N',
    '80 STATUS=STOPPED',
  ]);
});
