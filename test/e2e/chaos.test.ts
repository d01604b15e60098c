/**
 * Random faults from a printed seed, with the invariants checked from outside, in /proc: never two main processes of one
 * instance, and nothing left at the end. PRODSERVER_CHAOS_SEED repeats a run, PRODSERVER_CHAOS_SECONDS makes it longer.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readStat } from '../../src/os/proc.ts';
import { alive, Rig, type Running, tryKill, until } from '../support/rig.ts';

const SEED = Number(process.env['PRODSERVER_CHAOS_SEED'] ?? 20_261_121);
const SECONDS = Number(process.env['PRODSERVER_CHAOS_SECONDS'] ?? 20);
const NAMES = ['calm', 'slow', 'fertile', 'single'] as const;

/** Ends some time after a TERM, and has children that leave it: one in a session of its own, one without a parent. */
const MAIN = `
import os, random, signal, subprocess, sys, time
name = sys.argv[1]
def end(*_):
    time.sleep(random.random() * (1.5 if name == "slow" else 0.1))
    os._exit(0)
signal.signal(signal.SIGTERM, end)
if name == "fertile":
    subprocess.Popen(["setsid", "sleep", "1000"])
    subprocess.Popen(["sh", "-c", "sleep 1000 &"]).wait()
while True:
    time.sleep(0.05)
`;

const MANIFEST = `PRODUCTION_PROCESSES:
  calm: {BACKEND: Command, CMD: [python3, main.py, calm], INSTANCES: 2}
  slow: {BACKEND: Command, CMD: [python3, main.py, slow], STOP: {timeout: 1s}}
  fertile: {BACKEND: Command, CMD: [python3, main.py, fertile]}
  single: {BACKEND: Command, CMD: [python3, main.py, single], LOCK: {name: chaos-${process.pid}}}
`;

/** mulberry32: small, and the same everywhere. */
function newChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Main {
  readonly pid: number;
  readonly instance: string;
}

/**
 * Main processes by the command line and the mark that they were started with. They lead their session: a child between
 * its fork and its exec looks like its parent, and does not.
 */
function mains(rig: Rig): Main[] {
  return rig.survivors().flatMap((pid) => {
    try {
      const name = /^[^\0]*python3[^\0]*\0main\.py\0(\w+)\0$/.exec(
        readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
      )?.[1];
      const mark = /PRODSERVER_INSTANCE=\w+\/([\w.]+):/.exec(
        readFileSync(`/proc/${pid}/environ`, 'latin1'),
      )?.[1];
      const leads = readStat(pid)?.session === pid;
      return name !== undefined && mark !== undefined && leads && alive(pid) ? [{ pid, instance: mark }] : [];
    } catch {
      return []; // gone
    }
  });
}

test(`${SECONDS} s of faults, seed ${SEED}`, { timeout: (SECONDS + 90) * 1000 }, async () => {
  process.stderr.write(`chaos: seed ${SEED}\n`);
  const chance = newChance(SEED);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(chance() * items.length)];
  const rig = new Rig();
  rig.write('main.py', MAIN);
  rig.manifest(MANIFEST);
  const start = (): Running => rig.start(['start', '--all']);
  let supervisor = start();
  const faults: Record<string, number> = {};
  const violations: string[] = [];
  let looks = 0;

  const look = (): void => {
    looks += 1;
    const seen = new Map<string, number[]>();
    for (const { pid, instance } of mains(rig)) seen.set(instance, [...(seen.get(instance) ?? []), pid]);
    for (const [instance, pids] of seen) {
      if (pids.length > 1) violations.push(`${instance}: ${pids.join(', ')} after ${JSON.stringify(faults)}`);
    }
  };
  const watching = setInterval(look, 25);
  const acts: Record<string, () => void | Promise<void>> = {
    'main killed': () => tryKill(pick(mains(rig))?.pid ?? 0x7fffffff),
    'main told': () => tryKill(pick(mains(rig))?.pid ?? 0x7fffffff, 'SIGTERM'),
    'main frozen': () => {
      const pid = pick(mains(rig))?.pid;
      if (pid === undefined) return;
      tryKill(pid, 'SIGSTOP');
      setTimeout(() => tryKill(pid, 'SIGCONT'), chance() * 1500);
    },
    'any killed': () => tryKill(pick(rig.survivors().filter((pid) => pid !== supervisor.pid)) ?? 0x7fffffff),
    'supervisor killed': async () => {
      supervisor.kill('SIGKILL');
      await until(() => supervisor.over, 'the supervisor to be gone');
      supervisor = start();
    },
    'supervisor frozen': () => {
      const frozen = supervisor;
      frozen.kill('SIGSTOP');
      setTimeout(() => frozen.kill('SIGCONT'), chance() * 1000);
    },
    'stopped and started again': async () => {
      supervisor.kill('SIGTERM');
      await until(() => supervisor.over, 'the supervisor to end');
      supervisor = start();
    },
  };

  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    const name = pick(Object.keys(acts)) ?? '';
    faults[name] = (faults[name] ?? 0) + 1;
    await acts[name]?.();
    await new Promise((done) => setTimeout(done, chance() * 600));
  }
  // What was frozen goes on: then everything comes to rest.
  for (const pid of rig.survivors()) tryKill(pid, 'SIGCONT');
  await until(
    async () => {
      const rows = await rig.status();
      return rows.length === 5 && rows.every((row) => row.state === 'RUNNING');
    },
    'all to be RUNNING again',
    80_000,
  );
  look();
  clearInterval(watching);
  process.stderr.write(`chaos: ${looks} looks, ${JSON.stringify(faults)}\n`);
  expect(violations).toEqual([]);
  expect(new Set(mains(rig).map(({ instance }) => instance)).size).toBe(NAMES.length + 1);

  supervisor.kill('SIGTERM');
  expect((await supervisor.ended).code).toBe(143);
  expect(rig.survivors().filter(alive)).toEqual([]);
});
