/** Two supervisors on one application: never two beats, whatever happens to the one that has the lock. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  alive,
  markedPids,
  Rig,
  ROOT,
  type Running,
  type SpawnOptions,
  tryKill,
  until,
} from '../support/rig.ts';
import { makeTables } from '../support/shop-tables.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');

/** Two checkouts of one application: two manifests, one broker. */
async function twoCheckouts(): Promise<{ rig: Rig; options: SpawnOptions; manifests: [string, string] }> {
  const rig = new Rig();
  const data = join(rig.folder, 'data');
  const python = inject('python');
  await makeTables(rig, python, data);
  const options = {
    env: { VIRTUAL_ENV: join(python, '..', '..'), SHOP_DATA: data, SHOP_PULSE_SECONDS: '1' },
  };
  const manifest = (name: string): string =>
    rig.write(
      `${name}/prodserver.yaml`,
      `PRODUCTION_PROCESSES:
  beat:
    BACKEND: CeleryBeat
    APP: shop.celery.app
    CWD: ${SHOP}
    ARGS: {loglevel: info, schedule: ${data}/${name}-schedule}
`,
    );
  return { rig, options, manifests: [manifest('one'), manifest('two')] };
}

/** The beats that live, counted from the processes themselves. */
const beats = (rig: Rig): number[] =>
  markedPids(`PRODSERVER_TEST_RIG=${rig.folder}`).filter((pid) => {
    try {
      return (
        /prodserver_celery\.py -A \S+ beat /.test(
          readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '),
        ) && alive(pid)
      );
    } catch {
      return false; // gone
    }
  });

/** Counts beats all the time until `over`; the most that were alive at once. */
async function mostAtOnce(rig: Rig, over: Promise<unknown>): Promise<number> {
  let most = 0;
  let going = true;
  void over.finally(() => (going = false));
  while (going) {
    most = Math.max(most, beats(rig).length);
    await new Promise((done) => setTimeout(done, 20));
  }
  return most;
}

const beatPid = async (start: Running): Promise<number> =>
  Number((await start.says(/beat\.1 \w+ -> RUNNING \(pid (\d+)/))[1]);

test('the second waits, says who holds the lock, and takes over when the first stops', async () => {
  const { rig, options, manifests } = await twoCheckouts();
  const first = rig.start(['start', 'beat', '-f', manifests[0]], options);
  const pid = await beatPid(first);
  const second = rig.start(['start', 'beat', '-f', manifests[1]], options);
  const [, holder, manifest] = await second.says(
    /beat\.1 WAITING \(the lock is held by pid (\d+) since \S+Z for (\S+) \(\/\S+\/[0-9a-f]{24}\.lock\)\)/,
  );
  expect(Number(holder)).toBe(pid);
  expect(manifest).toBe(manifests[0]);
  const status = await rig.run(['status', '-f', manifests[1]], options);
  expect(status.stdout).toMatch(new RegExp(`^beat\\.1 +WAITING {3}the lock is held by pid ${pid} since `));
  expect(status.code).toBe(0);

  const refused = await rig.run(
    ['start', 'beat', '--no-wait', '-f', rig.write('three/prodserver.yaml', rig.read('two/prodserver.yaml'))],
    options,
  );
  expect(refused.code).toBe(75);
  expect(refused.stderr).toMatch(
    new RegExp(
      `^error: beat\\.1: the lock is held by pid ${pid} since \\S+Z for ${manifests[0]} \\(.*\\) \\[lock-held\\]$`,
      'm',
    ),
  );

  first.kill('SIGTERM');
  const takeover = beatPid(second);
  expect(await mostAtOnce(rig, takeover)).toBe(1);
  expect(await takeover).not.toBe(pid);
  expect((await first.ended).code).toBe(143);
  second.kill('SIGTERM');
  await second.ended;
  expect(rig.survivors()).toEqual([]);
});

test('SIGKILL of the first supervisor: its beat keeps the lock until it is gone itself', async () => {
  const { rig, options, manifests } = await twoCheckouts();
  const first = rig.start(['start', 'beat', '-f', manifests[0]], options);
  const pid = await beatPid(first);
  const second = rig.start(['start', 'beat', '-f', manifests[1]], options);
  await second.says(/beat\.1 WAITING \(the lock is held by/);
  // Frozen, it cannot obey the kernel's word of its supervisor's death.
  tryKill(pid, 'SIGSTOP');
  first.kill('SIGKILL');
  await until(() => first.over, 'the first to be gone');
  // Asked at least twice more while the orphan lives.
  const asked = rig.spawn(['sleep', '2.5']).ended;
  expect(await mostAtOnce(rig, asked)).toBeLessThanOrEqual(1);
  expect(second.stdout).not.toContain('RUNNING');
  tryKill(pid, 'SIGCONT');
  const takeover = beatPid(second);
  expect(await mostAtOnce(rig, takeover)).toBe(1);
  second.kill('SIGTERM');
  await second.ended;
});

test('SIGSTOP of the first supervisor: the lock is not lost while its beat lives, and free when it dies', async () => {
  const { rig, options, manifests } = await twoCheckouts();
  const first = rig.start(['start', 'beat', '-f', manifests[0]], options);
  const pid = await beatPid(first);
  first.kill('SIGSTOP');
  const second = rig.start(['start', 'beat', '-f', manifests[1]], options);
  await second.says(/beat\.1 WAITING \(the lock is held by/);
  tryKill(pid);
  // Nobody but beat had the lock: the stopped supervisor does not keep it.
  const takeover = beatPid(second);
  expect(await mostAtOnce(rig, takeover)).toBe(1);
  first.kill('SIGCONT');
  const [, holder] = await first.says(/beat\.1 WAITING \(the lock is held by pid (\d+)/);
  expect(Number(holder)).toBe(await takeover);
  expect(beats(rig)).toEqual([await takeover]);
  first.kill('SIGTERM');
  second.kill('SIGTERM');
  await Promise.all([first.ended, second.ended]);
});

test('another broker is another application: both run', async () => {
  const { rig, options, manifests } = await twoCheckouts();
  const first = rig.start(['start', 'beat', '-f', manifests[0]], options);
  await beatPid(first);
  const env = { ...options.env, SHOP_DATA: join(rig.folder, 'other') };
  await makeTables(rig, inject('python'), env.SHOP_DATA);
  const second = rig.start(['start', 'beat', '-f', manifests[1]], { env });
  await beatPid(second);
  expect(beats(rig)).toHaveLength(2);
  await until(
    () => until(() => /Sending due task pulse/.test(second.stdout), 'a pulse'),
    'the second to send',
  );
  first.kill('SIGTERM');
  second.kill('SIGTERM');
  await Promise.all([first.ended, second.ended]);
});

test('beat’s app that cannot be loaded is FATAL, with its traceback', async () => {
  const { rig, options } = await twoCheckouts();
  rig.write('broken.py', 'import nothing_of_that_name\n');
  rig.manifest('PRODUCTION_PROCESSES:\n  beat: {BACKEND: CeleryBeat, APP: broken.app}\n');
  const ended = await rig.run(['start', 'beat'], options);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(
    /beat\.1 WAITING -> FATAL \(broken\.app cannot be loaded \(exit code 2\); it said:/,
  );
  expect(ended.stdout).toContain("ModuleNotFoundError: No module named 'nothing_of_that_name'");
});
