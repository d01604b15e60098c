/** The findings on circus, each tried on prodserver. */
import { describe, expect, test } from 'vitest';
import { Rig, tryKill } from '../../support/rig.ts';
import { commands, lines, processes, rowOf, running, sh } from './stage.ts';

const SLEEP = ['sleep', '1000'];
/** circus looks for deaths this often. Milliseconds. */
const CHECK_DELAY_MS = 5000;

test('circus 11: a misspelt key is refused, with its place, and nothing is started', async () => {
  const rig = new Rig();
  rig.manifest(`PRODUCTION_PROCESSES:
  job:
    BACKEND: Command
    CMD: [sleep, '1000']
    INSTANCE: 2
  other: {BACKEND: Command, CMD: [sleep, '1000']}
`);
  expect(await rig.run(['start', '--all'])).toEqual({
    code: 78,
    signal: null,
    stdout: '',
    stderr: `prodserver.yaml:5:5: error: unknown key "INSTANCE" [key-unknown]
    5 |     INSTANCE: 2
      |     ^^^^^^^^
      = write "INSTANCES"
prodserver.yaml: 1 error
`,
  });
  expect(rig.survivors()).toEqual([]);
});

test('circus 11: an entry that can never run is told as FATAL, not dropped while the rest starts', async () => {
  const rig = new Rig();
  commands(rig, { broken: { CMD: SLEEP, CWD: './nowhere' }, job: SLEEP });
  const start = rig.start(['start', '--all']);
  await running(start, 'job.1');
  const status = await rig.run(['status']);
  expect(status.code).toBe(3);
  expect(status.stdout).toMatch(
    new RegExp(`^broken\\.1 +FATAL {5}CWD ${rig.folder}/nowhere does not exist\\njob\\.1 +RUNNING {3}pid`),
  );
  start.kill('SIGTERM');
  await start.ended;
});

test('circus 11: the attempts are not burnt in a tight loop', async () => {
  const rig = new Rig();
  // Less than the least delay is asked for.
  const RESTART = { 'max-attempts': 4, backoff: { initial: '1ms', max: '1ms' } };
  commands(rig, { job: { CMD: sh('date +%s%N >>starts; exit 6'), RESTART } });
  expect((await rig.run(['start', 'job'])).code).toBe(6);
  const times = lines(rig, 'starts').map((line) => Number(line) / 1e6);
  expect(times).toHaveLength(4);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // A second passes between an end and the next start: the clocks of the two may differ by a tick.
  for (const gap of gaps) expect(gap).toBeGreaterThan(950);
});

describe('circus 11: a death is seen when it happens', () => {
  test.each([
    ['that is killed', SLEEP, 'ended by SIGKILL'],
    ['that ends by itself', ['sh', 'once.sh'], 'exit code 3'],
  ])('of a process %s', async (_, argv, how) => {
    const rig = new Rig();
    rig.write('once.sh', 'if [ -e seen ]; then exec sleep 1000; fi\n>seen\nsleep 1.5\nexit 3\n');
    commands(rig, { job: argv, other: SLEEP });
    const start = rig.start(['start', '--all', '--log-format', 'json']);
    const [, first] = await start.says(/"job\.1 RUNNING \(pid (\d+)/);
    let death = Number.NaN;
    if (argv === SLEEP) {
      tryKill(Number(first));
      death = Date.now();
    }
    const [, time, said] = await start.says(
      /"time":(\d+),[^\n]*"to":"STARTING","msg":"job\.1 STARTING \(([^;]*);/,
    );
    expect(said).toBe(how);
    if (!Number.isNaN(death)) expect(Number(time) - death).toBeLessThan(CHECK_DELAY_MS / 5);
    const row = await rowOf(rig, 'job.1');
    expect(row).toMatchObject({ restarts: 1, supervisor_pid: start.pid });
    expect(processes(rig, ...SLEEP)).toHaveLength(2);
    start.kill('SIGTERM');
    await start.ended;
  });
});
