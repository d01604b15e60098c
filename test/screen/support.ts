/** A `top` that lives through events. */
import type { ProcessRow, StatusAnswer } from '../../src/control/protocol.ts';
import type { LineRecord } from '../../src/control/records.ts';
import { newTop, stepTop, type Size, type Top, type TopEffect, type TopEvent } from '../../src/screen/top.ts';
import type { Key } from '../../src/screen/keys.ts';
import { row, supervisor } from '../render/support.ts';

export const NOW = '2026-11-21T04:04:48.000Z';

export const answer = (rows: readonly ProcessRow[], pid = 10): StatusAnswer => ({
  protocol: 1,
  supervisor: supervisor({ pid }),
  processes: rows.map((one) => ({ ...one, supervisor_pid: pid })),
});

export const THREE: readonly ProcessRow[] = [
  row({ name: 'web', instance: 'web.1', pid: 100, cpu_percent: 5 }),
  row({ instance: 'worker.1', pid: 200, restarts: 2, cpu_percent: 90 }),
  row({ instance: 'worker.2', pid: 201, memory: { rss_bytes: null, pss_bytes: 500_000_000 } }),
];

export const lines = (count: number, from = 1): LineRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    time: NOW,
    process: 'web',
    instance: 'web.1',
    stream: 'stdout',
    line: `line ${from + index}`,
  }));

export class Life {
  top: Top;
  readonly effects: TopEffect[] = [];

  constructor(size: Size = { columns: 80, rows: 24 }) {
    this.top = newTop(size);
  }

  on(event: TopEvent): this {
    const { top, effects } = stepTop(this.top, event);
    this.top = top;
    this.effects.push(...effects);
    return this;
  }

  press(...keys: readonly Key[]): this {
    for (const key of keys) this.on({ type: 'pressed', key, now: NOW });
    return this;
  }

  sees(rows: readonly ProcessRow[], began = 0): this {
    return this.on({ type: 'looked', found: [answer(rows)], began });
  }

  /** The supervisor's word on the order that was given last. */
  answers(count: number, at = 0): this {
    const last = this.effects.findLast((one) => one.do === 'order');
    if (last?.do !== 'order') throw new Error('nothing was ordered');
    return this.on({ type: 'answered', wish: last.wish, result: { ok: true, value: count }, at });
  }

  hears(of: 'events' | 'logs', count: number, from = 1): this {
    return this.on({ type: 'heard', of, entries: lines(count, from) });
  }
}
