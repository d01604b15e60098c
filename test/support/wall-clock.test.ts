/** The clock jumps of the fault runs happen, in Node and in Python, and are of the wall clock alone. */
import { expect, inject, test } from 'vitest';
import { Rig } from './rig.ts';
import { WallClock } from './wall-clock.ts';

/** Says both clocks at each line that it reads: wall and boot or monotonic, in seconds. */
const NODE = `process.stdin.on('data', () => console.log(\`clocks \${Date.now() / 1000} \${performance.now() / 1000} .\`))`;
const PYTHON = `import sys, time
for _ in sys.stdin:
    print("clocks", time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), ".", flush=True)
`;

test.for(['node', 'python'])('%s sees a jump, and no time pass by it', async (kind) => {
  const rig = new Rig();
  const clock = new WallClock(rig, kind);
  const argv: [string, ...string[]] =
    kind === 'node' ? [process.execPath, '-e', NODE] : [inject('python'), '-c', PYTHON];
  const program = rig.spawn(argv, { env: clock.env, input: true });
  const read = async (): Promise<[number, number]> => {
    program.send('now');
    const [, wall, passed] = await program.says(/clocks (\S+) (\S+) \./);
    return [Number(wall), Number(passed)];
  };
  const jumps = async (by: number): Promise<void> => {
    const before = await read();
    clock.jump(by);
    for (;;) {
      const after = await read();
      const passed = after[1] - before[1];
      expect(passed).toBeLessThan(30);
      const jumped = after[0] - before[0] - passed;
      if (Math.abs(jumped - by) < 1) return;
      expect(Math.abs(jumped)).toBeLessThan(1);
    }
  };
  await jumps(3600);
  await jumps(-7200);
  program.kill('SIGKILL');
  await program.ended;
});
