/** As PID 1 of a container: orphans, signals that the kernel would throw away, exit codes, and stops. */
import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { becomeReady, commands, READY, said, steady, story } from '../support/commands.ts';
import { Container } from '../support/container.ts';
import { Company, type Obedient } from '../support/obedient.ts';
import { freePort, Rig, until } from '../support/rig.ts';

const STUBBORN = `CMD: [sh, -c, "trap '' TERM; exec sleep 1000"]`;

async function withOrphans(count: number): Promise<{
  rig: Rig;
  container: Container;
  job: Obedient;
  orphans: Obedient[];
}> {
  const rig = new Rig();
  const company = await Company.of(rig);
  commands(rig, { other: 'CMD: [sleep, 1000]', job: `CMD: ${company.cmd()}` });
  const container = await Container.start(rig, ['start', '--all']);
  await becomeReady(container.running, 2);
  const job = await company.next('job.1');
  const orphans: Obedient[] = [];
  for (let made = 0; made < count; made += 1)
    orphans.push(await job.spawn(made % 2 === 0 ? 'orphan' : 'escaped'));
  const pids = orphans.map(({ pid }) => pid);
  await until(() => pids.every((pid) => container.children().includes(pid)), 'PID 1 to have all orphans');
  return { rig, container, job, orphans };
}

describe('orphans', () => {
  test('that end are reaped, one by one and in a burst: no zombie stays', async () => {
    const { container, job, orphans } = await withOrphans(40);
    const gone = (one: Obedient): Promise<boolean> =>
      until(() => !container.inside().includes(one.pid), `orphan ${one.pid} to be reaped`);
    for (const [at, one] of orphans.slice(0, 20).entries()) {
      if (at % 2 === 0) one.exit(at);
      else one.die('SIGKILL');
      await gone(one);
    }
    for (const one of orphans.slice(20)) one.exit(0);
    await Promise.all(orphans.slice(20).map(gone));
    expect(container.zombies()).toEqual([]);
    expect(container.children()).toHaveLength(2);
    expect(container.children()).toContain(job.pid);
    // None of their ends was taken for the job's own.
    expect(story(container.running, 'job.1')).toEqual(READY);
    container.kill('SIGTERM');
    expect((await container.ended).code).toBe(143);
  });

  test('that live are ended by the stop of what started them', async () => {
    const { container, job, orphans } = await withOrphans(4);
    for (const one of orphans) await one.on('SIGTERM', 'ignore');
    const stop = await container.exec(['stop', 'job']);
    expect(stop).toMatchObject({ code: 0, stderr: '' });
    const left = container.living();
    for (const { pid } of [job, ...orphans]) expect(left).not.toContain(pid);
    await until(() => container.children().length === 1, 'all to be reaped');
    expect(story(container.running, 'other.1')).toEqual(READY);
    container.kill('SIGTERM');
    expect((await container.ended).code).toBe(143);
  });

  test('that live when the main process ends by itself are ended before it starts again', async () => {
    const { container, job, orphans } = await withOrphans(4);
    job.exit(5);
    await container.running.says(/job\.1 RUNNING -> STARTING \(exit code 5; started again: pid \d+\)/);
    const left = container.living();
    for (const { pid } of [job, ...orphans]) expect(left).not.toContain(pid);
    await until(() => container.zombies().length === 0, 'all to be reaped');
    container.kill('SIGTERM');
    expect((await container.ended).code).toBe(143);
  });
});

describe('its exit code', () => {
  const job = async (body = 'CMD: [sleep, 1000]'): Promise<Container> => {
    const rig = new Rig();
    commands(rig, { job: body });
    const container = await Container.start(rig, ['start', '--all']);
    await becomeReady(container.running, 1);
    return container;
  };
  const tail = (container: Container): string[] => said(container.running).slice(3);
  const STOPPED = [
    'job.1 RUNNING -> STOPPING (SIGTERM to pid N, up to 10 s)',
    'job.1 STOPPING -> STOPPED (ended by SIGTERM after T)',
    'everything has ended',
  ];

  test('0 by the command', async () => {
    const container = await job();
    expect((await container.exec(['stop'])).code).toBe(0);
    expect((await container.ended).code).toBe(0);
    expect(tail(container)).toEqual(['stopping, as a command asks', ...STOPPED]);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s gives %i', async (signal, code) => {
    const container = await job();
    container.kill(signal);
    expect((await container.ended).code).toBe(code);
    expect(tail(container)).toEqual([
      `${signal}: stopping in order (again: faster; a third time: kill)`,
      ...STOPPED,
    ]);
  });

  test('SIGQUIT gives 131; signals before it with other meanings, and strays, do no harm', async () => {
    const container = await job();
    // By default each of these would be thrown away by the kernel, or end any other process.
    for (const stray of [
      'SIGALRM',
      'SIGVTALRM',
      'SIGIO',
      'SIGPWR',
      'SIGXCPU',
      'SIGPIPE',
      'SIGTSTP',
    ] as const) {
      container.kill(stray);
    }
    container.kill('SIGHUP');
    await container.running.says(/nothing was changed\n/);
    container.kill('SIGUSR1');
    await container.running.says(/SIGUSR1: .*\n/);
    container.kill('SIGUSR2');
    const [, state = ''] = await container.running.says(/prodserver \| state: (\{.*\})\n/);
    expect(JSON.parse(state)).toMatchObject({
      supervisor: { pid: 1 },
      processes: [{ instance: 'job.1', state: 'RUNNING', restarts: 0 }],
    });
    container.kill('SIGQUIT');
    expect((await container.ended).code).toBe(131);
    expect(tail(container).filter((line) => !line.startsWith('state: '))).toEqual([
      'SIGHUP: reading the manifest again',
      'the manifest says what it said before: nothing was changed',
      'SIGUSR1: there are no log files to reopen',
      'SIGQUIT: killing what is left',
      'job.1 RUNNING -> STOPPING (SIGKILL the whole tree of pid N, up to 5 s)',
      'job.1 STOPPING -> STOPPED (ended by SIGKILL after T)',
      'everything has ended',
    ]);
  });

  test('KILL from outside ends all of it', async () => {
    const container = await job(STUBBORN);
    const inside = container.inside().length;
    container.kill('SIGKILL');
    expect(inside).toBe(1);
    await until(() => container.inside().length === 0, 'nothing to be left');
  });

  test.each([
    ['exit 0', 0, 'exit code 0'],
    ['exit 7', 7, 'exit code 7'],
    ['ulimit -c 0; kill -SEGV $$$$', 139, 'ended by SIGSEGV'],
  ])('of a single process that ends by "%s": %i', async (script, code, how) => {
    const rig = new Rig();
    commands(rig, { job: `CMD: [sh, -c, '${script}'], RESTART: {policy: never}` });
    const { running } = await Container.start(rig, ['start', '--all']);
    expect(await running.ended).toMatchObject({ code, stderr: '' });
    expect(said(running).slice(1)).toEqual([
      'job.1 STOPPED -> STARTING (pid N)',
      `job.1 STARTING -> EXITED (${how} after T)`,
      'everything has ended',
    ]);
  });

  test.each([
    [
      'CMD: [no-such-program]',
      1,
      'STOPPED -> FATAL (there is no "no-such-program" in PATH)',
      /^error: there is no "no-such-program" in PATH \[program-missing\]\n {2}.*\n$/,
    ],
    [
      `CMD: [sh, -c, 'exit 9'], RESTART: {max-attempts: 1}`,
      9,
      'STARTING -> FATAL (given up after 1 attempts; the last: exit code 9)',
      /^$/,
    ],
  ])('as soon as one is FATAL by "%s": %i', async (body, code, how, stderr) => {
    const rig = new Rig();
    commands(rig, { job: 'CMD: [sleep, 1000]', broken: body });
    const { running } = await Container.start(rig, ['start', '--all']);
    const ended = await running.ended;
    expect(story(running, 'broken.1').at(-1)).toBe(how);
    expect(said(running)).toContain('stopping everything, since broken.1 is FATAL');
    expect(ended.stderr).toMatch(stderr);
    expect(ended.code).toBe(code);
  });
});

describe('a stop', () => {
  test('of one that ignores TERM: a second TERM steps on, a third kills', async () => {
    const rig = new Rig();
    const company = await Company.of(rig);
    const port = await freePort();
    // A ladder of three steps is gunicorn's: this one obeys.
    const [program, ...args] = JSON.parse(company.cmd()) as string[];
    const python = rig.write('python', `#!/bin/sh\nexec '${program}' '${args.join("' '")}'\n`);
    chmodSync(python, 0o755);
    rig.manifest(
      `PRODUCTION_PROCESSES:\n  web: {BACKEND: GunicornServer, APP: shop.wsgi, ARGS: {bind: '127.0.0.1:${port}'}}\n` +
        'SUPERVISOR: {python: ./python}\n',
    );
    const container = await Container.start(rig, ['start', '--all']);
    const { running } = container;
    const web = await company.next('web.1');
    for (const signal of ['SIGTERM', 'SIGQUIT'] as const) await web.on(signal, 'report');
    await web.listen(port);
    await becomeReady(running, 1);
    container.kill('SIGTERM');
    await web.gets('SIGTERM');
    await running.says(/stopping: waiting for web\.1 \(pid \d+, [\d.]+ s of 40 s\)/);
    container.kill('SIGTERM');
    await web.gets('SIGQUIT');
    await running.says(/stopping: waiting for web\.1 \(pid \d+, [\d.]+ s of 40 s\)/);
    container.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
    expect(web.got).toEqual(['SIGTERM', 'SIGQUIT']);
    expect(said(running).slice(3)).toEqual([
      'SIGTERM: stopping in order (again: faster; a third time: kill)',
      'web.1 RUNNING -> STOPPING (SIGTERM to pid N, up to 35 s)',
      'stopping: waiting for web.1 (pid N, T of 40 s)',
      'SIGTERM: every stop takes its next step',
      'web.1 STOPPING (SIGQUIT to pid N, up to 5 s)',
      'stopping: waiting for web.1 (pid N, T of 40 s)',
      'SIGTERM: killing what is left',
      'web.1 STOPPING (SIGKILL the whole tree of pid N, up to 5 s)',
      'web.1 STOPPING -> STOPPED (ended by SIGKILL after T)',
      'everything has ended',
    ]);
  });

  test('of 20 that ignore TERM takes as long as of one', async () => {
    const rig = new Rig();
    const names = Array.from({ length: 20 }, (_, at) => `stubborn-${at}`);
    commands(rig, Object.fromEntries(names.map((name) => [name, `${STUBBORN}, STOP: {timeout: 3s}`])));
    const container = await Container.start(rig, ['start', '--all']);
    await becomeReady(container.running, names.length);
    const begun = performance.now();
    container.kill('SIGTERM');
    expect((await container.ended).code).toBe(143);
    const seconds = (performance.now() - begun) / 1000;
    process.stderr.write(`pid1: 20 stubborn processes with 3 s each stopped in ${seconds.toFixed(2)} s\n`);
    for (const name of names) {
      expect(story(container.running, `${name}.1`).slice(2)).toEqual([
        'RUNNING -> STOPPING (SIGTERM to pid N, up to 3 s)',
        'STOPPING (SIGKILL the whole tree of pid N, up to 5 s)',
        'STOPPING -> STOPPED (ended by SIGKILL after T)',
      ]);
    }
    expect(seconds).toBeLessThan(10);
  });
});

test('without koffi it says what is lost, and that is lost: a zombie stays', async () => {
  const rig = new Rig();
  const company = await Company.of(rig);
  commands(rig, { job: `CMD: ${company.cmd()}` });
  const container = await Container.start(rig, ['start', '--all'], { env: { PRODSERVER_NO_KOFFI: '1' } });
  await becomeReady(container.running, 1);
  const job = await company.next('job.1');
  const orphan = await job.spawn('orphan');
  orphan.exit(0);
  await until(() => container.zombies().includes(orphan.pid), 'the zombie');
  container.kill('SIGTERM');
  const ended = await container.ended;
  expect(ended).toMatchObject({ code: 143, stderr: '' });
  expect(steady(ended.stdout).replaceAll(rig.folder, 'FOLDER')).toBe(
    [
      'pid N, FOLDER/prodserver.yaml: job.1',
      'warning: orphaned grandchildren cannot be adopted or reaped (switched off by PRODSERVER_NO_KOFFI=1) [subreaper-missing]',
      '  install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini',
      `job.1 ${READY[0]}`,
      `job.1 ${READY[1]}`,
      'SIGTERM: stopping in order (again: faster; a third time: kill)',
      'job.1 RUNNING -> STOPPING (SIGTERM to pid N, up to 10 s)',
      'job.1 STOPPING -> STOPPED (ended by SIGTERM after T)',
      'everything has ended',
    ]
      .map((line) => `prodserver | ${line}\n`)
      .join(''),
  );
});
