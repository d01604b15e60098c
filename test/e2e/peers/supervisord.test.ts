/** The headline findings on supervisord, each tried on prodserver. */
import { readStat } from '../../../src/os/proc.ts';
import { describe, expect, test } from 'vitest';
import { Rig, tryKill, until } from '../../support/rig.ts';
import { commands, lines, processes, rowOf, running, sh, startInto } from './stage.ts';

const SLEEP = ['sleep', '1000'];

test('supervisord, circus, PM2, honcho 1: killed and started again there is never a second copy, and a stop leaves nothing', async () => {
  const rig = new Rig();
  // It does not obey its supervisor's death, which is the worst that a beat can do.
  rig.write('beat.sh', `trap '' TERM\nwhile :; do sleep 0.1; done\n`);
  commands(rig, { beat: { CMD: ['sh', 'beat.sh'], STOP: { timeout: '500ms' } } });
  let most = 0;
  // A child between its fork and its exec looks like its parent, and leads no session.
  const mains = (): number[] =>
    processes(rig, 'sh', 'beat.sh').filter((pid) => readStat(pid)?.session === pid);
  const looking = setInterval(() => (most = Math.max(most, mains().length)), 10);
  const first = rig.start(['start', '--all']);
  const before = await running(first, 'beat.1');
  first.kill('SIGKILL');
  await until(() => first.over, 'the supervisor to be gone');
  expect(mains()).toEqual([before]);
  const second = rig.start(['start', '--all']);
  const after = await running(second, 'beat.1');
  clearInterval(looking);
  expect(mains()).toEqual([after]);
  expect([after === before, most]).toEqual([false, 1]);
  expect((await rig.run(['stop'])).stdout).toBe('beat.1: stopped\n');
  expect((await second.ended).code).toBe(0);
  expect(rig.survivors()).toEqual([]);
});

test('supervisord 2: a process that dies at once is never promoted to RUNNING (60 starts)', async () => {
  const rig = new Rig();
  const RESTART = { 'max-attempts': 3, backoff: { initial: '1s', factor: 1 } };
  commands(rig, { fast: { CMD: sh('echo start >>starts; exit 1'), INSTANCES: 20, RESTART }, other: SLEEP });
  const start = rig.start(['start', '--all']);
  for (let instance = 1; instance <= 20; instance++) await start.says(/fast\.\d+ \w+ -> FATAL/);
  expect(lines(rig, 'starts')).toHaveLength(60);
  const rows = (await rig.status()).filter((row) => row.name === 'fast');
  expect(rows).toHaveLength(20);
  for (const row of rows) {
    const exit = { code: 1, signal: null };
    expect(row).toMatchObject({ state: 'FATAL', ready: false, pid: null, restarts: 2, attempt: 3, exit });
  }
  expect(start.stdout).not.toMatch(/fast\.\d+ \w+ -> RUNNING/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
});

test('supervisord 3: with its own stdout not drained it answers, restarts what is killed, and obeys TERM', async () => {
  const rig = new Rig();
  await rig.spawn(['mkfifo', 'pipe']).ended;
  rig.spawn(['bash', '-c', 'exec sleep 1000 <pipe']);
  commands(rig, { flood: ['yes', 'x'.repeat(1000)], job: SLEEP });
  const start = startInto(rig, '>pipe');
  const dropped = async (): Promise<boolean> =>
    /"log_lines_dropped": [1-9]/.test((await rig.run(['status', '--json'])).stdout);
  await until(dropped, 'the pipe to be full');
  const before = await until(async () => {
    const row = await rowOf(rig, 'job.1');
    return row.state === 'RUNNING' ? row : null;
  }, 'the job to be RUNNING');
  tryKill(before.pid ?? 0);
  const after = await until(async () => {
    const row = await rowOf(rig, 'job.1');
    return row.pid !== null && row.pid !== before.pid ? row : null;
  }, 'the job to be started again');
  expect(after).toMatchObject({ restarts: 1, exit: { code: null, signal: 'SIGKILL' } });
  start.kill('SIGTERM');
  expect(await start.ended).toEqual({ code: 143, signal: null, stdout: '', stderr: '' });
  expect(processes(rig, ...SLEEP)).toHaveLength(1); // the reader of the pipe
});

describe('supervisord 4 and PM2 4: stops are parallel', () => {
  const stubborn = { CMD: sh(`trap '' TERM; while :; do sleep 0.1; done`), STOP: { timeout: '2s' } };

  test.each([['SIGTERM'], ['stop']])(
    '%s of eight that ignore TERM for 2 s takes less than 16 s',
    async (how) => {
      const rig = new Rig();
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      commands(rig, Object.fromEntries(names.map((name) => [name, stubborn])));
      const start = rig.start(['start', '--all']);
      for (const _ of names) await start.says(/STARTING -> RUNNING/);
      const began = performance.now();
      if (how === 'SIGTERM') start.kill('SIGTERM');
      else expect((await rig.run(['stop'])).code).toBe(0);
      const { stdout } = await start.ended;
      expect(performance.now() - began).toBeLessThan(16_000);
      const steps = [...stdout.matchAll(/-> STOPP(?:ING|ED)/g)].map(([text]) => text);
      const all = (step: string): string[] => names.map(() => step);
      expect(steps).toEqual([...all('-> STOPPING'), ...all('-> STOPPED')]);
      expect(rig.survivors()).toEqual([]);
    },
  );
});

test('supervisord 12, circus#965: a stop in BACKOFF is at once, for good, and clears the count', async () => {
  const rig = new Rig();
  const job = { CMD: sh('echo start >>starts; exit 1'), RESTART: { backoff: { initial: '4s', factor: 1 } } };
  commands(rig, { job, other: SLEEP });
  const start = rig.start(['start', '--all']);
  await start.says(/job\.1 STARTING -> BACKOFF/);
  const before = await rowOf(rig, 'job.1');
  expect(before).toMatchObject({ state: 'BACKOFF', attempt: 1 });
  expect((await rig.run(['stop', 'job'])).stdout).toBe('job.1: stopped\n');
  const row = { state: 'STOPPED', reason: 'manual', attempt: 0, next_retry_at: null };
  expect(await rowOf(rig, 'job.1')).toMatchObject(row);
  const retry = Date.parse(before.next_retry_at ?? '');
  await until(() => Date.now() > retry + 1000, 'the time of its next start to pass');
  expect(lines(rig, 'starts')).toHaveLength(1);
  expect(await rowOf(rig, 'job.1')).toMatchObject(row);
  start.kill('SIGTERM');
  await start.ended;
});
