import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Control } from '../../src/control/server.ts';
import { newFarewell } from '../../src/daemon/farewell.ts';
import { FakeClock, turn } from '../logs/support.ts';

const asked: unknown[] = [];
const control = {
  stop(...args: unknown[]) {
    asked.push(args);
    return { protocol: 1, instances: [] };
  },
} as unknown as Control;

/** So many looks later. */
async function looks(clock: FakeClock, count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    clock.pass(20);
    await turn();
  }
}

test('PID 1 waits for who asked to have gone', async () => {
  const clock = new FakeClock();
  const farewell = newFarewell(control, clock, 1);
  const asker = spawn('sleep', ['1000']);
  farewell.control.stop(['web'], asker.pid);
  expect(asked).toEqual([[['web'], asker.pid]]);
  let taken = false;
  const end = farewell.taken().then(() => (taken = true));
  await looks(clock, 50);
  expect(taken).toBe(false);
  asker.kill();
  await once(asker, 'exit');
  await looks(clock, 1);
  await end;
});

test('nor for ever', async () => {
  const clock = new FakeClock();
  const farewell = newFarewell(control, clock, 1);
  farewell.control.stop(null, process.pid);
  const end = farewell.taken();
  await looks(clock, 100);
  await end;
});

test('any other supervisor takes nobody along, and waits for nobody', async () => {
  const farewell = newFarewell(control, new FakeClock(), 2);
  farewell.control.stop(null, process.pid);
  await farewell.taken();
});
