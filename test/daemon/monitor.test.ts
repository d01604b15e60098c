/** When a supervisor is well, and when its set is ready. */
import { expect, test, vi } from 'vitest';
import { newMonitor, type Monitor } from '../../src/daemon/monitor.ts';
import type { ProcessStat } from '../../src/os/proc.ts';
import { FakeClock } from '../logs/support.ts';
import { STATUS } from '../control/support.ts';

const SEEN = [{ pid: 5, state: 'S' }] as unknown as ProcessStat[];

function stage(...ids: string[]) {
  const clock = new FakeClock();
  const status = vi.fn(() => STATUS);
  const monitor = newMonitor({ clock, status });
  const states = new Map(ids.map((id, index): [string, object] => [`job.${index + 1}`, { id, pid: 5 }]));
  const replaced = new Set<string>();
  const supervisor = {
    stopping: false,
    wanted: () => [...states.keys()].map((instance) => ({ instance })),
    queuedFor: () => null,
    get instances() {
      return [...states.keys()].map((instance) => {
        const machine = () => ({ state: states.get(instance) });
        const all = () => [{ label: instance, machine, run: () => null }];
        const spec = { instance, autostart: true };
        return { spec, machine, all, replacing: () => (replaced.has(instance) ? {} : null) };
      });
    },
  };
  const begin = (): void => monitor.begun(supervisor as unknown as Parameters<Monitor['begun']>[0]);
  return { clock, monitor, states, replaced, supervisor, begin, status };
}

test('ready is what systemd is told, and of each moment', () => {
  const { monitor, states, replaced, supervisor, begin } = stage('RUNNING', 'RUNNING');
  expect(monitor.ready()).toBe(false);
  begin();
  const as = (state: object): boolean => {
    states.set('job.2', state);
    return monitor.ready();
  };
  expect(monitor.ready()).toBe(true);
  const ids = ['STARTING', 'STOPPING', 'BACKOFF'];
  expect(ids.map((id) => as({ id, pid: 5 }))).toEqual([false, false, false]);
  expect(as({ id: 'WAITING', hindrance: { kind: 'target' } })).toBe(false);
  expect(as({ id: 'WAITING', hindrance: { kind: 'lock' } })).toBe(true);
  expect(as({ id: 'STOPPED', ordered: true })).toBe(true);
  expect(as({ id: 'FATAL' })).toBe(true);
  expect(as({ id: 'RUNNING', pid: 5 })).toBe(true);
  // The old one serves until the new one does.
  replaced.add('job.2');
  expect(monitor.ready()).toBe(true);
  supervisor.stopping = true;
  expect(monitor.ready()).toBe(false);
});

test('a set of which all has failed is not ready', () => {
  const { monitor, begin } = stage('FATAL');
  begin();
  expect(monitor.ready()).toBe(false);
});

test('not healthy while a process that is said to live is not seen', () => {
  const { clock, monitor, begin } = stage('RUNNING');
  begin();
  monitor.look(SEEN);
  clock.pass(2000);
  monitor.look([]);
  // Its end may have been told a moment later.
  expect(monitor.healthy()).toBe(true);
  clock.pass(3000);
  monitor.look([]);
  expect(monitor.healthy()).toBe(false);
  monitor.look(SEEN);
  expect(monitor.healthy()).toBe(true);
});

test('who asks again within a second is given what was gathered, in the format of each', async () => {
  const { clock, monitor, begin, status } = stage('RUNNING');
  begin();
  const plain = await monitor.metrics('*/*');
  const open = await monitor.metrics('application/openmetrics-text');
  expect([plain.type, open.type]).toEqual([
    'text/plain; version=0.0.4; charset=utf-8',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  ]);
  expect(status).toHaveBeenCalledTimes(1);
  clock.pass(1000);
  await monitor.metrics('');
  expect(status).toHaveBeenCalledTimes(2);
});
