/** Workers and beats that live and do nothing are found and healed; those that are busy, or wait for their broker, are not. */
import { expect, test } from 'vitest';
import { until } from '../support/rig.ts';
import { beat, passed, restartsOf, stage, worker, type Stage } from './hanging.ts';

const BUSY_S = 18;
const FROZEN_S = 18;

const pidOf = async ({ rig }: Stage, instance: string): Promise<number> => {
  const pid = (await rig.status()).find((row) => row.instance === instance)?.pid ?? null;
  if (pid === null) throw new Error(`${instance} does not run`);
  return pid;
};

/** Waits until it runs again; what was wrong with it. */
async function healed({ start }: Stage, name: string): Promise<string> {
  const found = new RegExp(`${name}\\.1 RUNNING -> STOPPING \\((unresponsive \\(.*\\)): `);
  const again = new RegExp(`${found.source}[^]*${name}\\.1 STARTING -> RUNNING`);
  await until(() => again.test(start.stdout), `${name} to be healed`, 60_000);
  return found.exec(start.stdout)?.[1]?.replace(/\d+ s/, 'N s') ?? '';
}

/** Seconds between one sending and the next. */
const gaps = (times: readonly string[]): number[] =>
  times.slice(1).map((time, index) => Number(time) - Number(times[index]));

test('who lives and does nothing is started again, who is busy is not', async () => {
  const one = await stage({
    solo: worker('solo', 'solo'),
    full: worker('prefork', 'full', ', concurrency: 2'),
    green: worker('gevent', 'green', ', concurrency: 10'),
    frozen: worker('prefork', 'frozen', ', concurrency: 1'),
    beat: beat('beat'),
  });
  const { rig, start, send, lines } = one;
  await until(() => lines('sent-beat').length >= 2, 'beat to send');
  await send(
    `rest.apply_async(("solo", ${BUSY_S}), queue="solo")
for name in ("a", "b"): rest.apply_async((name, ${BUSY_S}), queue="full")
block.apply_async(queue="green")`,
  );
  for (const instance of ['frozen.1', 'beat.1']) process.kill(await pidOf(one, instance), 'SIGSTOP');
  const [green, frozen, stoppedBeat] = await Promise.all(
    ['green', 'frozen', 'beat'].map((name) => healed(one, name)),
  );
  expect({ green, frozen, stoppedBeat }).toEqual({
    green: 'unresponsive (hub: no turn for N s)',
    frozen: 'unresponsive (consumer loop: no turn for N s)',
    stoppedBeat: 'unresponsive (scheduler: a tick is N s late)',
  });
  // Its stacks are in its log.
  expect(start.stdout).toMatch(/green\.1 +\| .*hanging\.py", line \d+ in block/);
  await send('for queue in ("green", "frozen"): note.apply_async(("note-" + queue,), queue=queue)');
  await until(() => lines('note-green').length + lines('note-frozen').length === 2, 'the healed to work');
  for (const name of ['solo', 'a', 'b']) {
    await until(() => lines(name).at(-1) === 'done', `${name} to be done`);
    expect(lines(name)).toEqual(['begun', 'done']);
  }
  const sent = lines('sent-beat').length;
  await until(() => lines('sent-beat').length >= sent + 2, 'beat to go on');
  // What was missed is sent once, and nothing twice.
  expect(Math.min(...gaps(lines('sent-beat')))).toBeGreaterThan(1.5);
  expect(await restartsOf(rig)).toEqual({
    solo: 0,
    full: 0,
    green: 1,
    frozen: 1,
    beat: 1,
  });
  await one.over();
});

test('a broker that is frozen restarts nobody, a scheduler that is stuck is restarted', async () => {
  const one = await stage({
    prefork: worker('prefork', 'prefork', ', concurrency: 1'),
    threads: worker('threads', 'threads', ', concurrency: 2'),
    solo: worker('solo', 'solo'),
    green: worker('gevent', 'green', ', concurrency: 10'),
    beat: beat('beat', ', WEDGE: "1"'),
  });
  const { rig, start, redis, send, lines } = one;
  const queues = ['prefork', 'threads', 'solo', 'green'];
  expect(await healed(one, 'beat')).toBe('unresponsive (scheduler: a tick is N s late)');
  expect(start.stdout).toMatch(/beat\.1 +\| .*hanging\.py", line \d+ in tick/);
  const sent = lines('sent-beat').length;
  await until(() => lines('sent-beat').length >= sent + 2, 'beat to go on');
  expect(Math.min(...gaps(lines('sent-beat')))).toBeGreaterThan(1.5);

  process.kill(redis.pid, 'SIGSTOP');
  await passed(FROZEN_S);
  process.kill(redis.pid, 'SIGCONT');
  await send(`for queue in ${JSON.stringify(queues)}: note.apply_async(("note-" + queue,), queue=queue)`);
  await until(() => queues.every((name) => lines(`note-${name}`).length === 1), 'all to work again');
  // As long again as it takes to find one that hangs.
  await passed(10);
  expect(await restartsOf(rig)).toEqual({
    prefork: 0,
    threads: 0,
    solo: 0,
    green: 0,
    beat: 1,
  });
  await one.over();
});
