/** Five processes that write without end, each in its own bad way, and a reader that stalls for a while. */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import { Rig, until } from './rig.ts';

/** What the README promises. Bytes and milliseconds. */
const MEMORY = 256 * 1024 ** 2;
const LAG_MS = 100;

const MANIFEST = String.raw`PRODUCTION_PROCESSES:
  numbers: {BACKEND: Command, CMD: [seq, "1000000000"]}
  empty: {BACKEND: Command, CMD: ["yes", ""]}
  nuls: {BACKEND: Command, CMD: [cat, /dev/zero]}
  endless: {BACKEND: Command, CMD: [sh, -c, "yes | tr -d '\\n'"]}
  filed: {BACKEND: Command, CMD: ["yes"], LOG: {file: filed.log, max-size: 1MiB, keep: 1}}
`;

/** Reads for so many seconds, reads nothing until it is told to, and then reads on. */
const READER = `import os, sys, time
stall = time.monotonic() + float(sys.argv[1])
while os.read(0, 65536):
    if stall < time.monotonic():
        while not os.path.exists('go'):
            time.sleep(0.05)
`;

/** The most that a process ever had in memory. Bytes. */
function peak(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

/** Floods for so long at least; `status` must answer all the time, in time, and tell what was dropped. */
export async function flood(ms: number): Promise<void> {
  const rig = new Rig();
  rig.manifest(MANIFEST);
  rig.write('reader.py', READER);
  const bin = `"${process.execPath}" "${rig.bin}" start --all`;
  const pipeline = rig.spawn(['bash', '-c', `${bin} | python3 reader.py ${ms / 3000}`]);
  await until(
    async () => (await rig.status()).filter((row) => row.state === 'RUNNING').length === 5,
    'all to be RUNNING',
  );
  // What the machine itself keeps a process waiting, which does nothing but ask: other tests run beside this one.
  const here = monitorEventLoopDelay({ resolution: 10 });
  here.enable();
  const look = async () => {
    const seen = await rig.statusObject();
    expect(seen.processes.map((row) => `${row.name} ${row.state} ${row.restarts}`)).toEqual(
      ['numbers', 'empty', 'nuls', 'endless', 'filed'].map((name) => `${name} RUNNING 0`),
    );
    return seen;
  };
  const begun = performance.now();
  const dropped = async (): Promise<number> => (await look()).supervisors[0]?.log_lines_dropped ?? 0;
  // As long as it takes until the reader holds something up.
  while ((await dropped()) === 0 || performance.now() < begun + (2 * ms) / 3);
  rig.write('go', '');
  const end = performance.now() + ms / 3;
  while (performance.now() < end) await look();
  const { supervisors, processes } = await look();
  const [supervisor] = supervisors;
  if (supervisor === undefined) throw new Error('no supervisor answers');
  here.disable();
  const [p99, idle] = [supervisor.loop_lag_ms.p99, here.percentile(99) / 1e6];
  process.stderr.write(`flood: loop lag p99 ${p99} ms, here ${idle.toFixed(0)} ms\n`);
  // One that works as much as this one does also waits for those that want its core.
  const crowd = Math.max(1, (loadavg()[0] ?? 0) / (2 * availableParallelism()));
  expect(p99).toBeLessThan(LAG_MS * crowd + 2 * idle);
  expect(peak(supervisor.pid)).toBeLessThan(MEMORY);
  expect(supervisor.log_lines_dropped).toBeGreaterThan(0);
  expect(processes.reduce((sum, row) => sum + row.log.lines_dropped, 0)).toBe(supervisor.log_lines_dropped);
  const stopped = await rig.run(['stop']);
  expect([stopped.code, stopped.stderr]).toEqual([0, '']);
  expect(await pipeline.ended).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  expect(rig.survivors()).toEqual([]);
}
