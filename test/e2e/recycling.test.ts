/** RECYCLE on real processes that leak, grow old, or are due. */
import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Rig, type Running, until } from '../support/rig.ts';

const MiB = 1024 ** 2;

/** Grows by 5 MiB ten times a second up to `most` MiB, in the child of itself where it is to. */
const LEAK = `
import os, sys, time
most, where = int(sys.argv[1]), sys.argv[2]
if where == 'child' and os.fork() > 0:
    os.wait()
blocks = []
while True:
    if len(blocks) * 5 < most:
        blocks.append(b'x' * (5 << 20))
    time.sleep(0.1)
`;

function newRig(processes: Readonly<Record<string, readonly string[]>>): Rig {
  const rig = new Rig();
  chmodSync(rig.folder, 0o755);
  rig.write('leak.py', LEAK);
  const entries = Object.entries(processes).map(([name, lines]) =>
    [`  ${name}:`, '    BACKEND: Command', ...lines.map((line) => `    ${line}`)].join('\n'),
  );
  rig.manifest(`PRODUCTION_PROCESSES:\n${entries.join('\n')}\n`);
  return rig;
}

const leak = (mebibytes: number, where = 'main'): string => `CMD: [python3, leak.py, ${mebibytes}, ${where}]`;

/** The lines about one instance: its states, and why it was replaced. */
const story = (start: Running, instance: string): string[] =>
  (start.stdout.match(/(?<=^prodserver \| ).*$/gm) ?? [])
    .filter((line) => line.startsWith(instance))
    .map((line) => line.replaceAll(/pid \d+/g, 'pid N').replaceAll(/\d+(\.\d)? (ms|s)\b/g, 'N s'));

async function recycled(start: Running, instance: string): Promise<string> {
  const [line] = await start.says(new RegExp(`${instance} recycled: .*\n`));
  return line.trim().replaceAll(/(?<=in )\S+ (ms|s)\b/g, 'N s');
}

const rowOf = async (rig: Rig, instance: string) =>
  until(async () => (await rig.status()).find((row) => row.instance === instance), `a row of ${instance}`);

async function stop(rig: Rig, start: Running): Promise<void> {
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
}

test('a process that leaks is replaced once it is above its limit, and the status says so', async () => {
  const rig = newRig({ job: [leak(1000), 'RECYCLE: {max-memory: 100MiB, min-uptime: 1s}'] });
  const start = rig.start(['start', '--all']);
  const line = await recycled(start, 'job.1');
  expect(line).toMatch(
    /^job\.1 recycled: (1\d\d|2\d\d)(\.\d)? MiB PSS > 100 MiB; successor ready in N s; drained in N s$/,
  );
  expect(story(start, 'job.1').slice(2, 7)).toEqual([
    expect.stringMatching(/^job\.1: replacing it: \d+(\.\d)? MiB PSS > 100 MiB; it stops before it starts$/),
    'job.1 RUNNING -> STOPPING (SIGTERM to pid N, up to N s)',
    'job.1 STOPPING -> STARTING (pid N)',
    'job.1 STARTING -> RUNNING (pid N, ready after N s)',
    expect.stringMatching(/^job\.1 recycled: /),
  ]);
  const row = await rowOf(rig, 'job.1');
  expect(row.exits).toEqual([
    expect.objectContaining({ reason: 'memory', code: null, signal: 'SIGTERM' }) as unknown,
  ]);
  expect(row.exits[0]?.peak_rss_bytes).toBeGreaterThan(100 * MiB);
  // Within one look, which is every 2 s.
  expect(row.exits[0]?.peak_rss_bytes).toBeLessThan(260 * MiB);
  await stop(rig, start);
});

test('each kind of memory, and a hard limit, which no min-uptime protects from', async () => {
  const rig = newRig({
    hard: [leak(120), 'RECYCLE: {max-memory: 50MiB, max-memory-hard: 80MiB, min-uptime: 1h}'],
    main: [leak(120), 'RECYCLE: {max-memory: 100MiB, memory: main, min-uptime: 1s}'],
    child: [leak(120, 'child'), 'RECYCLE: {max-memory: 100MiB, memory: main, min-uptime: 1s}'],
    tree: [leak(120, 'child'), 'RECYCLE: {max-memory: 100MiB, memory: rss, min-uptime: 1s}'],
    shared: [leak(120, 'child'), 'RECYCLE: {max-memory: 100MiB, min-uptime: 1s}'],
    below: [leak(80, 'child'), 'RECYCLE: {max-memory: 100MiB, min-uptime: 1s}'],
  });
  const start = rig.start(['start', '--all']);
  expect(await recycled(start, 'hard.1')).toMatch(/MiB PSS > 80 MiB, the hard limit; /);
  expect(await recycled(start, 'main.1')).toMatch(/MiB RSS of its main process > 100 MiB; /);
  expect(await recycled(start, 'tree.1')).toMatch(/MiB RSS > 100 MiB; /);
  expect(await recycled(start, 'shared.1')).toMatch(/MiB PSS > 100 MiB; /);
  await until(
    async () => ((await rowOf(rig, 'child.1')).memory.pss_bytes ?? 0) > 115 * MiB,
    'the child to grow',
  );
  expect(start.stdout).not.toMatch(/(child|below)\.1.*(replac|recycl)/);
  await stop(rig, start);
});

test('age, a schedule, and how busy the processors are', async () => {
  const rig = newRig({
    old: ['CMD: [sleep, 1000]', 'RECYCLE: {max-age: 3s, jitter: 0, min-uptime: 0s}'],
    due: [
      'CMD: [sleep, 1000]',
      'RECYCLE: {schedule: "* * * * * *", timezone: Europe/Berlin, min-uptime: 2s}',
    ],
    young: [
      `CMD: [sh, -c, 'while :; do :; done & wait']`,
      'RECYCLE: {max-age: 1s, schedule: "* * * * * *", min-uptime: 1h}',
    ],
  });
  const start = rig.start(['start', '--all']);
  expect(await recycled(start, 'old.1')).toMatch(
    /^old\.1 recycled: [345](\.\d)? s old, limit 3 s; successor/,
  );
  expect(await recycled(start, 'due.1')).toMatch(
    /^due\.1 recycled: its schedule "\* \* \* \* \* \*"; successor/,
  );
  expect((await rowOf(rig, 'old.1')).exits[0]).toMatchObject({ reason: 'max-age' });
  const [due] = (await rowOf(rig, 'due.1')).exits;
  expect(due?.reason).toBe('schedule');
  expect(due?.uptime_s).toBeGreaterThan(2);
  expect((await rowOf(rig, 'young.1')).cpu_percent).toBeGreaterThan(10);
  expect((await rowOf(rig, 'old.1')).cpu_percent ?? 0).toBeLessThan(10);
  expect(start.stdout).not.toMatch(/young\.1.*(replac|recycl)/);
  await stop(rig, start);
});

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  /** Those that Docker gives to a container; CAP_SYS_PTRACE is not among them. */
  const DOCKER =
    'chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap';

  test("with Docker's capabilities the RSS of another user's process counts, which is told once", async () => {
    const rig = newRig({
      job: [leak(1000), 'USER: nobody', 'RECYCLE: {max-memory: 100MiB, min-uptime: 4s}'],
    });
    const bounds = ['-all', ...DOCKER.split(',').map((name) => `+${name}`)].join(',');
    const setpriv = ['setpriv', `--bounding-set=${bounds}`, '--inh-caps=-all'] as const;
    const start = rig.spawn([...setpriv, process.execPath, rig.bin, 'start', '--all']);
    expect(await recycled(start, 'job.1')).toMatch(
      /^job\.1 recycled: \d+(\.\d)? MiB RSS > 100 MiB; successor/,
    );
    // It was looked at more than once: it is above its limit after 2 s, and young until after 5 s.
    expect(start.stdout.match(/^.*PSS may not.*$/gm)).toEqual([
      expect.stringContaining(
        'job.1: its PSS may not be read, so its RSS counts, which has shared pages several times',
      ) as string,
    ]);
    await stop(rig, start);
  });
});
