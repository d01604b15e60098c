/** What a real beat sends, and when: intervals, crontabs, and a schedule in the database. For any interpreter. */
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Linked } from '../../python/harness.ts';
import { startRedis } from '../../support/redis.ts';
import { Rig, until } from '../../support/rig.ts';
import { beatOf, finish, messages, tableOf, ticks } from './beat-stage.ts';
import { type Argv, type Change, type Driver, open, without } from './stage.ts';

const all = (argv: Argv): Argv => argv;
const SENDING = /^\[(.*?),(\d+): INFO\/MainProcess\] Scheduler: Sending due task (\S+)/gm;
const SENT = /^\[.*: DEBUG\/MainProcess\] tick sent\. id->([\w-]+)$/gm;

/** When the log says that an entry was sent, in epoch seconds; the sample's Django has set the zone to UTC. */
const timesOf = (log: string, name: string): number[] =>
  [...log.matchAll(SENDING)].flatMap(([, second = '', milli = '', entry = '']) =>
    entry === name ? [Date.parse(`${second.replace(' ', 'T')}.${milli}Z`) / 1000] : [],
  );

const idsIn = (log: string, pattern: RegExp): string[] => [...log.matchAll(pattern)].map(([, id = '']) => id);

/** An interval: one message each period, no more; and a worker executes each one, once. */
export async function intervalFires(python: string, driver: Driver): Promise<void> {
  const period = 0.5;
  const rig = new Rig();
  const { url } = await startRedis(rig);
  const setting = {
    backend: 'CeleryBeat',
    args: { loglevel: 'debug' },
    env: { PROVING_PERIOD: String(period) },
  } as const;
  const stage = await open(rig, python, setting, all, url, { driver });
  await until(() => idsIn(stage.process.stderr, SENT).length >= 4, 'four messages');
  await finish(stage.process);
  const waiting = (await messages(url)).map(({ id }) => id);
  const sent = idsIn(stage.process.stderr, SENT);
  // The end may come between a message and its line of the log.
  expect(waiting.slice(0, sent.length)).toEqual(sent);
  expect(waiting.length - sent.length).toBeLessThan(2);
  // Half a period of grace: the first line of the log may come late.
  const times = timesOf(stage.process.stderr, 'tick').slice(0, sent.length);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan((sent.length - 1.5) * period);

  const { process } = await stage.beside({
    args: { loglevel: 'info', pool: 'solo', 'without-mingle': true },
  });
  const done = (): string[] => idsIn(process.stderr, /tick\[([\w-]+)\] succeeded/g);
  await until(() => done().length >= waiting.length, 'the worker to do what beat sent');
  await finish(process);
  expect(done().toSorted()).toEqual(waiting.toSorted());
}

/** Puts the last run of an entry in beat's memory so many days back, as a beat that was down so long would find it. */
const BACKDATE = `
import shelve, sys
from datetime import timedelta
path, name, days = sys.argv[1:]
with shelve.open(path) as memory:
    entries = memory["entries"]
    entries[name].last_run_at -= timedelta(days=int(days))
    memory["entries"] = entries
`;

/** A crontab: not before it is due, at once when it fell due while beat was down, and once. */
export async function crontabFires(python: string): Promise<void> {
  const rig = new Rig();
  const { url: broker } = await startRedis(rig);
  const env = { PROVING_BROKER: broker, PROVING_RESULTS: 'disabled://', PROVING_PERIOD: '0.1' };
  const start = () => beatOf(rig, python, 'beat_proving', { schedule: 'memory' }, all, env);
  const fired = async (): Promise<number> =>
    (await messages(broker)).filter(({ task }) => task === 'whoami').length;

  const early = start();
  await ticks(broker, 5);
  await finish(early);
  expect(await fired()).toBe(0);

  const path = join(rig.folder, 'memory');
  const ended = await rig.spawn([python, '-c', BACKDATE, path, 'yearly', '400']).ended;
  expect(ended, ended.stderr).toMatchObject({ code: 0 });

  const late = start();
  await until(async () => (await fired()) > 0, 'the crontab to fire');
  await ticks(broker, 5);
  await finish(late);
  expect(await fired()).toBe(1);
}

const DATABASE = 'django_celery_beat.schedulers:DatabaseScheduler';

/** `scheduler`: the database's entries, also one that changes meanwhile; without it none of them. */
export async function databaseFires(python: string, spelling: string = DATABASE): Promise<void> {
  const rig = new Rig();
  const [ours, theirs] = await Promise.all([startRedis(rig), startRedis(rig)]);
  const save = await tableOf(rig, python);
  await save({ name: 'mine', every_ms: 200, text: 'before' });
  await save({ name: 'overdue', text: 'crontab' });

  const args = { scheduler: spelling, loglevel: 'info' };
  const start = (broker: string, period: string, change: Change): Linked =>
    beatOf(rig, python, 'shop.celery.app', args, change, {
      SHOP_BROKER_URL: broker,
      SHOP_PULSE_SECONDS: period,
    });
  // In the database an interval of settings is of whole seconds.
  const real = start(ours.url, '3600', all);
  const control = start(theirs.url, '0.1', (argv) => without(argv, 'scheduler'));
  await Promise.all([real, control].map((process) => process.tells('ready')));

  const notes = async (broker: string): Promise<unknown[]> =>
    (await messages(broker, 'default')).flatMap(({ task, args }) =>
      task.endsWith('.note') ? [args[1]] : [],
    );
  const pulses = async (): Promise<number> =>
    (await messages(theirs.url, 'default')).filter(({ task }) => task.endsWith('.pulse')).length;
  const onlyTheDatabaseHas = async (...texts: readonly string[]): Promise<void> => {
    const before = await pulses();
    for (const text of texts) await until(async () => (await notes(ours.url)).includes(text), text);
    await until(async () => (await pulses()) >= before + 20, 'many messages of the control');
    for (const text of texts) expect(await notes(theirs.url)).not.toContain(text);
  };

  await onlyTheDatabaseHas('before', 'crontab');
  // Beat writes a whole row as it has read it a moment before (django-celery-beat's ModelEntry.save), and so may undo a change.
  const taken = (): Promise<boolean> =>
    until(async () => (await notes(ours.url)).includes('after'), 'after', 8000).then(
      () => true,
      () => false,
    );
  for (let tries = 0; tries < 5; tries++) {
    await save({ name: 'mine', every_ms: 200, text: 'after' });
    if (await taken()) break;
  }
  await onlyTheDatabaseHas('after');
  expect(real.stdout).toContain('scheduler -> django_celery_beat.schedulers.DatabaseScheduler');
  expect(control.stdout).toContain('scheduler -> celery.beat.PersistentScheduler');
  await Promise.all([real, control].map(finish));
}

/** The sample's entry of every minute, at a real border of a minute. */
export async function minuteFires(python: string): Promise<void> {
  const rig = new Rig();
  const { url: broker } = await startRedis(rig);
  const env = { SHOP_BROKER_URL: broker, SHOP_PULSE_SECONDS: '3600' };
  const process = beatOf(rig, python, 'shop.celery.app', { loglevel: 'info' }, all, env);
  await process.tells('ready');
  const notes = async (): Promise<number> =>
    (await messages(broker, 'default')).filter(({ args }) => args[1] === 'minute').length;
  await until(async () => (await notes()) > 0, 'the minute to end', 90_000);
  await finish(process);
  const [fired = 0, ...more] = timesOf(process.stderr, 'every-minute');
  expect(more).toEqual([]);
  expect(fired % 60).toBeLessThan(10);
}
