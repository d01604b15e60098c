/** Who starts after whom, and who stops before whom. */
import { createServer, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, Rig, type Running, until } from '../support/rig.ts';

const manifest = (entries: Readonly<Record<string, string>>, supervisor = ''): string =>
  `PRODUCTION_PROCESSES:\n${Object.entries(entries)
    .map(([name, body]) => `  ${name}: {BACKEND: Command, ${body}}\n`)
    .join('')}SUPERVISOR: {${supervisor}}\n`;

const SLEEP = 'CMD: [sleep, "1000"]';
/** Takes a while to end, so that who stops first can be seen. */
const SLOW = `CMD: [sh, -c, "trap 'sleep 0.4; exit 0' TERM; while :; do sleep 0.05; done"]`;

/** `job.1 RUNNING` for each line that tells a new state. */
const states = (start: Running): string[] =>
  [...start.stdout.matchAll(/prodserver \| (\S+\.\d+) (?:\w+ -> )?([A-Z]{6,8})\b/g)].map(
    ([, instance, state]) => `${instance} ${state}`,
  );
const before = (start: Running, first: string, second: string): void => {
  const seen = states(start);
  expect(seen).toContain(first);
  expect(seen).toContain(second);
  expect(seen.indexOf(first), seen.join('\n')).toBeLessThan(seen.indexOf(second));
};

async function listenOn(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => void server.listen(port, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return server;
}

describe('DEPENDS_ON', () => {
  test('a migration completes, the database is ready, and only then the rest starts; it stops the other way round', async () => {
    const rig = new Rig();
    rig.manifest(
      manifest({
        web: `${SLOW}, DEPENDS_ON: [worker, migrate]`,
        worker: `${SLOW}, INSTANCES: 2, DEPENDS_ON: {migrate: completed, db: started}`,
        migrate: 'CMD: [sh, -c, "echo migrating; sleep 0.3"], ONESHOT: true, DEPENDS_ON: {db: ready}',
        db: SLOW,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/web\.1 STARTING -> RUNNING/);
    expect(start.stdout).toContain(
      'migrate.1 STOPPED -> WAITING (waits until db.1 is ready; it is STARTING)',
    );
    expect(start.stdout).toContain('web.1 STOPPED -> WAITING (waits until worker.1 is ready; it is WAITING)');
    before(start, 'db.1 RUNNING', 'migrate.1 STARTING');
    before(start, 'migrate.1 EXITED', 'worker.1 STARTING');
    before(start, 'worker.2 RUNNING', 'web.1 STARTING');
    const rows = await rig.status();
    expect(rows.map(({ instance, state, reason }) => `${instance} ${state} ${reason ?? '-'}`)).toEqual([
      'web.1 RUNNING -',
      'worker.1 RUNNING -',
      'worker.2 RUNNING -',
      'migrate.1 EXITED completed',
      'db.1 RUNNING -',
    ]);
    expect((await rig.run(['status'])).code).toBe(0);

    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
    before(start, 'web.1 STOPPED', 'worker.1 STOPPING');
    before(start, 'worker.1 STOPPING', 'worker.2 STOPPED');
    before(start, 'worker.2 STOPPING', 'worker.1 STOPPED');
    before(start, 'worker.1 STOPPED', 'db.1 STOPPING');
    before(start, 'worker.2 STOPPED', 'db.1 STOPPING');
    expect(rig.survivors()).toEqual([]);
  });

  test('who runs already does not care when another one is started again', async () => {
    const rig = new Rig();
    rig.manifest(manifest({ web: `${SLEEP}, DEPENDS_ON: [db]`, db: SLEEP }));
    const start = rig.start(['start', '--all']);
    await start.says(/web\.1 STARTING -> RUNNING/);
    const [web, db] = await rig.status();
    process.kill(db?.pid ?? 0, 'SIGKILL');
    await start.says(/db\.1 RUNNING -> STARTING/);
    await start.says(/db\.1 STARTING -> RUNNING/);
    expect((await rig.status())[0]).toMatchObject({ state: 'RUNNING', pid: web?.pid, restarts: 0 });
    start.kill('SIGTERM');
    await start.ended;
  });

  test('what can never come is said, and a stop does not wait for it', async () => {
    const rig = new Rig();
    rig.manifest(
      manifest({
        web: `${SLEEP}, DEPENDS_ON: [migrate]`,
        migrate: 'CMD: [sh, -c, "exit 3"], ONESHOT: true, RESTART: {max-attempts: 1}',
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/web\.1 WAITING \(waits until migrate\.1 has completed; it is FATAL\)/);
    const status = await rig.run(['status']);
    expect(status.code).toBe(3);
    expect(status.stdout).toMatch(/^web\.1 +WAITING {3}waits until migrate\.1 has completed; it is FATAL$/m);
    expect((await rig.status())[0]).toMatchObject({ state: 'WAITING', reason: 'dependency' });
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
  });

  test('a name that was not asked for is not waited for', async () => {
    const rig = new Rig();
    rig.manifest(manifest({ web: `${SLEEP}, DEPENDS_ON: [db]`, db: SLEEP }));
    const start = rig.start(['start', 'web']);
    await start.says(/web\.1 STOPPED -> STARTING/);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a second TERM does not wait for the order any more', async () => {
    const rig = new Rig();
    const stubborn = `CMD: [sh, -c, "trap '' TERM; echo deaf; while :; do sleep 0.05; done"], STOP: {timeout: 60s}`;
    rig.manifest(manifest({ web: `${stubborn}, DEPENDS_ON: {db: started}`, db: stubborn }));
    const start = rig.start(['start', '--all']);
    await start.says(/web\.1 +\| deaf/);
    start.kill('SIGTERM');
    await start.says(/web\.1 \w+ -> STOPPING/);
    // Two that come together count as one.
    await start.says(/stopping: waiting for web\.1 \(pid \d+, [\d.]+ s of 1 min\)/);
    expect(states(start)).not.toContain('db.1 STOPPING');
    start.kill('SIGTERM');
    await start.says(/db\.1 \w+ -> STOPPING/);
    start.kill('SIGQUIT');
    expect((await start.ended).code).toBe(143);
  });
});

describe('WAIT_FOR', () => {
  test('all addresses must answer, and the first that does not is named', async () => {
    const rig = new Rig();
    const [one, two] = [await freePort(), await freePort()];
    const file = `${rig.folder}/ready`;
    rig.manifest(
      manifest({
        job: `${SLEEP}, WAIT_FOR: ["tcp://127.0.0.1:${one}", "redis://me:secret@127.0.0.1:${two}/0", "file:ready"]`,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(
      new RegExp(`job\\.1 STOPPED -> WAITING \\(waits for 127\\.0\\.0\\.1:${one}: ECONNREFUSED\\)`),
    );
    expect((await rig.status())[0]).toMatchObject({ reason: 'target-unreachable' });
    await listenOn(one);
    await start.says(new RegExp(`job\\.1 WAITING \\(waits for 127\\.0\\.0\\.1:${two}: ECONNREFUSED\\)`));
    await listenOn(two);
    await start.says(new RegExp(`job\\.1 WAITING \\(waits for ${file}: there is none\\)`));
    rig.write('ready', '');
    await start.says(/job\.1 WAITING -> STARTING/);
    expect(start.stdout).not.toContain('secret');
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a timeout is a failed start, which is tried again', async () => {
    const rig = new Rig();
    const port = await freePort();
    rig.manifest(
      manifest({ job: `${SLEEP}, WAIT_FOR: {targets: ["http://127.0.0.1:${port}/"], timeout: 1s}` }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(
      new RegExp(
        `job\\.1 WAITING -> BACKOFF \\(waited 1 s in vain for GET http://127\\.0\\.0\\.1:${port}/: no answer; next start in [\\d.]+ m?s\\)`,
      ),
    );
    await start.says(/job\.1 BACKOFF -> WAITING/);
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
  });
});

describe('the brake of the fleet', () => {
  test('many that crash together get their turns one after the other', async () => {
    const rig = new Rig();
    const names = Array.from({ length: 8 }, (_, index) => `job${index}`);
    const body = `CMD: [sh, -c, "exit 1"], INSTANCES: 5, RESTART: {backoff: {initial: 1s, factor: 1}}`;
    rig.manifest(manifest(Object.fromEntries(names.map((name) => [name, body])), 'start-rate: 5'));
    const start = rig.start(['start', '--all']);
    await start.says(
      /BACKOFF \(too many starts at once: its turn comes in [\d.]+ m?s; next start in [\d.]+ m?s\)/,
    );
    const rows = await rig.status();
    const waiting = rows.filter((row) => row.reason === 'start-rate');
    expect(waiting.length).toBeGreaterThan(0);
    expect(waiting.every((row) => row.state === 'BACKOFF' && row.next_retry_at !== null)).toBe(true);
    // A stop need not wait for anybody's turn.
    start.kill('SIGTERM');
    expect((await start.ended).code).toBe(143);
  });
});

test('independent branches stop at the same time', async () => {
  const rig = new Rig();
  const stubborn = `CMD: [sh, -c, "trap '' TERM; echo deaf; while :; do sleep 0.05; done"], STOP: {timeout: 2s}`;
  const entries = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`job${index}`, stubborn]));
  rig.manifest(manifest(entries));
  const start = rig.start(['start', '--all']);
  await until(() => start.stdout.match(/\| deaf/g)?.length === 6, 'all to be deaf');
  start.kill('SIGTERM');
  await start.ended;
  const first = states(start).findIndex((one) => one.endsWith(' STOPPED'));
  const stopping = states(start)
    .slice(0, first)
    .filter((one) => one.endsWith(' STOPPING'));
  expect(new Set(stopping).size).toBe(6);
});
