/** `top` in a real terminal: what it shows, what its keys do, and that the terminal is as it was however it ends. */
import { expect, test } from 'vitest';
import { alive, Rig, tryKill, until } from '../support/rig.ts';
import { Pane } from '../support/tmux.ts';

const MANIFEST = `PRODUCTION_PROCESSES:
  web: {BACKEND: Command, CMD: [sh, -c, 'printf "one\\033[2J\\033[31mred\\007\\n"; echo "I am $$$$"; exec sleep 1000']}
  job: {BACKEND: Command, CMD: [sleep, '1000']}
`;

interface Stage {
  readonly rig: Rig;
  readonly supervisor: number;
  readonly pane: Pane;
  /** Types the command and waits for its table: its pid. */
  readonly top: (env?: string) => Promise<number>;
  /** The pid of the program in the pane. */
  readonly pidOf: (instance: string) => Promise<number>;
}

const up = async (rig: Rig): Promise<number> => {
  const start = rig.start(['start', '--all']);
  for (let one = 0; one < 2; one += 1) await start.says(/STARTING -> RUNNING/);
  return start.pid;
};

async function newStage(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const rig = new Rig();
  rig.manifest(MANIFEST);
  const supervisor = await up(rig);
  const pane = new Pane(rig, { env });
  await pane.shows(/^\$$/m);
  const pidOf = async (instance: string): Promise<number> =>
    Number((await pane.shows(new RegExp(`${instance} +RUNNING +yes +(\\d+)`)))[1]);
  return {
    rig,
    supervisor,
    pane,
    pidOf,
    async top(before = '') {
      pane.type(`clear; ${before} sh -c 'echo $$ > pid; exec "${process.execPath}" "${rig.bin}" top'`);
      await pidOf('web.1');
      return Number(rig.read('pid'));
    },
  };
}

/** The shell is back, after that code; the terminal is as it was. */
async function left({ pane }: Stage, code: number, before: ReturnType<Pane['state']>): Promise<void> {
  await until(() => !pane.state().alternate, 'the first screen');
  pane.type('echo "code $?"');
  await pane.shows(new RegExp(`^code ${code}$`, 'm'));
  expect(pane.state()).toEqual(before);
}

test('the table, orders, logs and events, and out again', async () => {
  const stage = await newStage({ NO_COLOR: '' });
  const { pane, pidOf, rig } = stage;
  const before = pane.state();
  expect(before).toMatchObject({ alternate: false, cursor: true, wrap: true });

  await stage.top();
  expect(pane.state()).toMatchObject({ alternate: true, cursor: false, wrap: false });
  const lines = pane.screen().split('\n');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}2 of 2 running {2}\/\S+prodserver\.yaml \(pid \d+\)$/);
  expect(lines[1]).toMatch(/^ {2}NAME +STATE +READY +PID +UPTIME +RESTARTS +MEMORY +CPU +DETAIL$/);
  expect(lines[2]).toMatch(
    /^> web\.1 +RUNNING +yes +\d+ +[\d.]+ (ms|s|min \d+ s) +0 +[\d.]+ [KM]iB +(-|[\d.]+%)$/,
  );
  expect(lines[3]).toMatch(/^ {2}job\.1 +RUNNING/);
  expect(lines.slice(4, 22).join('')).toBe('');
  expect(lines.slice(22, 24)).toEqual([
    'web.1: Command',
    'q quit  r restart  s stop  S start  l logs  e events  o order  ? help',
  ]);
  expect(pane.screen(true)).toContain('\u001b[32mRUNNING');

  // A log, without what would act on the terminal.
  const first = await pidOf('web.1');
  pane.press('l');
  await pane.shows(new RegExp(`^\\d\\d:\\d\\d:\\d\\d I am ${first}$`, 'm'));
  expect(pane.screen()).toMatch(/^\d\d:\d\d:\d\d onered\ufffd$/m);
  await pane.shows(/^logs of web\.1$/m);
  pane.press('Escape');

  pane.press('r');
  const [, second] = await pane.shows(/^web\.1: restarted \(pid (\d+)\)$/m);
  expect(Number(second)).not.toBe(first);
  expect(await pidOf('web.1')).toBe(Number(second));
  await pane.shows(/^> web\.1 .* 0 \(manual\) /m);

  pane.press('Down', 's');
  await pane.shows(/^stop job\.1 \(pid \d+\)\? y\/n$/m);
  pane.press('n');
  await pane.shows(/^job\.1: Command$/m);
  pane.press('s', 'y');
  await pane.shows(/^job\.1: stopped$/m);
  await pane.shows(/^> job\.1 +STOPPED .* stopped by order$/m);
  pane.press('S');
  await pane.shows(/^job\.1: started \(pid \d+\)$/m);

  pane.press('e');
  await pane.shows(/^\d\d:\d\d:\d\d job\.1 STOPPING -> STOPPED/m);
  pane.press('q');

  pane.resize(40, 10);
  await pane.shows(/^ {2}NAME +STATE +MEMORY +DETAIL$/m);
  expect(pane.screen().split('\n')).toHaveLength(11);
  pane.press('q');
  await left(stage, 0, before);
  expect((await rig.status()).map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
});

test('the terminal is as it was, whatever ends it', async () => {
  const stage = await newStage();
  const { pane, rig, top } = stage;
  const before = pane.state();

  tryKill(await top(), 'SIGTERM');
  await left(stage, 143, before);

  // A bug of ours: what it loads first throws when it is told to.
  rig.write('bug.mjs', "process.on('SIGUSR2', () => { throw new Error('a bug'); });");
  tryKill(await top(`NODE_OPTIONS=--import=${rig.folder}/bug.mjs`), 'SIGUSR2');
  await pane.shows(/^error: internal error: a bug \[internal\]$/m);
  await left(stage, 1, before);

  const stopped = await top();
  for (const stop of [() => pane.press('C-z'), () => tryKill(stopped, 'SIGTSTP')]) {
    stop();
    await pane.shows(/Stopped/);
    expect(pane.state()).toEqual(before);
    pane.type('clear; fg');
    await pane.shows(/^> web\.1 +RUNNING/m);
    expect(pane.state()).toMatchObject({ alternate: true, cursor: false, wrap: false });
  }

  // Its supervisor goes, and comes again.
  tryKill(stage.supervisor);
  await pane.shows(new RegExp(`supervisor pid ${stage.supervisor} has gone; looking again`));
  await up(rig);
  await pane.shows(/ {2}2 of 2 running {2}/);
  await pane.shows(/^> web\.1 +RUNNING/m);
  pane.press('C-c');
  await left(stage, 130, before);

  // The terminal itself goes.
  const last = await top();
  pane.close();
  await until(() => !alive(last), 'its end');
  expect((await rig.status()).map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
});
