/** What policy makes of the end of a process that was not ready yet. */
import { expect } from 'vitest';
import { commands, READY, story } from '../support/commands.ts';
import { freePort, Rig, type Running } from '../support/rig.ts';

export const CODES = Array.from({ length: 256 }, (_, code) => code);

export async function stopped(rig: Rig, start: Running): Promise<void> {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
}

/** `never` leaves it, whatever its exit code is. */
export async function endBeforeReady(codes: readonly number[]): Promise<void> {
  const rig = new Rig();
  // Nothing listens there, so none is ever ready, however slow the machine.
  const rest = `READY: {tcp: '127.0.0.1:${await freePort()}'}, RESTART: {policy: never}`;
  commands(rig, {
    stays: 'CMD: [sleep, 1000]',
    ...Object.fromEntries(codes.map((code) => [`c${code}`, `CMD: [sh, -c, exit ${code}], ${rest}`])),
  });
  const start = rig.start(['start', '--all']);
  for (const _ of codes) await start.says(/\.1 STARTING -> EXITED/);
  const [, ...rows] = await rig.status();
  expect(rows.map(({ name, state, restarts, exit }) => [name, state, restarts, exit])).toEqual(
    codes.map((code) => [`c${code}`, 'EXITED', 0, { code, signal: null }]),
  );
  for (const code of codes) {
    expect(story(start, `c${code}.1`)).toEqual([READY[0], `STARTING -> EXITED (exit code ${code} after T)`]);
  }
  await stopped(rig, start);
}
