import { describe, expect, test } from 'vitest';
import { beatVitals, newLinkReader, troubleOf, workerVitals, type Report } from '../../src/health/link.ts';

const common = { v: 1, pid: 4711, at: 1_700_000_000.5 } as const;

const REPORTS: readonly Report[] = [
  { ...common, event: 'init', role: 'worker', versions: { celery: '5.6.3', redis: null } },
  { ...common, event: 'broker-lost', url: 'redis://:**@größe/0', error: '接続拒否 🎉', retry_in: 2 },
  { ...common, event: 'broker-lost', url: 'redis://cache/0', error: '', retry_in: null },
  { ...common, event: 'broker-found', url: 'redis://cache/0' },
  { ...common, event: 'ready', node: 'celery@host' },
  { ...common, event: 'ready', node: null },
  { ...common, event: 'stopping' },
  { ...common, event: 'stopped' },
];

type Tick = Extract<Report, { event: 'tick' }>;

const TICK: Tick = {
  ...common,
  event: 'tick',
  loop_age: 0.0004,
  received: 20,
  succeeded: 9,
  failed: 4,
  retried: 3,
  revoked: 2,
  active: 2,
  reserved: 1,
  slots: 4,
  oldest: { task: 'orders.tasks.größe', age: 3.2504 },
  polling: true,
  canary: 1.5,
  canaries: 7,
  child_exits: 1,
  unknown: { task: 'shop.gone', count: 2 },
};
/** A worker of which little can be told. */
const BARE: Tick = { ...TICK, slots: null, oldest: null, polling: null, canary: null, canaries: null };
const BEAT_TICK = { ...common, event: 'beat-tick', next: 4.9996, sent: 12 } as const;

const text = (reports: readonly unknown[]): string =>
  reports.map((one) => `${JSON.stringify(one)}\n`).join('');

function read(...chunks: (string | Buffer)[]): { reports: Report[]; garbled: number } {
  const reader = newLinkReader();
  const reports = chunks.flatMap((chunk) => reader.push(Buffer.from(chunk as string)));
  return { reports, garbled: reader.garbled() };
}

/** The text in two, at every byte; and byte by byte. */
function cuts(whole: string): Buffer[][] {
  const bytes = Buffer.from(whole);
  const halves = Array.from({ length: bytes.length + 1 }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]);
  return [...halves, Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))];
}

describe('reports', () => {
  test('are the same wherever the chunks are cut, within a character too', () => {
    for (const chunks of cuts(text(REPORTS))) {
      expect(read(...chunks)).toEqual({ reports: REPORTS, garbled: 0 });
    }
  });

  test('come with the end of their line, and empty lines do not count', () => {
    const reader = newLinkReader();
    const line = text([REPORTS[6]]);
    expect(reader.push(Buffer.from(`\n\n${line.slice(0, -1)}`))).toEqual([]);
    expect(reader.push(Buffer.from('\n\n'))).toEqual([REPORTS[6]]);
    expect(reader.garbled()).toBe(0);
  });

  test('of the work are heard as they are', () => {
    expect(read(text([TICK, BARE, BEAT_TICK]))).toEqual({ reports: [TICK, BARE, BEAT_TICK], garbled: 0 });
  });

  test('may have more fields than are understood', () => {
    expect(read(text([{ ...REPORTS[6], dropped: 3 }]))).toEqual({ reports: [REPORTS[6]], garbled: 0 });
  });
});

describe('what is no report is counted and dropped, and the next one is heard', () => {
  test.each([
    ['no JSON', 'kilroy was here\n'],
    ['half a report', `${text([REPORTS[0]]).slice(0, 40)}\n`],
    ['null', 'null\n'],
    ['a list', '[]\n'],
    ['another version', text([{ ...REPORTS[6], v: 2 }])],
    ['no version', text([{ ...REPORTS[6], v: undefined }])],
    ['an unknown event', text([{ ...common, event: 'exploded' }])],
    ['no pid', text([{ ...REPORTS[6], pid: '4711' }])],
    ['an unknown role', text([{ ...REPORTS[0], role: 'flower' }])],
    ...(
      ['received', 'succeeded', 'failed', 'retried', 'revoked', 'active', 'reserved', 'slots'] as const
    ).flatMap((name): [string, string][] => [
      [`fewer than no tasks ${name}`, text([{ ...TICK, [name]: -1 }])],
      [`half a task ${name}`, text([{ ...TICK, [name]: 0.5 }])],
      [`more tasks ${name} than can be counted`, text([{ ...TICK, [name]: 2 ** 53 }])],
      [`no tasks ${name}`, text([{ ...TICK, [name]: undefined }])],
    ]),
    ['an age before now', text([{ ...TICK, loop_age: -0.1 }])],
    ['an age without end', text([TICK]).replace('"loop_age":0.0004', '"loop_age":1e999')],
    ['an age that is no number', text([TICK]).replace('"loop_age":0.0004', '"loop_age":NaN')],
    ['an age that is a text', text([{ ...TICK, loop_age: '2' }])],
    ['a canary before now', text([{ ...TICK, canary: -1 }])],
    ['an oldest task without a name', text([{ ...TICK, oldest: { age: 1 } }])],
    ['an oldest task with too long a name', text([{ ...TICK, oldest: { task: 'x'.repeat(201), age: 1 } }])],
    ['an oldest task that is a text', text([{ ...TICK, oldest: 'orders.tasks.slow' }])],
    ['polling that is neither', text([{ ...TICK, polling: 1 }])],
    ['a beat that ticked before now', text([{ ...BEAT_TICK, next: -1 }])],
    ['a beat that never ticks again', text([BEAT_TICK]).replace('4.9996', '1e999')],
    ['a beat that sent half a task', text([{ ...BEAT_TICK, sent: 0.5 }])],
    ['a text that is too long', text([{ ...REPORTS[3], url: 'x'.repeat(2001) }])],
  ])('%s', (_, garbage) => {
    expect(read(garbage + text([REPORTS[6]]))).toEqual({ reports: [REPORTS[6]], garbled: 1 });
    for (const chunks of cuts(garbage + text([REPORTS[6]])).slice(-1)) {
      expect(read(...chunks)).toEqual({ reports: [REPORTS[6]], garbled: 1 });
    }
  });

  test('bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0x0a]), Buffer.from(text([REPORTS[6]]))]);
    expect(read(bytes)).toEqual({ reports: [REPORTS[6]], garbled: 1 });
  });
});

describe('an over-long line', () => {
  test('is not kept until its end comes', () => {
    const reader = newLinkReader();
    for (let times = 0; times < 100; times += 1) reader.push(Buffer.alloc(4097, 'x'));
    expect(reader.garbled()).toBeGreaterThan(0);
    expect(reader.push(Buffer.from(`\n${text([REPORTS[6]])}`))).toEqual([REPORTS[6]]);
  });

  test('is dropped however it is cut', () => {
    const line = text([{ ...REPORTS[6], note: 'x'.repeat(5000) }]);
    expect(read(line)).toEqual({ reports: [], garbled: 1 });
  });

  test('is dropped to its end', () => {
    expect(read('x'.repeat(5000), text([REPORTS[6]]), text([REPORTS[7]]))).toEqual({
      reports: [REPORTS[7]],
      garbled: 1,
    });
  });
});

test('the trouble of a lost broker', () => {
  const report = REPORTS[1] as Extract<Report, { event: 'broker-lost' }>;
  expect(troubleOf(report)).toEqual({ url: 'redis://:**@größe/0', error: '接続拒否 🎉' });
});

describe('vitals', () => {
  test('of a worker', () => {
    expect(workerVitals(TICK, 5000)).toEqual({
      kind: 'worker',
      heardAt: 5000,
      loopAgeMs: 0,
      counts: { received: 20, succeeded: 9, failed: 4, retried: 3, revoked: 2 },
      active: 2,
      reserved: 1,
      slots: 4,
      oldest: { task: 'orders.tasks.größe', ageMs: 3250 },
      polling: true,
      canaryMs: 1500,
      canaries: 7,
      childExits: 1,
      unknown: { task: 'shop.gone', count: 2 },
    });
  });

  test('of a worker that tells little', () => {
    expect(workerVitals(BARE, 5000)).toMatchObject({
      slots: null,
      oldest: null,
      polling: null,
      canaryMs: null,
      canaries: null,
    });
  });

  test('of a beat', () => {
    expect(beatVitals(BEAT_TICK, 5000)).toEqual({ kind: 'beat', heardAt: 5000, nextMs: 5000, sent: 12 });
  });
});
