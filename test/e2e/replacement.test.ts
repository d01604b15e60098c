/** Real workers on a real Redis that are replaced while tasks flow in, and beat, of which there must not be two. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Driver } from '../backends/celery/stage.ts';
import { alive, until } from '../support/rig.ts';
import { begin, end, ran, restartAmongTasks, row, worker, workers } from './replacement.ts';

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, inject('python'));
});
afterAll(() => driver.end());

test('restart of a worker on prefork: 100 tasks run once each', () => restartAmongTasks(driver, 'prefork'));

test('a successor that cannot start: the old one goes on, and what is wrong is told', async () => {
  const scene = await begin(driver, worker());
  const { rig, start, client } = scene;
  const { pid } = await row(rig);
  rig.write('numbered.py', 'def broken(:\n');
  const restart = await rig.run(['restart', 'worker']);
  expect(restart.code).toBe(1);
  expect(restart.stderr).toContain(
    'error: not restarted: worker.1: exit code 2: another attempt cannot help [restart-failed]\n',
  );
  await start.says(
    /worker\.1: could not be replaced \(as a command asks\): worker\.1\.g2: exit code 2: another attempt cannot help; worker\.1 goes on\n/,
  );
  expect(start.stdout).toMatch(/^worker\.1 +\| .*SyntaxError/m);
  expect(await row(rig)).toMatchObject({
    state: 'RUNNING',
    pid,
    generation: 1,
    replacing: null,
    replacement_failed: { generation: 2, reason: 'exit-permanent' },
  });
  await client.send('record', [1]);
  await until(() => ran(rig).length === 1, 'the old one to serve');
  await end(scene);
});

test('a stop of everything during a replacement leaves nothing behind', async () => {
  const scene = await begin(driver, worker());
  const { rig, start, client } = scene;
  await client.send('hold');
  await until(() => existsSync(join(rig.folder, 'holding')), 'the task to run');
  const restart = rig.start(['restart']);
  await start.says(/worker\.1\.g2 STARTING -> RUNNING/);
  await start.says(/worker\.1 RUNNING -> STOPPING/);
  await until(() => /^worker\.1: draining, 1 task left, \d+ s$/m.test(restart.stderr), 'progress');
  start.kill('SIGTERM');
  await start.says(/stopping: waiting for .*worker\.1 \(pid \d+, 1 task running, .* of 1 min 10 s\)/);
  rig.write('over', '');
  expect((await start.ended).code).toBe(143);
  expect(workers(rig)).toEqual([]);
});

test('SIGKILL of the supervisor during a replacement: the next one ends both before it starts', async () => {
  const scene = await begin(driver, worker('', ', STOP: {timeout: 1s}'));
  const { rig, start, client } = scene;
  const old = await row(rig);
  await client.send('hold');
  await until(() => existsSync(join(rig.folder, 'holding')), 'the task to run');
  rig.write('hang', '');
  expect(await rig.run(['restart', '--no-wait'])).toMatchObject({ code: 0 });
  const young = Number((await start.says(/worker\.1\.g2 STOPPED -> STARTING \(pid (\d+)\)/))[1]);
  await until(() => existsSync(join(rig.folder, 'hanging')), 'the successor to hang');
  expect((await row(rig)).members).toEqual([...old.members, young]);
  start.kill('SIGKILL');
  await start.ended;
  expect([old.pid ?? 0, young].map((pid) => alive(pid))).toEqual([true, true]);
  const records = (): string[] =>
    readdirSync(join(rig.folder, 'run')).flatMap((name) => /worker\.[\w.]+(?=\.run$)/.exec(name) ?? []);
  expect(records().toSorted()).toEqual(['worker.1', 'worker.1.g2']);

  const next = rig.start(['start', '--all']);
  await next.says(/worker\.1 \w+ -> WAITING \(what a killed supervisor left of it still runs/);
  await next.says(/worker\.1 WAITING -> STARTING/);
  expect([old.pid ?? 0, young].map((pid) => alive(pid))).toEqual([false, false]);
  rmSync(join(rig.folder, 'hang'));
  await next.says(/worker\.1 STARTING -> RUNNING/);
  expect(records()).toEqual(['worker.1']);
  await end({ rig, start: next });
});

test('beat: the old one is gone before the new one starts, and the lock goes over', async () => {
  const scene = await begin(
    driver,
    (broker) => `  beat: {BACKEND: CeleryBeat, APP: numbered, ENV: {BROKER: "${broker}"}}\n`,
  );
  const { rig, start } = scene;
  const { pid } = await row(rig);
  const restart = rig.run(['restart', 'beat']);
  await start.says(/beat\.1: replacing it: as a command asks; it stops before it starts/);
  await start.says(/beat\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+/);
  await start.says(/beat\.1 \w+ -> STARTING/);
  expect(alive(pid ?? 0)).toBe(false);
  await start.says(/beat\.1 STARTING -> RUNNING/);
  expect(await restart).toMatchObject({ code: 0, stdout: 'beat.1: restarted\n' });
  expect(await row(rig)).toMatchObject({ generation: 1, restarts: 0, exits: [{ pid, reason: 'manual' }] });
  await end(scene);
});
