/** What the link costs a worker: a report, an hour of idling, and one `celery inspect ping` beside it. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, freePort, ROOT, say, SHOP, sleep } from './support.ts';

const IDLE_SECONDS = 60;
const TICKS_A_SECOND = 100; // sysconf(_SC_CLK_TCK) of every Linux that Node runs on

/** Prints the microseconds of processor time that one tick of a worker takes, of so many. */
const REPORTS = `
import socket, sys, time
sys.path.insert(0, sys.argv[1])
from prodserver_report import Link
ours, theirs = socket.socketpair()
link = Link(ours.fileno())
fields = dict(loop_age=0.012, received=10231, succeeded=10200, failed=12, retried=15, revoked=0, active=4, reserved=4,
              slots=8, oldest={"name": "shop.tasks.send_invoice", "age": 3.214}, polling=True, canary=None, canaries=512,
              child_exits=31)
count = 20000
spent = 0.0
for _ in range(count // 50):
    before = time.process_time()
    for _ in range(50):
        link.send("tick", **fields)
    spent += time.process_time() - before
    assert theirs.recv(1 << 20)
assert link.dropped == 0
print(spent / count * 1e6)
`;

/** Prints the seconds of processor time of one command, of five. */
const PINGS = `
import resource, subprocess, sys
for _ in range(5):
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print((spent.ru_utime + spent.ru_stime) / 5)
`;

function python(code: string, args: readonly string[], env = process.env, cwd = ROOT): number {
  const run = spawnSync(join(SHOP, '.venv', 'bin', 'python'), ['-c', code, ...args], {
    encoding: 'utf8',
    env,
    cwd,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return Number(run.stdout);
}

/** Seconds that a process itself has used. */
function used(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

const pidOf = (pattern: RegExp, said: string): number => Number(pattern.exec(said)?.[1]);

export async function costOfLink(folder: string): Promise<void> {
  const microseconds = python(REPORTS, [join(ROOT, 'python')]);
  say(`a report of a worker: ${microseconds.toFixed(0)} us of processor time (mean of 20,000)`);

  const port = await freePort();
  const redis = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
  const interpreter = join(SHOP, '.venv', 'bin', 'python');
  writeFileSync(
    join(folder, 'idle.py'),
    `from celery import Celery\napp = Celery("idle", broker="redis://127.0.0.1:${port}/0")\n`,
  );
  const manifest = join(folder, 'idle.yaml');
  const plain = `[${interpreter}, -m, celery, -A, idle, worker, -c, "2", -n, "plain@%h"]`;
  writeFileSync(
    manifest,
    `PRODUCTION_PROCESSES:
  linked: {BACKEND: CeleryWorker, APP: idle, ARGS: {concurrency: 2}}
  plain: {BACKEND: Command, CMD: ${plain}, READY: {delay: 5s}}
SUPERVISOR: {python: ${interpreter}}
`,
  );
  const env = { ...process.env, PRODSERVER_RUNTIME_DIR: join(folder, 'run') };
  const supervisor = spawn(process.execPath, [BIN, 'start', '--all', '-f', manifest], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  supervisor.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise((done) => supervisor.once('close', done));
  try {
    while ([...said.matchAll(/-> RUNNING/g)].length < 2) await sleep(50);
    const pids = [
      /linked\.1 STARTING -> RUNNING \(pid (\d+)/,
      /plain\.1 STARTING -> RUNNING \(pid (\d+)/,
    ].map((pattern) => pidOf(pattern, said));
    await sleep(5000);
    const before = pids.map(used);
    await sleep(IDLE_SECONDS * 1000);
    const [linked = 0, alone = 0] = pids.map(
      (pid, index) => ((used(pid) - (before[index] ?? 0)) * 3600) / IDLE_SECONDS,
    );
    const ping = python(PINGS, [interpreter, '-m', 'celery', '-A', 'idle', 'inspect', 'ping'], env, folder);
    say(
      `an idle worker on Redis: ${linked.toFixed(1)} s of processor time an hour with the link, ${alone.toFixed(1)} s without; ` +
        `one "celery inspect ping": ${ping.toFixed(2)} s`,
    );
  } finally {
    supervisor.kill('SIGTERM');
    await ended;
    redis.kill('SIGTERM');
  }
}
