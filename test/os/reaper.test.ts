/** The reaper in a process of its own, which adopts and must lose no exit code. */
import { expect, test } from 'vitest';
import { readProc } from '../../src/os/proc.ts';
import { Rig, type Running, tryKill, until } from '../support/rig.ts';
import { program } from './support.ts';

const children = (one: Running): number[] =>
  (readProc(`/proc/${one.pid}/task/${one.pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);

const reaping = (rig: Rig, then: string): string =>
  program(
    rig,
    `import { startReaper } from '$os/reaper.ts';
    import { spawnChild } from '$os/spawn.ts';
    const reaper = startReaper();
    const sh = async (script) =>
      (await spawnChild({ argv: ['sh', '-c', script], env: {}, cwd: '/', extra: [] })).value;
    setInterval(() => undefined, 1000);
    ${then}`,
  );

test('adopted orphans are reaped', async () => {
  const rig = new Rig();
  const path = reaping(
    rig,
    `const child = await sh('sleep 1000 & sleep 1000 & exit 0');
    await child.exited;
    console.log('exited');`,
  );
  const one = rig.spawn([process.execPath, path]);
  await one.says(/exited/);
  const orphans = await until(() => children(one).length === 2 && children(one), 'two adopted orphans');
  for (const pid of orphans) tryKill(pid);
  await until(() => children(one).length === 0, 'no zombie to be left');
});

test('no exit code of its own is lost while orphans die around it', async () => {
  const rig = new Rig();
  const path = reaping(
    rig,
    `const codes = Array.from({ length: 60 }, (_, index) => index + 1);
    const ends = codes.map(async (code) => {
      const child = await sh('true & (true &); (sleep 0.0' + (code % 10) + ' &); exit ' + code);
      return (await child.exited).code;
    });
    console.log(JSON.stringify({ codes: await Promise.all(ends) }));`,
  );
  const one = rig.spawn([process.execPath, path]);
  const [, codes] = await one.says(/"codes":(\[.*?\])/);
  expect(JSON.parse(codes ?? '')).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  await until(() => children(one).length === 0, 'no zombie to be left');
});

test('without koffi it says what is missing, and adopts nothing', async () => {
  const rig = new Rig();
  const path = reaping(rig, `console.log(JSON.stringify(reaper)); process.exit();`);
  const { stdout } = await rig.spawn([process.execPath, path], { env: { PRODSERVER_NO_KOFFI: '1' } }).ended;
  expect(JSON.parse(stdout)).toEqual({
    adopts: false,
    problem: { code: 'subreaper-missing', facts: { detail: 'switched off by PRODSERVER_NO_KOFFI=1' } },
  });
});
