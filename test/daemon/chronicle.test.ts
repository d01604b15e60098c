/** What readers of events and lines are given, however many there are and however slow. */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { StreamReader } from '../../src/control/pour.ts';
import type { EventBody, StreamAsked } from '../../src/control/records.ts';
import { newChronicle } from '../../src/daemon/chronicle.ts';
import type { News } from '../../src/supervisor/news.ts';
import { FakeClock, turn } from '../logs/support.ts';

/** Takes all until it is told to be full. */
class FakeReader extends EventEmitter {
  text = '';
  full = false;
  destroyed = false;
  writableEnded = false;

  writeHead(): void {}
  flushHeaders(): void {}
  write(text: string): boolean {
    this.text += text;
    return !this.full;
  }
  end(): void {
    this.writableEnded = true;
    this.emit('close');
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  /** The JSON of each line that has some. */
  get records(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => /^(data: )?\{/.test(line))
      .map((line) => JSON.parse(line.replace('data: ', '')) as Record<string, unknown>);
  }
}

const ALL: StreamAsked = { count: null, since: null, follow: true, names: null };
const news: News = { type: 'over' };

function begin() {
  const clock = new FakeClock();
  let told = 0;
  const chronicle = newChronicle(clock, () => {
    told += 1;
    const instance = told % 2 === 0 ? 'worker.1' : null;
    return {
      type: 'changed',
      message: `event ${told}`,
      process: instance && 'worker',
      instance,
    } as EventBody;
  });
  const tell = (count: number): void => {
    for (let index = 0; index < count; index += 1) chronicle.note(news);
  };
  const say = (instance: string, ...lines: string[]): void =>
    chronicle.keep(
      { instance },
      'stdout',
      lines.map((line) => ({ bytes: Buffer.from(line), cut: false })),
    );
  const open = (kind: 'logs' | 'events', asked: Partial<StreamAsked> = {}): FakeReader | null => {
    const reader = new FakeReader();
    return chronicle.stream(kind, { ...ALL, ...asked }, reader as unknown as StreamReader) ? reader : null;
  };
  return { clock, chronicle, tell, say, open };
}
/** Until all that is ready has had its turn. */
const settle = async (): Promise<void> => {
  for (let index = 0; index < 5; index += 1) await turn();
};

describe('one who comes back with the id of its last event', () => {
  const after = async (id: string, told = 3): Promise<unknown[]> => {
    const { tell, open } = begin();
    tell(told);
    const reader = open('events', { after: id });
    await settle();
    return reader?.records.map((one) => one['id'] ?? one) ?? [];
  };
  const LIVE = { live: true };

  test('is given what came after it', async () => {
    expect(await after('loyw3v28-1')).toEqual([2, 3, LIVE]);
    expect(await after('loyw3v28-3')).toEqual([LIVE]);
  });

  test('is told how much is not kept any more', async () => {
    expect((await after('loyw3v28-2', 1005)).slice(0, 2)).toEqual([{ lost: 3, instance: null }, 6]);
  });

  test('is given all where that was of another supervisor, or is nonsense', async () => {
    for (const id of ['loyw3v27-2', '2', 'loyw3v28-', 'loyw3v28-x', '-2'])
      expect(await after(id)).toEqual([1, 2, 3, LIVE]);
    expect(await after('loyw3v28-999')).toEqual([LIVE]);
  });
});

describe('events', () => {
  test('the past, a mark, then what comes, and the end', async () => {
    const { chronicle, tell, open } = begin();
    tell(3);
    const reader = open('events', { count: 2 });
    await settle();
    tell(1);
    const closed = chronicle.close();
    await closed;
    expect(reader?.records.map((one) => one['id'] ?? one)).toEqual([2, 3, { live: true }, 4]);
    expect(reader?.text).toContain(
      'id: loyw3v28-4\ndata: {"id":4,"time":"2023-11-14T22:13:20.000Z","supervisor_pid":',
    );
    expect(reader?.writableEnded).toBe(true);
    expect(open('events')).toBe(null);
  });

  test('who does not follow ends at the mark; names leave out what is of no process', async () => {
    const { tell, open } = begin();
    tell(5);
    const reader = open('events', { follow: false, names: ['work*'] });
    await settle();
    expect(reader?.records.map((one) => one['id'] ?? one)).toEqual([2, 4, { live: true }]);
    expect(reader?.writableEnded).toBe(true);
  });

  test('a slow reader misses those that are kept no more, and is told how many', async () => {
    const { tell, open } = begin();
    tell(1);
    const reader = open('events');
    await settle();
    if (reader === null) throw new Error('refused');
    reader.full = true;
    tell(1);
    await settle();
    tell(1500);
    reader.full = false;
    reader.emit('drain');
    await settle();
    const ids = reader.records.map((one) => one['id'] ?? one);
    expect(ids.slice(0, 5)).toEqual([1, { live: true }, 2, { lost: 500, instance: null }, 503]);
    expect([ids.length, ids.at(-1)]).toEqual([1004, 1502]);
  });
});

describe('lines', () => {
  test('the past, a mark, then what comes, of whom it is asked', async () => {
    const { say, open } = begin();
    say('worker.1', 'old');
    say('web.1', 'not asked for');
    const reader = open('logs', { names: ['worker'] });
    // It came before the reader had its first turn, and is news all the same.
    say('worker.2', 'new', 'newer');
    await settle();
    expect(reader?.records.map((one) => one['line'] ?? one)).toEqual(['old', { live: true }, 'new', 'newer']);
    expect(reader?.records[0]).toEqual({
      time: '2023-11-14T22:13:20.000Z',
      process: 'worker',
      instance: 'worker.1',
      stream: 'stdout',
      line: 'old',
    });
  });

  test('the 65th reader is refused; one that leaves makes room', async () => {
    const { open } = begin();
    const readers = Array.from({ length: 64 }, () => open('logs'));
    expect(readers.every((one) => one !== null)).toBe(true);
    expect(open('events')).toBe(null);
    readers[0]?.destroy();
    expect(open('events')).not.toBe(null);
  });

  test('the end does not wait for a reader that takes nothing', async () => {
    const { clock, chronicle, say, open } = begin();
    const reader = open('logs');
    if (reader === null) throw new Error('refused');
    reader.full = true;
    say('worker.1', 'word');
    await settle();
    const closed = chronicle.close();
    clock.pass(1000);
    await closed;
    expect(reader.destroyed).toBe(true);
  });
});
