/** Plain commands: what every process gets, whatever it is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alive, freePort, Rig, tryKill, until } from '../support/rig.ts';

const manifest = (entries: Record<string, string>): string =>
  `PRODUCTION_PROCESSES:\n${Object.entries(entries)
    .map(([name, body]) => `  ${name}: {BACKEND: Command, ${body}}\n`)
    .join('')}`;

describe('restarts', () => {
  test('a process that is killed after it was ready starts again at once', async () => {
    const rig = new Rig();
    rig.manifest(manifest({ job: 'CMD: [sleep, 1000]' }));
    const start = rig.start(['start', '--all']);
    const [, first] = await start.says(/job\.1 STARTING -> RUNNING \(pid (\d+), ready after [\d.]+ s\)/);
    tryKill(Number(first));
    const [, second] = await start.says(
      /job\.1 RUNNING -> STARTING \(ended by SIGKILL; started again: pid (\d+)\)/,
    );
    expect(second).not.toBe(first);
    const [row] = await rig.status();
    expect(row).toMatchObject({
      state: 'STARTING',
      restarts: 1,
      attempt: 1,
      exit: { code: null, signal: 'SIGKILL' },
    });
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
    expect(rig.survivors()).toEqual([]);
  });

  test('a process that ends before it is ready backs off, and is never promoted', async () => {
    const rig = new Rig();
    const restart = 'RESTART: {backoff: {initial: 1s, factor: 10}}';
    rig.manifest(manifest({ job: `CMD: [sh, -c, 'echo gone wrong >&2; exit 3'], ${restart}` }));
    const start = rig.start(['start', '--all']);
    await start.says(
      /job\.1 STARTING -> BACKOFF \(exit code 3 after [\d.]+ m?s; next start in (9\d\d ms|1(\.\d)? s)\)/,
    );
    await start.says(
      /job\.1 STARTING -> BACKOFF \(exit code 3 after [\d.]+ m?s; next start in ([89]|1\d)(\.\d)? s\)/,
    );
    const status = await rig.run(['status']);
    expect(status.stdout).toMatch(/^job\.1 +BACKOFF {3}next start at \S+Z, exit code 3\n$/);
    expect(status.code).toBe(3);
    const [row] = await rig.status();
    expect(row).toMatchObject({ reason: 'crash', detail: 'exit code 3', attempt: 2, said: ['gone wrong'] });
    start.kill('SIGTERM');
    const ended = await start.ended;
    expect(ended.code).toBe(143);
    expect(ended.stdout).not.toContain('RUNNING');
  });

  test('max-attempts ends in FATAL, and the supervisor with that exit code', async () => {
    const rig = new Rig();
    rig.manifest(
      manifest({ job: `CMD: [sh, -c, 'exit 9'], RESTART: {max-attempts: 2, backoff: {initial: 1s}}` }),
    );
    const ended = await rig.run(['start', 'job']);
    expect(ended.code).toBe(9);
    expect(ended.stdout).toContain(
      'job.1 STARTING -> FATAL (given up after 2 attempts; the last: exit code 9)',
    );
  });

  test('policy never leaves it EXITED; of a single process the exit code is the supervisor’s own', async () => {
    const rig = new Rig();
    rig.manifest(manifest({ job: `CMD: [sh, -c, 'sleep 1.3; exit 7'], RESTART: {policy: never}` }));
    const ended = await rig.run(['start', 'job']);
    expect(ended.stdout).toMatch(/job\.1 RUNNING -> EXITED \(exit code 7 after [\d.]+ s\)/);
    expect(ended.code).toBe(7);
  });

  test.each([
    ['a program that does not exist', 'CMD: [no-such-program]', 'there is no "no-such-program" in PATH'],
    ['a path that does not exist', 'CMD: [./nothing-here]', 'FOLDER/nothing-here does not exist'],
    ['a file that is not executable', 'CMD: [./plain.txt]', './plain.txt cannot be executed: EACCES'],
    [
      'a script whose interpreter is missing',
      'CMD: [./script]',
      './script cannot be executed: its interpreter /no/such/interpreter does not exist',
    ],
    ['a folder that does not exist', 'CMD: [sleep, 1], CWD: ./nowhere', 'CWD FOLDER/nowhere does not exist'],
  ])('%s is FATAL at once and told from a crash', async (_, entry, message) => {
    const rig = new Rig();
    rig.write('plain.txt', 'text');
    await rig.run(['version']);
    const script = rig.write('script', '#!/no/such/interpreter\n');
    await rig.spawn(['chmod', '755', script]).ended;
    rig.manifest(manifest({ job: entry }));
    const ended = await rig.run(['start', '--all']);
    const words = message.replace('FOLDER', rig.folder);
    expect(ended.stdout).toContain(`job.1 STOPPED -> FATAL (${words})`);
    expect(ended.stderr).toContain(`error: ${words} [`);
    expect(ended.code).toBe(1);
  });
});

describe('stops', () => {
  test('TERM goes to the main process only; what outlives it is killed', async () => {
    const rig = new Rig();
    rig.write(
      'main.sh',
      `sh -c 'trap "echo child got TERM" TERM; echo child $$; while :; do sleep 0.1; done' &\nwait\n`,
    );
    rig.manifest(manifest({ job: 'CMD: [sh, main.sh]' }));
    const start = rig.start(['start', '--all']);
    const [, child] = await start.says(/child (\d+)/);
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    const ended = await start.ended;
    expect(ended.stdout).toContain('job.1 STOPPING -> STOPPED (ended by SIGTERM');
    expect(ended.stdout).not.toContain('child got TERM');
    expect(alive(Number(child))).toBe(false);
  });

  test('the ladder kills the whole tree of a stubborn process, re-sessioned children too', async () => {
    const rig = new Rig();
    rig.write(
      'main.sh',
      `trap '' TERM\nsetsid sh -c 'trap "" TERM; echo escaped $$; while :; do sleep 0.1; done' &\nwhile :; do sleep 0.1; done\n`,
    );
    rig.manifest(manifest({ job: 'CMD: [sh, main.sh], STOP: {timeout: 1s}' }));
    const start = rig.start(['start', '--all']);
    const [, escaped] = await start.says(/escaped (\d+)/);
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    await start.says(/job\.1 RUNNING -> STOPPING \(SIGTERM to pid \d+, up to 1 s\)/);
    await start.says(/job\.1 STOPPING \(SIGKILL the whole tree of pid \d+, up to 5 s\)/);
    await start.says(/job\.1 STOPPING -> STOPPED \(ended by SIGKILL/);
    await start.ended;
    expect(alive(Number(escaped))).toBe(false);
    expect(rig.survivors()).toEqual([]);
  });

  test('a second TERM steps on, a third kills; two at once are one', async () => {
    const rig = new Rig();
    rig.write('main.sh', `trap '' TERM\nwhile :; do sleep 0.1; done\n`);
    rig.manifest(manifest({ job: 'CMD: [sh, main.sh]' }));
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGINT');
    start.kill('SIGINT');
    await start.says(/SIGINT: stopping in order \(again: faster; a third time: kill\)/);
    await start.says(/stopping: waiting for job\.1 \(pid \d+, [\d.]+ s of 10 s\)/);
    expect(start.stdout).not.toContain('takes its next step');
    start.kill('SIGINT');
    await start.says(/SIGINT: every stop takes its next step/);
    await start.says(/STOPPING -> STOPPED \(ended by SIGKILL/);
    expect((await start.ended).code).toBe(130);
  });

  test('several stubborn processes stop side by side', async () => {
    const rig = new Rig();
    rig.write('main.sh', `trap '' TERM\nwhile :; do sleep 0.1; done\n`);
    const names = ['a', 'b', 'c', 'd'];
    rig.manifest(
      manifest(Object.fromEntries(names.map((name) => [name, 'CMD: [sh, main.sh], STOP: {timeout: 2s}']))),
    );
    const start = rig.start(['start', '--all']);
    for (const _ of names) await start.says(/STARTING -> RUNNING/);
    start.kill('SIGTERM');
    await start.ended;
    const orders = [...start.stdout.matchAll(/-> STOPPING|STOPPING -> STOPPED/g)].map(([text]) => text);
    // All four were told before the first was gone.
    expect(orders.slice(0, 4)).toEqual(['-> STOPPING', '-> STOPPING', '-> STOPPING', '-> STOPPING']);
  });
});

describe('readiness', () => {
  test('not ready in time: stopped, told with what it said, and tried again', async () => {
    const rig = new Rig();
    const port = await freePort();
    rig.manifest(
      manifest({
        job: `CMD: [sh, -c, 'echo no port here >&2; sleep 1000'], READY: {tcp: '127.0.0.1:${port}', timeout: 1s}`,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> STOPPING \(not ready within 1 s: SIGTERM to pid \d+, up to 10 s\)/);
    await start.says(
      /job\.1 STOPPING -> BACKOFF \(not ready in time, ended by SIGTERM; next start in [\d.]+ s\)/,
    );
    const [row] = await rig.status();
    expect(row).toMatchObject({ state: 'BACKOFF', reason: 'start-timeout', said: ['no port here'] });
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a port that another process has does not make it ready', async () => {
    const rig = new Rig();
    const port = await freePort();
    const python = 'python3';
    const other = rig.spawn([python, '-m', 'http.server', String(port), '--bind', '127.0.0.1']);
    await until(
      async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null))?.ok,
      'the other server',
    );
    rig.manifest(manifest({ job: `CMD: [sleep, 1000], READY: {tcp: '127.0.0.1:${port}', timeout: 1500ms}` }));
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> STOPPING \(not ready within 1\.5 s/);
    expect(start.stdout).not.toContain('RUNNING');
    start.kill('SIGTERM');
    await start.ended;
    other.kill('SIGKILL');
  });

  test('READY.http waits for a 2xx of its own server', async () => {
    const rig = new Rig();
    const port = await freePort();
    rig.manifest(
      manifest({
        job: `CMD: [python3, -m, http.server, '${port}', --bind, 127.0.0.1], READY: {http: /flag.txt, timeout: 30s}`,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/GET \/flag\.txt HTTP\/1\.1" 404/);
    expect((await rig.status())[0]).toMatchObject({ state: 'STARTING', ready: false });
    rig.write('flag.txt', 'ready');
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    await start.ended;
    expect(existsSync(join(rig.folder, 'flag.txt'))).toBe(true);
  });
});
