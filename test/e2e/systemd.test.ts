/** The protocol of `Type=notify`, against a datagram socket that plays systemd. */
import { expect, test } from 'vitest';
import { commands, said } from '../support/commands.ts';
import { Manager, offences } from '../support/manager.ts';
import { Rig } from '../support/rig.ts';

const JOB = 'CMD: [sleep, "1000"]';
/** What a child must not have: the variables, and what was passed to the supervisor as descriptor 3. */
const SHOW = `CMD: [sh, -c, "env | grep -E '^(NOTIFY|WATCHDOG|LISTEN)_'; readlink /proc/self/fd/3 || echo clean; exec sleep 1000"]`;
const REFUSED = 'the manifest is not usable: nothing was changed';

test('a whole life: ready, changed, refused, a crash, the end', async () => {
  const rig = new Rig();
  const manager = await Manager.start(rig, `@${rig.folder}/notify`);
  commands(rig, {
    job: JOB,
    show: SHOW,
    once: 'CMD: ["true"], ONESHOT: true',
    shy: `${JOB}, AUTOSTART: false`,
  });
  // As systemd does it: the pid is known only between fork and exec.
  const shell = 'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@" 3</dev/null';
  const start = rig.spawn(['sh', '-c', shell, 'sh', process.execPath, rig.bin, 'start', '--all'], {
    env: {
      NOTIFY_SOCKET: manager.address,
      WATCHDOG_USEC: '1000000',
      LISTEN_FDS: '1',
      LISTEN_FDNAMES: 'http',
    },
  });
  await start.says(/show\.1 *\| clean\n/);
  await manager.hears(/STATUS=2 of 2 running/);

  commands(rig, { job: `${JOB}, ENV: {COLOUR: blue}`, show: SHOW });
  expect(await rig.run(['update'])).toMatchObject({ code: 0 });
  await manager.hears(/READY=1/);
  rig.manifest('PRODUCTION_PROCESSES: {job: {BACKEND: Comand}}\n');
  start.kill('SIGHUP');
  await manager.hears(new RegExp(`STATUS=2 of 2 running; ${REFUSED}`));

  const pid = (await rig.status()).find(({ instance }) => instance === 'job.1')?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await manager.hears(new RegExp(`STATUS=1 of 2 running; job\\.1 STARTING; ${REFUSED}`));
  await manager.hears(new RegExp(`STATUS=2 of 2 running; ${REFUSED}`));
  for (let beats = 0; beats < 3; beats += 1) await manager.hears(/WATCHDOG=1/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  await manager.hears(/STATUS=stopping: everything has ended/);

  expect(offences(manager.messages, start.pid)).toEqual([]);
  expect(manager.story).toMatchInlineSnapshot(`
    [
      "MAINPID=N EXTEND_TIMEOUT_USEC=30000000",
      "READY=1 STATUS=2 of 2 running",
      "RELOADING=1 MONOTONIC_USEC=N EXTEND_TIMEOUT_USEC=30000000",
      "READY=1 STATUS=2 of 2 running",
      "RELOADING=1 MONOTONIC_USEC=N EXTEND_TIMEOUT_USEC=30000000",
      "READY=1 STATUS=2 of 2 running; the manifest is not usable: nothing was changed",
      "STOPPING=1 EXTEND_TIMEOUT_USEC=30000000 STATUS=stopping: 2 of 2 left; job.1, show.1",
    ]
  `);
  expect(start.stdout).not.toMatch(/^show\.1 *\| (NOTIFY|WATCHDOG|LISTEN)/m);
});

test('without koffi systemd-notify tells, in the same order; a watchdog of another process is not answered', async () => {
  const rig = new Rig();
  const manager = await Manager.start(rig, `${rig.folder}/notify`);
  commands(rig, { job: JOB });
  const env = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: '500000', WATCHDOG_PID: '1' };
  const start = rig.start(['start', '--all'], { env: { ...env, PRODSERVER_NO_KOFFI: '1' } });
  await manager.hears(/READY=1/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  await manager.hears(/STATUS=stopping: everything has ended/);
  expect(offences(manager.messages, null)).toEqual([]);
  expect(manager.messages.flatMap(({ lines }) => lines)).not.toContain('WATCHDOG=1');
  expect(manager.story).toMatchInlineSnapshot(`
    [
      "MAINPID=N EXTEND_TIMEOUT_USEC=30000000",
      "READY=1 STATUS=1 of 1 running",
      "STOPPING=1 EXTEND_TIMEOUT_USEC=30000000 STATUS=stopping: 1 of 1 left; job.1",
    ]
  `);
});

test('a manager that is not there is said once, and nothing else suffers', async () => {
  const rig = new Rig();
  commands(rig, { job: JOB });
  const env = { NOTIFY_SOCKET: `${rig.folder}/nobody`, WATCHDOG_USEC: '200000' };
  const start = rig.start(['start', '--all'], { env });
  await start.says(/job\.1 STARTING -> RUNNING/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(said(start).filter((line) => line.includes('manager-untold'))).toEqual([
    `warning: the service manager cannot be told at ${rig.folder}/nobody: ENOENT [manager-untold]`,
  ]);
});
