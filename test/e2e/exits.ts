/** What policy makes of exit codes. */
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { becomeReady, commands, READY, story } from '../support/commands.ts';
import { freePort, Rig, type Running, until } from '../support/rig.ts';

export async function stopped(rig: Rig, start: Running): Promise<void> {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
}

/** All at once; `on-failure` tells 0 from the others. */
export async function endAfterReady(codes: readonly number[]): Promise<void> {
  const rig = new Rig();
  // Each waits at the door, which ends its wait when the test lets go of it; the second time it stays.
  const script = (code: number): string =>
    `'[ -e again ] && exec sleep 1000; exec 3<door; echo waits; read _ <&3; exit ${code}'`;
  await rig.spawn(['mkfifo', 'door']).ended;
  const door = openSync(join(rig.folder, 'door'), constants.O_RDWR);
  const rest = 'RESTART: {policy: on-failure}';
  commands(
    rig,
    Object.fromEntries(codes.map((code) => [`c${code}`, `CMD: [sh, -c, ${script(code)}], ${rest}`])),
  );
  const start = rig.start(['start', '--all']);
  await becomeReady(start, codes.length);
  await until(() => start.stdout.split('| waits\n').length > codes.length, 'all to wait at the door');
  rig.write('again', '');
  closeSync(door);
  await becomeReady(start, codes.length - 1);
  const rows = await rig.status();
  expect(rows.map(({ name, state, restarts, exit }) => [name, state, restarts, exit])).toEqual(
    codes.map((code) => [
      `c${code}`,
      code === 0 ? 'EXITED' : 'RUNNING',
      code === 0 ? 0 : 1,
      { code, signal: null },
    ]),
  );
  for (const code of codes) {
    expect(story(start, `c${code}.1`)).toEqual(
      code === 0
        ? [...READY, 'RUNNING -> EXITED (exit code 0 after T)']
        : [...READY, `RUNNING -> STARTING (exit code ${code}; started again: pid N)`, READY[1]],
    );
  }
  await stopped(rig, start);
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
