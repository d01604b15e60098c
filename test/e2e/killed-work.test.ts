/** SIGKILL and want of memory under a real Celery: what is lost, and what comes again, is what Celery promises, no more. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { type MemoryGroup, memoryGroup } from '../support/memory-group.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, type Running, until } from '../support/rig.ts';

const ACKS = ['early', 'late', 'reject'] as const;
type Acks = (typeof ACKS)[number];

async function shop(pool: string, acks: readonly Acks[], group?: MemoryGroup) {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const python = inject('python');
  copyFileSync(join(import.meta.dirname, 'killed_work.py'), join(rig.folder, 'killed_work.py'));
  rig.write('marks', '');
  const entry = (kind: Acks): string => `  ${kind}:
    BACKEND: CeleryWorker
    APP: killed_work
    ARGS: {pool: ${pool}, concurrency: 1, queues: ${kind}, without-mingle: true, without-gossip: true}
    ENV: {ACKS: ${kind}}
`;
  const entries = acks.map(entry).join('');
  rig.manifest(`PRODUCTION_PROCESSES:\n${entries}SUPERVISOR: {python: ${python}}\n`);
  const env = { BROKER: redis.url };
  const command = [process.execPath, rig.bin, 'start', '--all'];
  const start = rig.spawn([...(group?.command ?? []), ...command], { env });
  await Promise.all(acks.map((kind) => begun(start, kind)));
  return {
    rig,
    start,
    marks: (name: string): string[] =>
      rig
        .read('marks')
        .split('\n')
        .filter((line) => line.startsWith(`${name} `))
        .map((line) => line.slice(name.length + 1)),
    /** Runs Python with the tasks at hand, and gives what it printed as JSON. */
    async client(code: string): Promise<unknown> {
      const source = `import json\nfrom killed_work import *\n${code}`;
      const ended = await rig.spawn([python, '-c', source], { env }).ended;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      return ended.stdout === '' ? null : JSON.parse(ended.stdout);
    },
    async over(): Promise<void> {
      start.kill('SIGTERM');
      await start.ended;
      expect(rig.survivors()).toEqual([]);
    },
  };
}

const begun = (start: Running, name: string): Promise<unknown> =>
  until(() => start.stdout.includes(`${name}.1 STARTING -> RUNNING`), `${name} to run`);

test('a child of prefork: its task fails once, or runs again where Celery was told to reject it', async () => {
  const { rig, start, marks, client, over } = await shop('prefork', ACKS);
  const outcomes = await client(`
sent = {kind: die.apply_async((kind,), queue=kind) for kind in ("early", "late", "reject")}
def end(one):
    try:
        return one.get(timeout=40)
    except Exception as error:
        return type(error).__name__
print(json.dumps({kind: end(one) for kind, one in sent.items()}))
`);
  expect(outcomes).toEqual({ early: 'WorkerLostError', late: 'WorkerLostError', reject: null });
  expect(ACKS.map(marks)).toEqual([['begun'], ['begun'], ['begun', 'begun', 'done']]);
  for (const kind of ACKS) {
    expect(start.stdout).toMatch(new RegExp(`${kind}\\.1 .*exited with 'signal 9 \\(SIGKILL\\)'`));
  }
  expect((await rig.status()).map((row) => [row.restarts, row.exits])).toEqual(ACKS.map(() => [0, []]));
  await over();
});

test('the main process: what ran is lost or runs again, what waited runs once', async () => {
  const { rig, start, marks, client, over } = await shop('prefork', ['early', 'late']);
  const kinds = ['early', 'late'] as const;
  await client(`
for kind in ("early", "late"):
    rest.apply_async((f"{kind}-long", 3), queue=kind)
    for number in range(3):
        rest.apply_async((f"{kind}-{number}", 0), queue=kind)
`);
  await until(() => kinds.every((kind) => marks(`${kind}-long`).length === 1), 'both to be in a task');
  for (const row of await rig.status()) process.kill(row.pid ?? 0, 'SIGKILL');
  const rest = [0, 1, 2];
  await until(
    () =>
      kinds.every((kind) => rest.every((number) => marks(`${kind}-${number}`).includes('done'))) &&
      marks('late-long').includes('done'),
    'all else to be done',
  );
  expect(marks('early-long')).toEqual(['begun']);
  expect(marks('late-long')).toEqual(['begun', 'begun', 'done']);
  for (const kind of kinds) {
    for (const number of rest) expect(marks(`${kind}-${number}`)).toEqual(['begun', 'done']);
    expect(start.stdout).toMatch(
      new RegExp(`${kind}\\.1 RUNNING -> STARTING \\(ended by SIGKILL; started again: pid \\d+\\)`),
    );
  }
  for (const row of await rig.status()) {
    expect(row.exits).toEqual([expect.objectContaining({ signal: 'SIGKILL', reason: 'crash' })]);
  }
  await over();
});

test('want of memory: of a child it is Celery that tells, of the main process it is an `oom`', async ({
  skip,
}) => {
  const group = (bytes: number): MemoryGroup =>
    memoryGroup(bytes) ??
    skip('no memory cgroup can be made here: it needs root and a writable /sys/fs/cgroup');
  const first = group(400 * 1024 ** 2);
  const prefork = await shop('prefork', ['early'], first);
  await prefork.client('eat.apply_async(("child", 600), queue="early")');
  await prefork.start.says(/early\.1 .*exited with 'signal 9 \(SIGKILL\)'/);
  await prefork.client('rest.apply_async(("after", 0), queue="early")');
  await until(() => prefork.marks('after').includes('done'), 'the worker to go on');
  expect((await prefork.rig.status()).map((row) => row.exits)).toEqual([[]]);
  await prefork.over();
  await first.empty();

  const second = group(400 * 1024 ** 2);
  const solo = await shop('solo', ['early'], second);
  await solo.client('eat.apply_async(("main", 600), queue="early")');
  await solo.start.says(
    /early\.1 RUNNING -> STARTING \(ended by SIGKILL: out of memory; started again: pid \d+\)/,
  );
  expect((await solo.rig.status())[0]?.exits).toEqual([
    expect.objectContaining({ signal: 'SIGKILL', reason: 'oom' }),
  ]);
  expect([prefork.marks('child'), solo.marks('main')]).toEqual([['begun'], ['begun']]);
  await solo.over();
  await second.empty();
});
