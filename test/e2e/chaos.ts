/**
 * Random faults from a printed seed, with the invariants checked from outside, in /proc: never two main processes of one
 * instance, never two holders of one lock, no zombie that stays, and nothing left at the end.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { allStats, type ProcessStat } from '../../src/os/proc.ts';

import { newChance } from '../support/chance.ts';
import { alive, Rig, type Running, tryKill, until } from '../support/rig.ts';

/** Imports little, for it starts hundreds of times. Ends some time after a TERM, talks, and has children that leave it: one in a session of its own, one without a parent. */
const MAIN = `#!/usr/bin/env python3
import os, signal, sys, time
name = sys.argv[1]
def end(*_):
    time.sleep(os.urandom(1)[0] / 256 * (1.5 if name == "slow" else 0.1))
    os._exit(0)
signal.signal(signal.SIGTERM, end)
if name == "fertile":
    import subprocess
    subprocess.Popen(["setsid", "sleep", "1000"])
    subprocess.Popen(["sh", "-c", "sleep 1000 &"]).wait()
while True:
    time.sleep(0.05)
    if name in ("chatty", "filed"):
        os.write(1, b"x" * 100 + b"\\n")
`;

/** The instances of `start --all` in the rig's own folder. */
const INSTANCES = ['calm.1', 'calm.2', 'slow.1', 'fertile.1', 'chatty.1', 'filed.1', 'fickle.1', 'single.1'];

const manifest = (lock: string, disk: string): string => `PRODUCTION_PROCESSES:
  calm: {BACKEND: Command, CMD: [python3, main.py, calm], INSTANCES: 2}
  slow: {BACKEND: Command, CMD: [python3, main.py, slow], STOP: {timeout: 1s}, DEPENDS_ON: {calm: started}}
  fertile: {BACKEND: Command, CMD: [python3, main.py, fertile]}
  chatty: {BACKEND: Command, CMD: [python3, main.py, chatty]}
  filed: {BACKEND: Command, CMD: [python3, main.py, filed], LOG: {file: ${disk}/filed.log, max-size: 32KiB, keep: 2}}
  fickle: {BACKEND: Command, CMD: [./fickle.py, fickle], LIVE: {command: [test, -x, fickle.py], period: 300ms, failures: 2}}
  single: {BACKEND: Command, CMD: [python3, main.py, single], LOCK: {name: ${lock}}}
`;
const rivalManifest = (lock: string): string =>
  `PRODUCTION_PROCESSES:\n  rival: {BACKEND: Command, CMD: [python3, ../main.py, rival], LOCK: {name: ${lock}}}\n`;

interface Main {
  readonly pid: number;
  readonly instance: string;
}

/**
 * Mains by their instance, and strangers (false), by pid and start: each look would read the whole machine again. What is ours
 * and no main may yet become one.
 */
const known = new Map<string, string | false>();
/** A process that is older than this has become what it was to be. Clock ticks, of which there are 100 a second. */
const SETTLED_TICKS = 200;

/** The live main processes of the rig. */
function mains(rig: Rig): Main[] {
  const stats = allStats();
  const newest = Math.max(...stats.map((stat) => stat.startTicks));
  return stats.flatMap((stat) => {
    const key = `${stat.pid} ${stat.startTicks}`;
    const instance = known.get(key) ?? instanceOf(stat, rig);
    if (instance !== null && newest - stat.startTicks > SETTLED_TICKS) known.set(key, instance);
    return instance === null || instance === false || !alive(stat.pid) ? [] : [{ pid: stat.pid, instance }];
  });
}

/**
 * A main process by the command line and the marks that it was started with. It leads its session: a child between its
 * fork and its exec looks like its parent, and does not. False for what is not of the rig.
 */
function instanceOf({ pid, session }: ProcessStat, rig: Rig): string | false | null {
  try {
    const environ = readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (!environ.split('\0').includes(`PRODSERVER_TEST_RIG=${rig.folder}`)) return false;
    if (session !== pid) return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    if (!/\0(?:\.\.\/main|main|\.\/fickle)\.py\0\w+\0$/.test(command)) return null;
    return /PRODSERVER_INSTANCE=\w+\/([\w.]+):/.exec(environ)?.[1] ?? null;
  } catch {
    return false; // gone, or a kernel thread
  }
}

/** A disk of a quarter of a mebibyte, and how it is filled and emptied. */
function smallDisk(rig: Rig): { readonly path: string; fill(): void; empty(): void } {
  const path = join(rig.folder, 'disk');
  mkdirSync(path);
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { encoding: 'utf8' });
  if (mount.status !== 0) throw new Error(`the chaos needs root, for a small disk: ${mount.stderr}`);
  onTestFinished(() => void spawnSync('umount', ['-l', path]));
  return {
    path,
    fill() {
      try {
        writeFileSync(join(path, 'filler'), Buffer.alloc(1024 * 1024));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    empty: () => rmSync(join(path, 'filler'), { force: true }),
  };
}

/** How often /proc is looked at. Milliseconds. */
const LOOK_MS = 100;
/** A dead child of a supervisor that runs is reaped within this. Milliseconds. */
const ZOMBIE_MS = 3000;

export async function chaos(seed: number, seconds: number): Promise<void> {
  process.stderr.write(`chaos: seed ${seed}, ${seconds} s\n`);
  const chance = newChance(seed);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(chance() * items.length)];
  const rig = new Rig();
  const disk = smallDisk(rig);
  const lock = `chaos-${process.pid}`;
  const fickle = join(rig.folder, 'fickle.py');
  rig.write('main.py', MAIN);
  rig.write('fickle.py', MAIN);
  chmodSync(fickle, 0o755);
  rig.manifest(manifest(lock, disk.path));
  rig.write('rival/prodserver.yaml', rivalManifest(lock));
  const start = (): Running => rig.start(['start', '--all']);
  const startRival = (): Running => rig.start(['start', '--all'], { cwd: join(rig.folder, 'rival') });
  let supervisor = start();
  let rival = startRival();
  const frozen = new Set<Running>();
  const faults: Record<string, number> = {};
  const violations: string[] = [];
  const zombies = new Map<string, number>();
  let looks = 0;

  const violated = (what: string): void => {
    if (violations.length < 20) violations.push(`${what} after ${JSON.stringify(faults)}`);
  };
  const look = (): void => {
    looks += 1;
    const seen = new Map<string, number[]>();
    const add = (key: string, pid: number): void => void seen.set(key, [...(seen.get(key) ?? []), pid]);
    for (const { pid, instance } of mains(rig)) {
      add(instance, pid);
      if (instance === 'single.1' || instance === 'rival.1') add('the lock', pid);
    }
    for (const [key, pids] of seen) if (pids.length > 1) violated(`${key}: ${pids.join(', ')}`);
  };
  const lookForZombies = (): void => {
    const now = performance.now();
    const owners = [supervisor, rival].filter((one) => !one.over && !frozen.has(one)).map((one) => one.pid);
    const dead = allStats().filter((stat) => stat.state === 'Z' && owners.includes(stat.parent));
    const keys = new Set(dead.map((stat) => `${stat.pid} ${stat.startTicks}`));
    for (const key of zombies.keys()) if (!keys.has(key)) zombies.delete(key);
    for (const key of keys) {
      const since = zombies.get(key) ?? now;
      zombies.set(key, since);
      if (now - since > ZOMBIE_MS) violated(`a zombie stays: ${key}`);
    }
  };
  const later = (ms: number, act: () => void): void => void setTimeout(act, ms);
  const killed = async (one: Running): Promise<void> => {
    one.kill('SIGKILL');
    await until(() => one.over, 'the supervisor to be gone');
  };

  const acts: Record<string, () => void | Promise<void>> = {
    'main killed': () => tryKill(pick(mains(rig))?.pid ?? 0x7fffffff),
    'main told': () => tryKill(pick(mains(rig))?.pid ?? 0x7fffffff, 'SIGTERM'),
    'main frozen': () => {
      const pid = pick(mains(rig))?.pid;
      if (pid === undefined) return;
      tryKill(pid, 'SIGSTOP');
      later(chance() * 1500, () => tryKill(pid, 'SIGCONT'));
    },
    'any killed': () => {
      const supervisors = [supervisor.pid, rival.pid];
      tryKill(pick(rig.survivors().filter((pid) => !supervisors.includes(pid))) ?? 0x7fffffff);
    },
    'supervisor killed': async () => {
      await killed(supervisor);
      supervisor = start();
    },
    'rival killed': async () => {
      await killed(rival);
      rival = startRival();
    },
    'supervisor frozen': () => {
      const one = supervisor;
      frozen.add(one);
      one.kill('SIGSTOP');
      later(chance() * 1000, () => {
        one.kill('SIGCONT');
        later(ZOMBIE_MS, () => frozen.delete(one));
      });
    },
    'stopped and started again': async () => {
      supervisor.kill('SIGTERM');
      await until(() => supervisor.over, 'the supervisor to end');
      supervisor = start();
    },
    'reader stalled': () => {
      const { stdout } = supervisor.child;
      stdout?.pause();
      later(chance() * 3000, () => stdout?.resume());
    },
    'disk full': () => {
      disk.fill();
      later(chance() * 2000, () => disk.empty());
    },
    'not executable': () => {
      chmodSync(fickle, 0o644);
      later(chance() * 1500, () => chmodSync(fickle, 0o755));
    },
    'logs reopened': () => supervisor.kill('SIGUSR1'),
  };

  const watching = setInterval(look, LOOK_MS);
  const countingZombies = setInterval(lookForZombies, 5 * LOOK_MS);
  try {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const name = pick(Object.keys(acts)) ?? '';
      faults[name] = (faults[name] ?? 0) + 1;
      await acts[name]?.();
      await new Promise((done) => setTimeout(done, chance() * 1000));
    }
    // What was frozen, full or broken is mended, and what is FATAL of it gets a new supervisor: then all comes to rest.
    await new Promise((done) => setTimeout(done, 3000));
    for (const pid of rig.survivors()) tryKill(pid, 'SIGCONT');
    await acts['stopped and started again']?.();
    // One of the two who want the lock has it.
    rival.kill('SIGTERM');
    await until(() => rival.over, 'the rival to end');
    await until(
      async () => {
        const rows = await rig.status();
        return rows.length === INSTANCES.length && rows.every((row) => row.state === 'RUNNING');
      },
      'all to be RUNNING again',
      80_000,
    );
    look();
  } finally {
    clearInterval(watching);
    clearInterval(countingZombies);
  }
  const count = Object.values(faults).reduce((sum, one) => sum + one, 0);
  process.stderr.write(`chaos: ${count} faults, ${looks} looks, ${JSON.stringify(faults)}\n`);
  expect(violations).toEqual([]);
  expect(
    mains(rig)
      .map(({ instance }) => instance)
      .toSorted(),
  ).toEqual(INSTANCES.toSorted());

  supervisor.kill('SIGTERM');
  expect((await supervisor.ended).code).toBe(143);
  expect(rig.survivors().filter(alive)).toEqual([]);
}
