/** Output: whole lines, and a reader that is stuck never stops supervision. */
import { describe, expect, test } from 'vitest';
import { Rig, tryKill, until, type StatusRow } from '../support/rig.ts';

/** How long the reader is stuck. The promise names 20 s. Milliseconds. */
const STALL_MS = 20_000;

const FLOOD = String.raw`PRODUCTION_PROCESSES:
  flood: {BACKEND: Command, CMD: [python3, -uc, "import time\nwhile True: print('0123456789' * 100); time.sleep(0.002)"]}
  job: {BACKEND: Command, CMD: [sleep, 1000], RESTART: {backoff: {initial: 1s, factor: 1}}}
`;

const row = async (rig: Rig, name: string): Promise<StatusRow | undefined> =>
  (await rig.status()).find((one) => one.name === name);

/** With nobody reading: a killed process comes back, each time, and `status` answers, until the time is over. */
async function superviseThroughStall(rig: Rig): Promise<number> {
  const end = performance.now() + STALL_MS;
  let kills = 0;
  while (performance.now() < end) {
    const before = await until(async () => {
      const now = await row(rig, 'job');
      return now?.state === 'RUNNING' ? now : null;
    }, 'job to be RUNNING');
    tryKill(before.pid ?? 0);
    kills += 1;
    const after = await until(async () => {
      const now = await row(rig, 'job');
      return now !== undefined && now.restarts > before.restarts ? now : null;
    }, 'job to be started again');
    expect(after.pid).not.toBe(before.pid);
  }
  return kills;
}

describe('lines', () => {
  test('each line has its instance in front; UTF-8 is whole, a long line is cut with a mark', async () => {
    const rig = new Rig();
    rig.write(
      'talk.py',
      `import os, sys, time
for byte in 'Grüße, 世界 🎉\\n'.encode():
    os.write(1, bytes([byte])); time.sleep(0.002)
os.write(2, b'to stderr\\n')
os.write(1, b'x' * 70000 + b'\\n')
os.write(1, b'without an end')
os.write(2, b'all said\\n')
time.sleep(1000)
`,
    );
    rig.manifest('PRODUCTION_PROCESSES:\n  talk: {BACKEND: Command, CMD: [python3, talk.py]}\n');
    const start = rig.start(['start', '--all']);
    await start.says(/\| all said\n/);
    start.kill('SIGTERM');
    const { stdout } = await start.ended;
    for (const line of [
      'Grüße, 世界 🎉',
      'to stderr',
      `${'x'.repeat(65_536)} [cut]`,
      'x'.repeat(4464),
      'without an end',
    ]) {
      expect(stdout.split('\n')).toContain(`talk.1     | ${line}`);
    }
  });

  test('--log-format json gives one object a line', async () => {
    const rig = new Rig();
    rig.manifest(
      `PRODUCTION_PROCESSES:\n  talk: {BACKEND: Command, CMD: [sh, -c, 'echo "a ""quote"; sleep 1000']}\n`,
    );
    const start = rig.start(['start', '--all', '--log-format', 'json']);
    await start.says(/RUNNING/);
    start.kill('SIGTERM');
    const { stdout } = await start.ended;
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const time = expect.any(Number) as number;
    expect(lines.find((line) => 'line' in line)).toEqual({
      time,
      process: 'talk',
      instance: 'talk.1',
      stream: 'stdout',
      line: 'a quote',
    });
    expect(lines.find((line) => line['to'] === 'RUNNING')).toEqual({
      level: 30,
      time,
      pid: start.pid,
      process: 'talk',
      instance: 'talk.1',
      generation: 1,
      from: 'STARTING',
      to: 'RUNNING',
      msg: expect.stringMatching(/^talk\.1 RUNNING \(pid \d+, ready after 1(\.\d)? s\)$/) as string,
    });
  });
});

describe('a reader that is stuck', () => {
  test('a pipe that nobody reads', { timeout: 90_000 }, async () => {
    const rig = new Rig();
    rig.manifest(FLOOD);
    const bin = `"${process.execPath}" "${rig.bin}" start --all`;
    const start = rig.spawn(['bash', '-c', `${bin} | { sleep 1000; cat; } & echo supervisor $!; wait`]);
    await until(async () => (await row(rig, 'job'))?.state === 'RUNNING', 'the start');
    expect(await superviseThroughStall(rig)).toBeGreaterThanOrEqual(3);
    const stopped = await rig.run(['stop']);
    expect(stopped.code).toBe(0);
    expect(stopped.stdout).toBe('flood.1: stopped\njob.1: stopped\n');
    start.kill('SIGKILL');
  });

  test('a terminal that is stopped by Ctrl-S', async () => {
    const rig = new Rig();
    rig.manifest(FLOOD);
    const terminal = rig.terminal(['start', '--all']);
    await terminal.says(/job\.1 .*RUNNING/);
    terminal.send('stop');
    expect(await superviseThroughStall(rig)).toBeGreaterThanOrEqual(3);
    terminal.send('go');
    // No `\d+` in front: in the flood of digits before it each of them would be a beginning to try.
    await terminal.says(/ log lines dropped: nobody read them in time/);
    terminal.send('type \\x03');
    // The terminal throws away what it had not shown when Ctrl-C comes, so only the exit code tells.
    expect((await terminal.ended).code).toBe(130);
  });

  test('a terminal that hangs up: an orderly stop', async () => {
    const rig = new Rig();
    rig.manifest('PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sleep, 1000]}\n');
    const terminal = rig.terminal(['start', '--all']);
    await terminal.says(/job\.1 .*RUNNING/);
    terminal.send('hangup');
    expect((await terminal.ended).code).toBe(129);
    expect(rig.survivors()).toEqual([]);
  });
});
