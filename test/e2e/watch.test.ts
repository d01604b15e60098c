/** `start --watch` and `--watch-code`, by the built program: files change, and what runs follows. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands, said } from '../support/commands.ts';
import { Rig } from '../support/rig.ts';

const JOB = 'CMD: [sleep, "1000"]';
const UP = /STARTING -> RUNNING/;

const pids = async (rig: Rig): Promise<Record<string, number | null>> =>
  Object.fromEntries((await rig.status()).map(({ instance, pid }) => [instance, pid]));

test('a manifest that is edited: live, with a restart, wrong, gone, and with other variables', async () => {
  const rig = new Rig();
  rig.write('prod.env', 'COLOUR=red\n');
  commands(rig, { live: `${JOB}, ENV_FILE: prod.env`, again: JOB });
  const start = rig.start(['start', '--all', '--watch']);
  await start.says(/watching prodserver\.yaml and prod\.env\n/);
  await start.says(UP);
  await start.says(UP);
  const before = await pids(rig);

  // As editors write: another file takes the name.
  commands(rig, {
    live: `${JOB}, ENV_FILE: prod.env, STOP: {timeout: 3s}`,
    again: `${JOB}, ENV: {COLOUR: blue}`,
  });
  renameSync(join(rig.folder, 'prodserver.yaml'), join(rig.folder, 'draft'));
  renameSync(join(rig.folder, 'draft'), join(rig.folder, 'prodserver.yaml'));
  await start.says(/prodserver\.yaml changed: reading the manifest again\n.*live\.1: STOP .* \(live\)\n/);
  await start.says(/again\.1: ENV COLOUR added \(restart\)\n/);
  await start.says(/again\.1 restarted/);
  const after = await pids(rig);
  expect([after['live.1'] === before['live.1'], after['again.1'] === before['again.1']]).toEqual([
    true,
    false,
  ]);

  rig.manifest('PRODUCTION_PROCESSES: [\n');
  await start.says(/\[manifest-syntax\]/);
  await start.says(/the manifest is not usable: nothing was changed/);
  rmSync(join(rig.folder, 'prodserver.yaml'));
  await start.says(/error: no manifest: .* does not exist \[manifest-missing\]/);
  commands(rig, { live: `${JOB}, ENV_FILE: prod.env` });
  await start.says(/live\.1: STOP .* \(live\)\n.*again\.1: removed \(stop\)\n/);
  expect((await pids(rig))['live.1']).toBe(before['live.1']);
  rig.write('prod.env', 'COLOUR=green\n');
  await start.says(
    /prod\.env changed: reading the manifest again; live has the new variables from the next start on/,
  );
  await start.says(/the manifest says what it said before: nothing was changed/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  // Once each: none of it was told again at the looks between.
  const lines = said(start);
  expect(lines.filter((line) => line.endsWith('[manifest-syntax]'))).toHaveLength(1);
  expect(lines.filter((line) => line.endsWith('[manifest-missing]'))).toHaveLength(1);
  expect(rig.survivors()).toEqual([]);
});

test('a ConfigMap: its link is swapped, and commands find the supervisor as before', async () => {
  const rig = new Rig();
  const put = (version: string, seconds: number, old: string | null): void => {
    mkdirSync(join(rig.folder, version));
    const text = `PRODUCTION_PROCESSES: {job: {BACKEND: Command, CMD: [sleep, "${seconds}"]}}\n`;
    writeFileSync(join(rig.folder, version, 'prodserver.yaml'), text);
    symlinkSync(version, join(rig.folder, '..new'));
    renameSync(join(rig.folder, '..new'), join(rig.folder, '..data'));
    if (old !== null) rmSync(join(rig.folder, old), { recursive: true });
  };
  put('..1', 1000, null);
  symlinkSync('..data/prodserver.yaml', join(rig.folder, 'prodserver.yaml'));
  const start = rig.start(['start', '--all', '--watch']);
  await start.says(UP);
  put('..2', 2000, null);
  await start.says(/job\.1: command 1000 -> 2000 \(restart\)/);
  await start.says(/job\.1 restarted/);
  put('..3', 3000, '..2');
  await start.says(/job\.1: command 2000 -> 3000 \(restart\)/);
  await start.says(/job\.1 restarted/);
  expect(await rig.run(['stop', '--json'])).toMatchObject({ code: 0 });
  expect((await start.ended).code).toBe(0);
});

test('code that changes: Python starts again, what is FATAL too, and the rest goes on', async () => {
  const rig = new Rig();
  const run = 'CMD: [python3, shop/run.py]';
  const good = 'import time\ntime.sleep(1000)\n';
  rig.write('shop/run.py', 'def broken(:\n');
  commands(rig, { worker: `${run}, RESTART: {max-attempts: 1}`, cache: JOB });
  const start = rig.start(['start', '--all', '--watch-code']);
  await start.says(/watching the code of worker in \., for development only; not of cache\n/);
  await start.says(/worker\.1 STARTING -> FATAL/);
  await start.says(/cache\.1 STARTING -> RUNNING/);
  const { 'cache.1': cache } = await pids(rig);
  rig.write('shop/run.py', good);
  await start.says(/worker: restarting, shop\/run\.py changed\n/);
  await start.says(/worker\.1 STARTING -> RUNNING/);
  const { 'worker.1': first } = await pids(rig);
  // Neither a file that was only touched, nor one of a cache or of a virtual environment.
  rig.write('shop/run.py', good);
  rig.write('env/pyvenv.cfg', '');
  rig.write('env/lib/x.py', 'x = 1\n');
  rig.write('shop/__pycache__/x.py', 'x = 1\n');
  rig.write('shop/a.py', 'x = 1\n');
  rig.write('shop/b.py', 'x = 1\n');
  await start.says(/worker: restarting, shop\/[ab]\.py and 1 other file changed\n/);
  await start.says(/worker\.1 restarted: shop\/[ab]\.py and 1 other file changed; successor ready in/);
  const row = (await rig.status()).find(({ name }) => name === 'worker');
  expect(row?.pid).not.toBe(first);
  expect(row?.exits.at(-1)).toMatchObject({ pid: first, reason: 'reload' });
  expect((await pids(rig))['cache.1']).toBe(cache);
  start.kill('SIGTERM');
  await start.ended;
  expect(said(start).filter((line) => line.includes('restarting,'))).toHaveLength(2);
  expect(rig.survivors()).toEqual([]);
});

test.each([
  [['--all', '--attach', '--watch'], '--watch is for a supervisor that is started: --attach starts none'],
  [['--all', '--watch', '-f', '-'], 'a manifest from standard input cannot be watched: keep it in a file'],
])('start %j is refused', async (args, why) => {
  const { code, stderr } = await new Rig().run(['start', ...args]);
  expect([code, stderr]).toEqual([2, `error: ${why} [usage]\n  see prodserver --help\n`]);
});
