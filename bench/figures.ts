/**
 * The figures of docs/proof.md: how long a cold check takes, what the supervisor weighs, how soon a killed child is back.
 * `npm run bench`. Times are told as medians, and beside a yardstick measured in the same run: machines differ.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costOfLink } from './link.ts';
import { BIN, freePort, median, say, SHOP, sleep } from './support.ts';

const ROUNDS = 10;
const RESTARTS = 40;

/** Writes the instant of its first instruction to the file in argv[1], appended, then waits to be killed. */
const STAMP = `
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[64];
  int length = snprintf(line, sizeof line, "%d %lld\\n", getpid(), now.tv_sec * 1000000000LL + now.tv_nsec);
  int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (argc < 2 || file < 0 || write(file, line, length) != length) return 1;
  for (;;) pause();
}
`;

function timed(argv: readonly string[], cwd: string): number {
  const began = performance.now();
  const run = spawnSync(process.execPath, argv, { cwd, stdio: 'ignore' });
  if (run.status !== 0) throw new Error(`${argv.join(' ')} ended with ${run.status}`);
  return performance.now() - began;
}

function coldCheck(): void {
  const check: number[] = [];
  const bare: number[] = [];
  // Turn by turn, so that a slow spell of the machine hits both.
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(timed(['-e', '0'], SHOP));
    check.push(timed([BIN, 'check'], SHOP));
  }
  const ratio = median(check) / median(bare);
  say(
    `cold check of the sample: ${median(check).toFixed(0)} ms, node -e 0: ${median(bare).toFixed(0)} ms, ratio ${ratio.toFixed(2)} (median of ${ROUNDS})`,
  );
}

interface Stamp {
  readonly pid: number;
  readonly ns: bigint;
}

const stamps = (file: string): Stamp[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [pid = '0', ns = '0'] = line.split(' ');
        return { pid: Number(pid), ns: BigInt(ns) };
      });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return []; // nothing has started yet
  }
};

/** Kills the newest child again and again; milliseconds from each kill to its successor's first instruction. */
async function latencies(file: string, wait: (count: number) => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  for (let count = 1; count <= RESTARTS; count++) {
    await wait(count);
    const newest = stamps(file).at(-1);
    if (newest === undefined) throw new Error('no child has started');
    const killed = process.hrtime.bigint();
    process.kill(newest.pid, 'SIGKILL');
    while (stamps(file).length <= count) await sleep(1);
    found.push(Number((stamps(file).at(-1)?.ns ?? 0n) - killed) / 1e6);
  }
  return found;
}

async function restartLatency(folder: string): Promise<void> {
  const source = join(folder, 'stamp.c');
  const program = join(folder, 'stamp');
  writeFileSync(source, STAMP);
  execFileSync('cc', ['-O1', '-static', '-o', program, source]);
  const manifest = join(folder, 'prodserver.yaml');
  const file = join(folder, 'ours');
  writeFileSync(
    manifest,
    `PRODUCTION_PROCESSES:\n  child: {BACKEND: Command, CMD: [${program}, ${file}], RESTART: {stable-after: 0s}}\n`,
  );
  const env = { ...process.env, PRODSERVER_RUNTIME_DIR: join(folder, 'run') };
  const supervisor = spawn(process.execPath, [BIN, 'start', '--all', '-f', manifest], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  supervisor.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ours = await latencies(file, async (count) => {
    while ([...said.matchAll(/-> RUNNING/g)].length < count) await sleep(5);
  });
  const ended = new Promise((done) => supervisor.once('close', done));
  supervisor.kill('SIGTERM');
  await ended;

  // The limit of the runtime: spawn, wait for the exit, spawn again, and nothing else.
  const bareFile = join(folder, 'bare');
  const again = `const {spawn} = require('node:child_process');
    const go = () => spawn(process.argv[1], [process.argv[2]], {stdio: 'ignore', detached: true}).once('exit', go); go();`;
  const bare = spawn(process.execPath, ['-e', again, program, bareFile], { stdio: 'ignore' });
  const theirs = await latencies(bareFile, async (count) => {
    while (stamps(bareFile).length < count) await sleep(5);
    await sleep(50);
  });
  bare.kill('SIGKILL');
  const last = stamps(bareFile).at(-1);
  if (last !== undefined) process.kill(last.pid, 'SIGKILL');
  say(
    `SIGKILL of a plain child to its successor's first instruction: ${median(ours).toFixed(1)} ms, ` +
      `a bare Node loop ${median(theirs).toFixed(1)} ms, ratio ${(median(ours) / median(theirs)).toFixed(2)} (median of ${RESTARTS})`,
  );
}

/** The supervisor alone, with the sample running below it. Needs the virtual environment of `npm run quickstart`. */
async function idleMemory(folder: string): Promise<void> {
  const venv = join(SHOP, '.venv');
  const env = {
    ...process.env,
    PRODSERVER_RUNTIME_DIR: join(folder, 'run'),
    VIRTUAL_ENV: venv,
    SHOP_DATA: join(folder, 'shop'),
    SHOP_PORT: String(await freePort()),
  };
  const migrate = spawnSync(join(venv, 'bin', 'python'), ['manage.py', 'migrate', '--verbosity', '0'], {
    cwd: SHOP,
    env,
  });
  if (migrate.status !== 0)
    throw new Error('run "npm run quickstart" once first: it makes the virtual environment');
  const supervisor = spawn(process.execPath, [BIN, 'start', '--all'], {
    cwd: SHOP,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  supervisor.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  while ([...said.matchAll(/-> RUNNING/g)].length < 3) await sleep(50);
  await sleep(20_000);
  const rollup = readFileSync(`/proc/${supervisor.pid}/smaps_rollup`, 'utf8');
  const mebibytes = (name: string): string =>
    (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0) / 1024).toFixed(1);
  say(
    `supervisor idle with the sample: RSS ${mebibytes('Rss')} MiB, PSS ${mebibytes('Pss')} MiB, private dirty ${mebibytes('Private_Dirty')} MiB`,
  );
  const ended = new Promise((done) => supervisor.once('close', done));
  supervisor.kill('SIGTERM');
  await ended;
}

const folder = mkdtempSync(join(tmpdir(), 'ps-bench-'));
try {
  coldCheck();
  await restartLatency(folder);
  await idleMemory(folder);
  await costOfLink(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
