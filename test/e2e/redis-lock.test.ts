/** A lock in Redis between two hosts: who waits, who takes over when, and what the commands say of it. */
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { alive, Rig, type Running, type SpawnOptions, tryKill, until } from '../support/rig.ts';

const TTL_MS = 8000;

interface Host {
  readonly file: string;
  readonly options: SpawnOptions;
}

/** A command whose lock is kept in that Redis; it says when it begins, and ends on TERM. */
function newHost(rig: Rig, name: string, url: string): Host {
  const file = rig.write(
    `${name}/prodserver.yaml`,
    `PRODUCTION_PROCESSES:
  consumer:
    BACKEND: Command
    CMD: [sh, -c, 'echo fence $PRODSERVER_FENCE; exec sleep 600']
    READY: {timeout: 30s}
    LOCK: {redis: "${url}", name: consumer, ttl: ${TTL_MS / 1000}s}
SUPERVISOR: {python: ${inject('python')}}
`,
  );
  return { file, options: { env: { PRODSERVER_RUNTIME_DIR: join(rig.folder, name, 'run') } } };
}

const begin = (rig: Rig, host: Host): Running => rig.start(['start', '--all', '-f', host.file], host.options);

interface Held {
  readonly held: boolean;
  readonly holder: {
    readonly host: string;
    readonly pid: number;
    readonly supervisor_pid: number;
    readonly manifest: string;
    readonly fence: number;
    readonly expires_in_s: number;
  };
}

test('one of two hosts has it; the other shows who, and takes over after a stop, and after a crash', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const [a, b] = [newHost(rig, 'a', redis.url), newHost(rig, 'b', redis.url)];
  const ask = async (host: Host, ...words: string[]): Promise<string> =>
    (await rig.run([...words, '-f', host.file], host.options)).stdout;

  const first = begin(rig, a);
  // Of a Redis that knows nothing of a holder nobody knows whether there is one.
  await first.says(/consumer\.1 WAITING \(the lock is ours; it starts in \S+ s, when whoever had it before/);
  const [, pidA] = await first.says(/consumer\.1 STARTING -> RUNNING \(pid (\d+)/);
  const second = begin(rig, b);
  await second.says(
    /consumer\.1 WAITING \(the lock is held by pid \d+ on \S+ since \S+ for \S+a\/prodserver\.yaml/,
  );

  const [held] = (JSON.parse(await ask(b, 'lock', 'status', '--json')) as { locks: [Held] }).locks;
  expect(held).toMatchObject({
    held: true,
    holder: { pid: Number(pidA), supervisor_pid: first.pid, manifest: a.file },
  });
  expect(held.holder.expires_in_s).toBeLessThanOrEqual(TTL_MS / 1000);
  const rows = (text: string): { lock: object; reason: string | null; state: string }[] =>
    (JSON.parse(text) as { processes: { lock: object; reason: string | null; state: string }[] }).processes;
  const { fence } = held.holder;
  expect(rows(await ask(a, 'status', '--json'))).toMatchObject([
    { state: 'RUNNING', lock: { holder: null, fence } },
  ]);
  expect(rows(await ask(b, 'status', '--json'))).toMatchObject([
    { state: 'WAITING', reason: 'lock-held', lock: { fence, holder: { pid: Number(pidA), fence } } },
  ]);
  expect(await ask(b, 'lock', 'status')).toMatch(
    new RegExp(
      `^consumer\\.1: held by pid ${pidA} on \\S+ since \\S+ for ${a.file} \\(redis://127.* consumer, fence ${fence}, expires in`,
    ),
  );
  const refused = await rig.run(['start', '--all', '--no-wait', '-f', newHost(rig, 'c', redis.url).file], {
    env: { PRODSERVER_RUNTIME_DIR: join(rig.folder, 'c', 'run') },
  });
  expect(refused.code).toBe(75);

  const stopped = performance.now();
  first.kill('SIGTERM');
  expect((await first.ended).code).toBe(143);
  const [, pidB] = await second.says(/consumer\.1 STARTING -> RUNNING \(pid (\d+)/);
  const cleanMs = performance.now() - stopped;
  expect(cleanMs).toBeLessThan(TTL_MS);
  const [, next] = /consumer\.1 +\| fence (\d+)/.exec(second.stdout) ?? [];
  expect(Number(next)).toBeGreaterThan(fence);

  const third = begin(rig, a);
  await third.says(/consumer\.1 WAITING \(the lock is held by/);
  // It must have watched for a ttl, or it waits for one more.
  await rig.spawn(['sleep', String(TTL_MS / 1000 + 1)]).ended;
  const crashed = performance.now();
  second.kill('SIGKILL');
  // Its process ends with it: the dead-man sees to that.
  await until(() => !alive(Number(pidB)), 'the process of the killed supervisor to end');
  await third.says(/consumer\.1 STARTING -> RUNNING/);
  const crashMs = performance.now() - crashed;
  // It does not wait for one ttl more.
  expect(crashMs).toBeLessThan(2 * TTL_MS);
  process.stderr.write(
    `takeover: ${Math.round(cleanMs)} ms after a stop, ${Math.round(crashMs)} ms after a crash\n`,
  );
  third.kill('SIGTERM');
  await third.ended;
  expect(rig.survivors()).toEqual([]);
});

test('taken away by force, and Redis gone: it is stopped, and begins again when it has the lock again', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const host = newHost(rig, 'a', redis.url);
  const release = async (...words: string[]) =>
    rig.run(['lock', 'release', 'consumer', ...words, '-f', host.file], host.options);

  expect((await release('--force', '--yes')).stdout).toMatch(/^consumer\.1: nobody holds redis:/);
  const start = begin(rig, host);
  await start.says(/consumer\.1 STARTING -> RUNNING/);
  const unforced = await release();
  expect(unforced.code).toBe(2);
  expect(unforced.stderr).toMatch(
    /that one may run on for \S+ s after it has lost it, beside the next one \[lock-unforced\]/,
  );
  expect((await release('--force')).code).toBe(2);
  const forced = await release('--force', '--yes');
  expect(forced).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^consumer\.1: released redis:/) as string,
  });
  await start.says(
    /RUNNING -> STOPPING \(its lock is not its own any more \(redis:\S+ consumer\): SIGTERM to pid \d+/,
  );
  await start.says(/consumer\.1 STARTING -> RUNNING/);

  // Its answers are waited for until the deadline of the lease, not longer.
  tryKill(redis.pid, 'SIGSTOP');
  const [, pid] = await start.says(
    /RUNNING -> STOPPING \(its lock could not be renewed in time \(redis:\S+ consumer\): SIGTERM to pid (\d+)/,
  );
  await start.says(/consumer\.1 WAITING \(the store of the lock does not answer: no answer within 0\.533 s/);
  expect(alive(Number(pid))).toBe(false);
  tryKill(redis.pid, 'SIGCONT');
  await start.says(/consumer\.1 STARTING -> RUNNING/);
  const [{ exits }] = (
    JSON.parse((await rig.run(['status', '--json', '-f', host.file], host.options)).stdout) as {
      processes: [{ exits: { reason: string }[] }];
    }
  ).processes;
  expect(exits.map(({ reason }) => reason)).toEqual(['lock-lost', 'lock-lost']);
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});

test('a Redis that is not there keeps it waiting', async () => {
  const rig = new Rig();
  const redis = await startRedis(rig);
  const host = newHost(rig, 'a', redis.url);
  await redis.stop();
  const start = begin(rig, host);
  await start.says(/consumer\.1 WAITING \(the store of the lock does not answer: .*ECONNREFUSED/);
  await redis.restart();
  await start.says(/consumer\.1 WAITING \(the lock is ours/);
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
});
