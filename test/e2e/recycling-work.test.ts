/** Chains, groups, chords, retries, time limits and tasks with an ETA, through a worker that is replaced again and again. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';

const FOUR = [0, 1, 2, 3];

/** Each run that there must be, by its name. */
const runs = (round: number): string[] => [
  ...FOUR.slice(1).map((link) => `chain-${round}-${link - 1}`),
  ...FOUR.map((member) => `group-${round}-${member}`),
  ...FOUR.map((member) => `chord-${round}-${member}`),
  `body-${round}`,
  ...[0, 1, 2].map((attempt) => `flaky-${round}-${attempt}`),
  `eta-${round}`,
];

test('all of it goes on, and each part runs once', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const python = inject('python');
  copyFileSync(join(import.meta.dirname, 'recycling_work.py'), join(rig.folder, 'recycling_work.py'));
  rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: recycling_work
    ARGS: {concurrency: 4, without-mingle: true, loglevel: WARNING}
    RECYCLE: {max-tasks: 30, jitter: 0, min-uptime: 1s}
SUPERVISOR: {python: ${python}}
`);
  const env = { BROKER: redis.url };
  const start = rig.start(['start', '--all'], { env });
  await start.says(/worker\.1 STARTING -> RUNNING/);
  const client = await rig.spawn([python, 'recycling_work.py'], { env }).ended;
  expect(client, client.stderr).toMatchObject({ code: 0 });
  const value = { chain: 10, group: [0, 2, 4, 6], chord: 12, retry: 2 };
  const answer = JSON.parse(client.stdout) as { readonly values: readonly unknown[] };
  const rounds = Array.from(answer.values, (_, round) => round);
  expect(answer).toEqual({
    values: rounds.map((round) => ({ ...value, eta: round + 1 })),
    hard: 'ended',
    soft: 'told',
  });
  const marks = rig.read('marks').trim().split('\n');
  const names = marks.map((line) => line.split(' ')[0] ?? '');
  expect(names.toSorted()).toEqual(rounds.flatMap(runs).toSorted());
  expect(new Set(marks.map((line) => line.split(' ')[1])).size).toBeGreaterThanOrEqual(3);
  for (let count = 0; count < 2; count += 1) await start.says(/worker\.1 recycled: \d+ tasks/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});
