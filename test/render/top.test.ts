/** The screen of `top` at three sizes, line by line. */
import { describe, expect, test } from 'vitest';
import type { EventRecord } from '../../src/control/records.ts';
import { failure } from '../../src/model/failure.ts';
import { newPaint } from '../../src/render/paint.ts';
import { topFrame } from '../../src/render/top.ts';
import { widthOf } from '../../src/render/width.ts';
import type { Size } from '../../src/screen/top.ts';
import { answer, Life, lines, NOW } from '../screen/support.ts';
import { PLAIN, row, ROWS } from './support.ts';

const SMALL = { columns: 40, rows: 10 };
const USUAL = { columns: 80, rows: 24 };
const LARGE = { columns: 200, rows: 60 };

const tasks = { done: 10_231, failed: 2, active: 3, per_second: 12.5, registered: 7, unknown: null };
const exits = [
  {
    at: NOW,
    pid: 1,
    code: null,
    signal: 'SIGKILL',
    uptime_s: 60,
    peak_rss_bytes: 5000,
    reason: 'oom',
  },
];
const MANY = [row({ instance: 'shop.1', exits, restarts: 2, tasks, cpu_percent: 103.4 }), ...ROWS];

const frameOf = (one: Life, paint = PLAIN): string[] =>
  topFrame(one.top, { now: Date.parse(NOW), paint }).map((line) =>
    line.replaceAll(/(?<!T)\d\d:\d\d:\d\d/g, 'HH:MM:SS'),
  );
/** The empty lines in the middle as one. */
const text = (one: Life): string =>
  frameOf(one)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n[...]\n');
const life = (size: Size = USUAL): Life => new Life(size).sees(MANY);

describe('the table', () => {
  test('80x24', () => {
    expect(text(life())).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL (there is no "celery" in PATH), job.1 BA…
        NAME      STATE     RESTARTS    MEMORY    DONE  ACTIVE  DETAIL
      > shop.1    RUNNING   2 (oom)   95.4 MiB  10,231       3
        web.1     RUNNING   0         95.4 MiB       -       -
        worker.1  RUNNING   2         95.4 MiB       -       -
        worker.2  STARTING  0          4.9 KiB       -       -  broker unreachable: r…
        beat.1    WAITING   0                -       -       -  the lock is held by p…
        job.1     BACKOFF   0                -       -       -  next try in 12 s; exi…
        slow.1    BACKOFF   0                -       -       -  not ready in time, en…
        gone.1    FATAL     0                -       -       -  there is no "celery" …
        off.1     STOPPED   0                -       -       -  stopped by order
      [...]
      shop.1: CeleryWorker
      q quit  r restart  s stop  S start  l logs  e events  o order  ? help"
    `);
  });

  test('40x10', () => {
    expect(text(life(SMALL))).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL …
        NAME      STATE     DETAIL
      > shop.1    RUNNING
        web.1     RUNNING
        worker.1  RUNNING
        worker.2  STARTING  broker unreachabl…
        beat.1    WAITING   the lock is held …
        job.1     BACKOFF   next try in 12 s;…
      shop.1: CeleryWorker
      q quit  r restart  s stop  S start  l l…"
    `);
  });

  test('40x10: what is selected is to be seen', () => {
    expect(text(life(SMALL).press('G'))).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL …
        NAME      STATE     DETAIL
        worker.2  STARTING  broker unreachabl…
        beat.1    WAITING   the lock is held …
        job.1     BACKOFF   next try in 12 s;…
        slow.1    BACKOFF   not ready in time…
        gone.1    FATAL     there is no "cele…
      > off.1     STOPPED   stopped by order
      off.1: stopped by order
      q quit  r restart  s stop  S start  l l…"
    `);
  });

  test('200x60, by CPU', () => {
    expect(text(life(LARGE).press('j', 'o'))).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL (there is no "celery" in PATH), job.1 BACKOFF (exit code 1), slow.1 BACKOFF (not ready in time, ended by SIGTERM) and 3 more  /srv/shop/prodserver.yaml (pid 10)
        NAME      STATE     READY   PID   UPTIME  RESTARTS    MEMORY    CPU*    DONE  ACTIVE  PER S  DETAIL
        shop.1    RUNNING   yes    4711      8 s  2 (oom)   95.4 MiB  103.4%  10,231       3   12.5
      > web.1     RUNNING   yes    4700  2 d 3 h  0         95.4 MiB       -       -       -      -
        worker.1  RUNNING   yes    4711  1 d 1 h  2         95.4 MiB       -       -       -      -
        worker.2  STARTING  no     4712     12 s  0          4.9 KiB       -       -       -      -  broker unreachable: redis://:***@cache/0 (Connection refused), retrying
        beat.1    WAITING   no        -        -  0                -       -       -       -      -  the lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodse…
        job.1     BACKOFF   no        -        -  0                -       -       -       -      -  next try in 12 s; exit code 1
        slow.1    BACKOFF   no        -        -  0                -       -       -       -      -  not ready in time, ended by SIGTERM
        gone.1    FATAL     no        -        -  0                -       -       -       -      -  there is no "celery" in PATH
        off.1     STOPPED   no        -        -  0                -       -       -       -      -  stopped by order
      [...]
      web.1: GunicornServer
      q quit  r restart  s stop  S start  l logs  e events  o order  ? help"
    `);
  });
});

describe('what is said', () => {
  const said = (one: Life): string | undefined => frameOf(one).at(-2);
  const web = (change: Parameters<typeof row>[0] = {}) => [
    row({ name: 'web', instance: 'web.1', pid: 100, ...change }),
  ];
  const one = (): Life => new Life(USUAL).sees(web());

  test('of orders', () => {
    const exit = { code: 3, signal: null };
    const down = { pid: null, state: 'BACKOFF', ready: false, cause: { kind: 'crash', exit } } as const;
    const stopped = { pid: null, state: 'STOPPED', ready: false, cause: { kind: 'manual' } } as const;
    expect([
      said(one().press('s')),
      said(one().press('s', 'y')),
      said(one().press('s', 'y').answers(1).sees(web(stopped), 1)),
      said(one().press('r')),
      said(one().press('r').answers(1)),
      said(
        one()
          .press('r')
          .answers(1)
          .sees(web({ pid: 101 }), 1),
      ),
      said(one().press('r').answers(1).sees(web(down), 1)),
      said(one().press('r').answers(0)),
      said(one().press('S').answers(1).sees(web(), 1)),
      said(one().press('S', 'j')),
    ]).toMatchInlineSnapshot(`
      [
        "stop web.1 (pid 100)? y/n",
        "web.1: stopping",
        "web.1: stopped",
        "web.1: restarting",
        "web.1: restarting",
        "web.1: restarted (pid 101)",
        "not restarted: web.1: BACKOFF (exit code 3)",
        "not restarted: web.1: no supervisor has it, or it is stopping",
        "web.1: started (pid 100)",
        "web.1: starting",
      ]
    `);
  });

  test('of an order that nobody takes', () => {
    const asked = one().press('r');
    const effect = asked.effects[0];
    if (effect?.do !== 'order') throw new Error('nothing was ordered');
    const error = failure('control-broken', { socket: '/run/x.sock', detail: 'ECONNREFUSED' });
    asked.on({ type: 'answered', wish: effect.wish, result: { ok: false, error }, at: 0 });
    expect(said(asked)).toMatchInlineSnapshot(
      `"not restarted: web.1: the supervisor at /run/x.sock did not answer: ECONNREFUSED"`,
    );
  });

  test('of supervisors that have gone, or are silent', () => {
    const head = (some: Life): string | undefined => frameOf(some)[0];
    const two = (...pids: number[]) => pids.map((pid) => answer(web({ instance: `web.${pid}` }), pid));
    const looked = (some: Life, ...pids: number[]): Life =>
      some.on({ type: 'looked', found: two(...pids), began: 0 });
    const silent = failure('control-broken', { socket: '/run/x.sock', detail: 'no answer within 10 s' });
    expect([
      head(new Life(USUAL)),
      head(looked(new Life(LARGE), 10, 11)),
      head(looked(looked(new Life(LARGE), 10, 11), 10)),
      head(looked(looked(new Life(LARGE), 10, 11))),
      head(one().on({ type: 'unanswered', failure: silent })),
    ]).toMatchInlineSnapshot(`
      [
        "HH:MM:SS  no supervisor runs; looking again",
        "HH:MM:SS  2 of 2 running  /srv/shop/prodserver.yaml (pid 10, pid 11)",
        "HH:MM:SS  supervisor pid 11 has gone; looking again  1 of 1 running  /srv/shop/prodserver.yaml (pid 10)",
        "HH:MM:SS  supervisors pid 10 and 11 have gone; looking again",
        "HH:MM:SS  the supervisor at /run/x.sock did not answer: no answer within 10 s; …",
      ]
    `);
  });
});

describe('lines', () => {
  const event = (change: Partial<EventRecord>): EventRecord => ({
    id: 1,
    time: NOW,
    supervisor_pid: 10,
    type: 'changed',
    level: 'info',
    process: 'web',
    instance: 'web.1',
    generation: 1,
    from: 'RUNNING',
    to: 'STOPPED',
    reason: null,
    pid: null,
    exit: null,
    message: 'web.1 RUNNING -> STOPPED',
    ...change,
  });

  test('of a log: the newest, or those before', () => {
    const log = life(SMALL).press('l').hears('logs', 50);
    expect(text(log)).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL …
      HH:MM:SS line 44
      HH:MM:SS line 45
      HH:MM:SS line 46
      HH:MM:SS line 47
      HH:MM:SS line 48
      HH:MM:SS line 49
      HH:MM:SS line 50
      logs of shop.1
      q back  up/down, page up/page down: scr…"
    `);
    expect(text(log.press('page-up', 'up'))).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL …
      HH:MM:SS line 36
      HH:MM:SS line 37
      HH:MM:SS line 38
      HH:MM:SS line 39
      HH:MM:SS line 40
      HH:MM:SS line 41
      HH:MM:SS line 42
      logs of shop.1, 8 below
      q back  up/down, page up/page down: scr…"
    `);
  });

  test('of a log: nothing acts on the terminal', () => {
    const [first] = lines(1);
    if (first === undefined) throw new Error('no line');
    const entries = [
      'a\u001b[2Jb\u001b[31mred\u001b[0m\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\link',
      'tab\tbell\u0007 back\b cr\rlf\nnext \u009b2J \u0085 \u202eturned\u2066 \u001b',
      'half a pair \ud83d, whole \ud83d\ude00, wide 工人, e\u0301',
      `long ${'工'.repeat(60)}`,
    ].map((line) => ({ ...first, line }));
    const log = life().press('l').on({ type: 'heard', of: 'logs', entries });
    expect(frameOf(log).slice(1, 5)).toMatchInlineSnapshot(`
      [
        "HH:MM:SS abredclink",
        "HH:MM:SS tab  bell� back� cr�lf",
        "HH:MM:SS half a pair �, whole 😀, wide 工人, é",
        "HH:MM:SS long 工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工…",
      ]
    `);
    // oxlint-disable-next-line no-control-regex
    expect(frameOf(log).join('')).not.toMatch(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  });

  test('of a log that came too fast', () => {
    const log = life(SMALL)
      .press('l')
      .on({ type: 'heard', of: 'logs', entries: [{ lost: 7, instance: 'web.1' }] });
    expect(frameOf(log)[1]).toBe('7 log lines dropped: nobody read them i…');
  });

  test('of events, of each the first', () => {
    const entries = [
      event({}),
      event({ level: 'warn', message: 'warning: a\n  remedy' }),
      event({ level: 'error', message: 'web.1 BACKOFF -> FATAL' }),
      { lost: 1, instance: null },
    ];
    const some = life().press('e').on({ type: 'heard', of: 'events', entries });
    expect(text(some)).toMatchInlineSnapshot(`
      "HH:MM:SS  3 of 9 running; gone.1 FATAL (there is no "celery" in PATH), job.1 BA…
      HH:MM:SS web.1 RUNNING -> STOPPED
      HH:MM:SS warning: a
      HH:MM:SS web.1 BACKOFF -> FATAL
      1 event dropped: nobody read them in time
      [...]
      events
      q back  up/down, page up/page down: scroll  end: follow"
    `);
    const coloured = frameOf(some, newPaint(true));
    expect(coloured.slice(2, 4)).toEqual([
      '\u001b[33mHH:MM:SS warning: a\u001b[39m',
      '\u001b[31mHH:MM:SS web.1 BACKOFF -> FATAL\u001b[39m',
    ]);
  });
});

test('help', () => {
  expect(text(life().press('?'))).toMatchInlineSnapshot(`
    "HH:MM:SS  3 of 9 running; gone.1 FATAL (there is no "celery" in PATH), job.1 BA…

      up, down, j, k     select a process; g and G: the first, the last
      l, Enter           follow its log
      r                  restart it: what runs is replaced, what does not is started
      s                  stop it (asks first)
      S                  start it, also out of BACKOFF
      e                  what has happened
      o                  order by name, CPU, memory, restarts
      Ctrl-L             draw the screen again
      q, Ctrl-C          leave; nothing is stopped by that

      MEMORY is the PSS of the whole tree, or the RSS where that may not be read.
      CPU: 100% is one processor.
      DONE, ACTIVE and PER S are tasks, as a Celery worker tells them.
      Behind RESTARTS: why its last run ended.
    [...]
    any key: back"
  `);
});

test.each([USUAL, SMALL, LARGE, ...[1, 2, 3, 5, 20].flatMap((n) => [{ columns: n, rows: n }])])(
  '$columns x $rows: every view fills it and is no wider',
  (size) => {
    for (const keys of [[], ['?'], ['l'], ['e'], ['s'], ['r'], ['G', 'o']]) {
      const one = life(size)
        .press(...keys)
        .hears('logs', 100)
        .hears('events', 100);
      const frame = frameOf(one);
      expect(frame).toHaveLength(size.rows);
      expect(Math.max(...frame.map(widthOf))).toBeLessThanOrEqual(size.columns);
    }
  },
);

test('colours are those of the states, and change no place', () => {
  const coloured = frameOf(life(), newPaint(true));
  expect(coloured[2]).toContain('\u001b[1m> \u001b[22mshop.1    \u001b[32mRUNNING \u001b[39m');
  // oxlint-disable-next-line no-control-regex
  expect(coloured.map((line) => line.replaceAll(/\x1b\[\d+m/g, ''))).toEqual(frameOf(life()));
});
