/** Supervisor/supervisor#1723, #480, #1105 (complaint 25): a cleaner of /tmp removes what a running supervisor needs. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Rig, type Running } from '../../support/rig.ts';
import { commands, processes, running } from './stage.ts';

const SLEEP = ['sleep', '1000'];

async function started(rig: Rig): Promise<Running> {
  commands(rig, { job: SLEEP, other: SLEEP });
  const start = rig.start(['start', '--all']);
  await running(start, 'job.1');
  await start.says(/other\.1 STARTING -> RUNNING/);
  return start;
}

const runtime = (rig: Rig): string => join(rig.folder, 'run');
const files = (rig: Rig, suffix: string): string[] =>
  readdirSync(runtime(rig))
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(runtime(rig), name));
const AGAIN =
  /warning: (.*) had been removed, and (?:is|are) there again \[runtime-removed\]\n.*keep cleaners/;

describe('Supervisor/supervisor#1723, #480, #1105 (complaint 25): of a running supervisor', () => {
  test('the socket is removed: it is there again, and commands reach it', async () => {
    const rig = new Rig();
    const start = await started(rig);
    const [socket = ''] = files(rig, '.sock');
    for (const _ of [1, 2]) {
      rmSync(socket);
      const [, removed] = await start.says(AGAIN);
      expect(removed).toBe(socket);
      expect((await rig.status()).map((row) => row.supervisor_pid)).toEqual([start.pid, start.pid]);
    }
    expect((await rig.run(['stop'])).stdout).toBe('job.1: stopped\nother.1: stopped\n');
    expect((await start.ended).code).toBe(0);
    expect(files(rig, '.sock')).toEqual([]);
  });

  test('the locks are removed: a second one is refused all the same', async () => {
    const rig = new Rig();
    const start = await started(rig);
    const locks = files(rig, '.lock').toSorted();
    expect(locks).toHaveLength(2);
    for (const lock of locks) rmSync(lock);
    const [, removed] = await start.says(AGAIN);
    expect(removed?.split(' and ').toSorted()).toEqual(locks);
    const second = await rig.run(['start', '--all']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`is supervised by pid ${start.pid} since`);
    expect(processes(rig, ...SLEEP)).toHaveLength(2);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('the whole folder is removed: everything is there again', async () => {
    const rig = new Rig();
    const start = await started(rig);
    rmSync(runtime(rig), { recursive: true });
    const [, removed] = await start.says(AGAIN);
    expect(removed?.split(' and ')).toHaveLength(3);
    expect((await rig.run(['start', '--all'])).stderr).toContain(`is supervised by pid ${start.pid} since`);
    expect((await rig.run(['stop'])).code).toBe(0);
    expect((await start.ended).code).toBe(0);
    expect(rig.survivors()).toEqual([]);
  });
});
