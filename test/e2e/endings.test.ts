/** When the end of one process is the end of all, and with which exit code. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, Rig } from '../support/rig.ts';

const manifest = (rig: Rig, supervisor: string, entries: Readonly<Record<string, string>>): string =>
  rig.manifest(
    `PRODUCTION_PROCESSES:\n${Object.entries(entries)
      .map(([name, body]) => `  ${name}: {BACKEND: Command, ${body}}\n`)
      .join('')}SUPERVISOR: {${supervisor}}\n`,
  );

const SLEEP = 'CMD: [sleep, "1000"]';

describe('a FATAL process', () => {
  test('leaves the others alone', async () => {
    const rig = new Rig();
    manifest(rig, '', { job: SLEEP, broken: 'CMD: [no-such-program]' });
    const start = rig.start(['start', '--all']);
    await start.says(/broken\.1 \w+ -> FATAL/);
    await start.says(/job\.1 STARTING -> RUNNING/);
    expect((await rig.status()).map((row) => row.state)).toEqual(['RUNNING', 'FATAL']);
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
  });

  test('with on-fatal: shutdown it ends them in order, and says why', async () => {
    const rig = new Rig();
    manifest(rig, 'on-fatal: shutdown', { job: SLEEP, broken: 'CMD: [no-such-program]' });
    const ended = await rig.run(['start', '--all']);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('stopping everything, since broken.1 is FATAL');
    expect(ended.stdout).toMatch(/job\.1 \w+ -> STOPPED/);
    expect(ended.stderr).toMatch(/^error: there is no "no-such-program".*\[program-missing\]$/m);
    expect(rig.survivors()).toEqual([]);
  });

  test('as PID 1 it ends the container, unless on-fatal says keep', async () => {
    const rig = new Rig();
    const pid1 = ['unshare', '--fork', '--pid', '--mount-proc', '--kill-child', process.execPath] as const;
    const bin = join(ROOT, 'bin', 'prodserver');
    manifest(rig, '', { job: SLEEP, broken: 'CMD: [no-such-program]' });
    const ended = await rig.spawn([...pid1, bin, 'start', '--all']).ended;
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stdout).toContain('prodserver | pid 1, ');
    expect(ended.stdout).toContain('stopping everything, since broken.1 is FATAL');

    manifest(rig, 'on-fatal: keep', { job: SLEEP, broken: 'CMD: [no-such-program]' });
    const kept = rig.spawn([...pid1, bin, 'start', '--all']);
    await kept.says(/job\.1 STARTING -> RUNNING/);
    expect(kept.stdout).not.toContain('stopping everything');
    kept.kill('SIGKILL');
    await kept.ended;
  });
});

describe('a significant process', () => {
  const significant = 'RESTART: {policy: never, significant: true}';

  test.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -9 $$$$', 137],
  ])('that ends by "%s" ends all with %i', async (script, code) => {
    const rig = new Rig();
    manifest(rig, '', { job: SLEEP, main: `CMD: [sh, -c, "${script}"], ${significant}` });
    const ended = await rig.run(['start', '--all']);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toContain('stopping everything, since main.1 is EXITED');
    expect(ended.stdout).toMatch(/job\.1 \w+ -> STOPPED/);
  });

  test('one that is not leaves the others alone', async () => {
    const rig = new Rig();
    manifest(rig, '', { job: SLEEP, once: 'CMD: ["true"], RESTART: {policy: never}' });
    const start = rig.start(['start', '--all']);
    await start.says(/once\.1 STARTING -> EXITED/);
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
  });

  test('ordered to stop it is no end of all', async () => {
    const rig = new Rig();
    manifest(rig, '', { job: SLEEP, main: `${SLEEP}, RESTART: {significant: true}` });
    const start = rig.start(['start', '--all']);
    await start.says(/main\.1 STARTING -> RUNNING/);
    expect((await rig.run(['stop', 'main'])).code).toBe(0);
    expect((await rig.status()).map((row) => row.state)).toEqual(['RUNNING', 'STOPPED']);
    start.kill('SIGTERM');
    await start.ended;
  });
});
