/** What keys and news make of `top`. */
import { describe, expect, test } from 'vitest';
import { failure } from '../../src/model/failure.ts';
import { KEPT, sortedRows, type Top } from '../../src/screen/top.ts';
import { row } from '../render/support.ts';
import { answer, Life, lines, NOW, THREE } from './support.ts';

const life = (): Life => new Life().sees(THREE);
const order = (top: Top): string[] => sortedRows(top).map(({ instance }) => instance);

describe('the selection', () => {
  test('begins with the first, and goes by keys as far as there are rows', () => {
    const one = life();
    const seen = ['j', 'down', 'down', 'k', 'G', 'g', 'up', 'page-down', 'page-up', 'end', 'home'].map(
      (key) => one.press(key).top.selected,
    );
    expect(seen).toEqual(
      [1, 2, 2, 1, 2, 0, 0, 2, 0, 2, 0].map((index) => ['web.1', 'worker.1', 'worker.2'][index]),
    );
  });

  test('stays with its process, whatever comes before it', () => {
    const one = life().press('j');
    one.sees([row({ name: 'api', instance: 'api.1' }), ...THREE]);
    expect(one.top.selected).toBe('worker.1');
  });

  test('goes to a neighbour where its process is no more', () => {
    expect(life().press('j').sees(THREE.slice(0, 1)).top.selected).toBe('web.1');
    expect(
      life()
        .press('j')
        .sees([...THREE.slice(0, 1), ...THREE.slice(2)]).top.selected,
    ).toBe('worker.2');
  });

  test('nothing is there: keys do nothing', () => {
    const one = new Life().press('j', 'r', 's', 'S', 'l', 'y', 'enter', 'G');
    expect([one.top.selected, one.effects]).toEqual([null, []]);
  });

  test('the order: by name, CPU, memory, restarts, and by name again', () => {
    const one = life();
    const seen = Array.from({ length: 5 }, () => {
      const now = order(one.top).join(' ');
      one.press('o');
      return now;
    });
    expect(seen).toEqual([
      'web.1 worker.1 worker.2',
      'worker.1 web.1 worker.2',
      'worker.2 web.1 worker.1',
      'worker.1 web.1 worker.2',
      'web.1 worker.1 worker.2',
    ]);
  });
});

describe('orders', () => {
  test('restart: asked, taken, and done when another run is there', () => {
    const one = life().press('r');
    expect(one.effects).toEqual([
      {
        do: 'order',
        wish: { order: 'restart', instance: 'web.1', pid: 100, since: NOW, takenAt: null },
      },
    ]);
    expect(one.top.note?.kind).toBe('asked');
    one.answers(1, 50);
    expect(one.top.note?.kind).toBe('taken');
    // Asked before the order was taken: it may tell of a time before it.
    one.sees([row({ name: 'web', instance: 'web.1', pid: 999 })], 49);
    expect(one.top.note?.kind).toBe('taken');
    one.sees([row({ name: 'web', instance: 'web.1', pid: 100, state: 'STOPPING', ready: false })], 60);
    one.sees([row({ name: 'web', instance: 'web.1', pid: 101, state: 'STARTING', ready: false })], 70);
    expect(one.top.note?.kind).toBe('taken');
    one.sees([row({ name: 'web', instance: 'web.1', pid: 101 })], 80);
    expect(one.top.note).toMatchObject({ kind: 'done', pid: 101 });
    expect(one.press('j').top.note).toBeNull();
  });

  test('restart beside the old one: done when that has gone; a failure of before is not of this order', () => {
    const replacing = {
      cause: { kind: 'manual' as const },
      phase: 'starting' as const,
      pid: 101,
      tasks: null,
    };
    const exit = { code: 1, signal: null };
    const cause = { kind: 'crash' as const, exit };
    const failed = (at: string) => ({ at, generation: 2, cause });
    const web = (change: Parameters<typeof row>[0]) => [row({ instance: 'web.1', pid: 100, ...change })];
    const one = life().press('r').answers(1);
    one.sees(web({ replacing, replacement_failed: failed('2026-11-21T03:00:00.000Z') }), 1);
    expect(one.top.note?.kind).toBe('taken');
    one.sees(web({ replacement_failed: failed('2026-11-21T05:00:00.000Z') }), 2);
    expect(one.top.note?.kind).toBe('failed');
  });

  test.each(['BACKOFF', 'FATAL', 'EXITED', 'STOPPED'] as const)('a restart that ends in %s', (state) => {
    const one = life().press('r').answers(1);
    one.sees([row({ instance: 'web.1', pid: null, state, ready: false })], 1);
    expect(one.top.note?.kind).toBe('failed');
  });

  test('stop asks first, and only y is yes', () => {
    for (const key of ['n', 'q', 'escape', 'enter', 's', 'j']) {
      const one = life().press('s');
      expect(one.top.asks).toBe('web.1');
      one.press(key);
      expect([one.top.asks, one.effects, one.top.selected]).toEqual([null, [], 'web.1']);
    }
    const one = life().press('s', 'y').answers(1);
    one.sees([row({ instance: 'web.1', pid: 100, state: 'STOPPING', ready: false })], 1);
    expect(one.top.note?.kind).toBe('taken');
    one.sees([row({ instance: 'web.1', pid: null, state: 'STOPPED', ready: false })], 2);
    expect(one.top.note).toMatchObject({ kind: 'done', pid: null });
  });

  test('start of what runs is done at once', () => {
    expect(life().press('S').answers(1).sees(THREE, 1).top.note).toMatchObject({ kind: 'done', pid: 100 });
  });

  test('refused: nobody has it, or nobody answers', () => {
    expect(life().press('r').answers(0).top.note).toMatchObject({ kind: 'refused', failure: null });
    const one = life().press('r');
    const broken = failure('control-broken', { socket: '/run/x.sock', detail: 'ECONNREFUSED' });
    const { wish } = one.effects[0] as Extract<(typeof one.effects)[number], { do: 'order' }>;
    one.on({ type: 'answered', wish, result: { ok: false, error: broken }, at: 0 });
    expect(one.top.note).toMatchObject({ kind: 'refused', failure: broken });
  });

  test('the answer to an order before the last one changes nothing', () => {
    const one = life().press('r');
    const first = one.effects[0] as Extract<(typeof one.effects)[number], { do: 'order' }>;
    one.press('j', 'r').on({ type: 'answered', wish: first.wish, result: { ok: true, value: 0 }, at: 0 });
    expect(one.top.note).toMatchObject({ kind: 'asked', wish: { instance: 'worker.1' } });
  });
});

describe('supervisors', () => {
  const two = [answer(THREE.slice(0, 1), 10), answer(THREE.slice(1), 11)];
  const looked = (one: Life, found: typeof two): Life => one.on({ type: 'looked', found, began: 0 });

  test('one that goes is missed until all that it had is there again', () => {
    const one = looked(new Life(), two);
    expect(one.top.gone).toEqual([]);
    looked(one, two.slice(0, 1));
    expect(one.top.gone).toEqual([{ pid: 11, instances: ['worker.1', 'worker.2'] }]);
    looked(one, [...two.slice(0, 1), answer(THREE.slice(1, 2), 12)]);
    expect(one.top.gone).toHaveLength(1);
    looked(one, [...two.slice(0, 1), answer(THREE.slice(1), 12)]);
    expect(one.top.gone).toEqual([]);
  });

  test('all that go, and come again: the mark is where it was', () => {
    const one = looked(new Life(), two).press('G');
    looked(one, []);
    expect([one.top.rows, one.top.selected, one.top.gone.length]).toEqual([[], 'worker.2', 2]);
    one.press('r', 'l', 's', 'j');
    expect(one.effects).toEqual([]);
    looked(one, two);
    expect([one.top.selected, one.top.gone]).toEqual(['worker.2', []]);
  });

  test('one that does not answer: what it said before stays', () => {
    const silent = failure('control-broken', { socket: '/run/x.sock', detail: 'no answer within 10 s' });
    const one = life().on({ type: 'unanswered', failure: silent });
    expect([one.top.silent, one.top.rows.length]).toEqual([silent, 3]);
    expect(one.sees(THREE).top.silent).toBeNull();
  });
});

describe('logs and events', () => {
  test('a log is followed while it is shown', () => {
    const one = life().press('enter', 'x', 'q', 'j', 'l', 'escape');
    expect(one.effects).toEqual([
      { do: 'follow', instance: 'web.1' },
      { do: 'unfollow' },
      { do: 'follow', instance: 'worker.1' },
      { do: 'unfollow' },
    ]);
    expect(one.hears('logs', 3).top.view).toEqual({ kind: 'table' });
  });

  test('only so many lines are kept, of each only so much', () => {
    const one = life()
      .press('l')
      .hears('logs', KEPT + 5);
    const [long] = lines(1);
    if (long === undefined) throw new Error('no line');
    one.on({ type: 'heard', of: 'logs', entries: [{ ...long, line: 'x'.repeat(65_536) }] });
    const { view } = one.top;
    if (view.kind !== 'logs') throw new Error(view.kind);
    expect(view.lines).toHaveLength(KEPT);
    expect(view.lines[0]).toMatchObject({ line: 'line 7' });
    expect((view.lines.at(-1) as typeof long).line).toHaveLength(2000);
  });

  test('who has gone back stays where he is, as far as it is kept', () => {
    const one = life().press('l').hears('logs', 100);
    const back = (): number => (one.top.view.kind === 'logs' ? one.top.view.back : NaN);
    expect(back()).toBe(0);
    one.press('up', 'k');
    expect(back()).toBe(2);
    one.hears('logs', 10, 101);
    expect(back()).toBe(12);
    one.press('page-up');
    expect(back()).toBe(33);
    one.press('home', 'up');
    expect(back()).toBe(110 - 21);
    one.hears('logs', KEPT, 111);
    expect(back()).toBe(KEPT - 1);
    one.press('end');
    expect(back()).toBe(0);
  });

  test('events are kept whatever is shown', () => {
    const one = life().hears('events', 3).press('e');
    expect([one.top.view, one.top.events.length]).toEqual([{ kind: 'events', back: 0 }, 3]);
    expect(one.press('q').top.view).toEqual({ kind: 'table' });
    expect(one.effects).toEqual([]);
  });
});

test('keys for the terminal, in every view', () => {
  for (const view of [[], ['?'], ['e'], ['l'], ['s']]) {
    const one = life().press(...view);
    const before = one.effects.length;
    one.press('ctrl-l', 'ctrl-z', 'ctrl-c');
    expect(one.effects.slice(before).map((effect) => effect.do)).toEqual(['redraw', 'suspend', 'interrupt']);
  }
});

test('help, and out by any key; q ends it', () => {
  const one = life().press('?');
  expect(one.top.view).toEqual({ kind: 'help' });
  expect(one.press('q').top.view).toEqual({ kind: 'table' });
  expect(one.press('h').top.view).toEqual({ kind: 'help' });
  expect(one.press('x', 'q').effects).toEqual([{ do: 'quit' }]);
});

test('no row of keys breaks it', () => {
  const one = life();
  const keys = 'rsSyleqo?hjkgG'.split('');
  for (let step = 0; step < 3000; step += 1) {
    one.press(keys[(step * step + step * 7) % keys.length] ?? 'j');
    if (step % 5 === 0) one.sees(step % 3 === 0 ? [] : THREE, step);
    if (step % 7 === 0) one.hears('logs', 2).hears('events', 1);
    expect(one.top.selected).not.toBeNull();
  }
});
