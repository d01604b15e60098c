/** A clock that stands still until it is told, and an outlet that takes what it is told to take. */
import type { Clock } from '../../src/model/clock.ts';
import type { Outlet } from '../../src/model/line.ts';

export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; fire: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((one) => one !== timer));
  }

  get armed(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter((one) => one.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.#now = due.at;
      due.fire();
    }
    this.#now = end;
  }
}

export class FakeOutlet implements Outlet {
  text = '';
  writes = 0;
  closed = false;
  /** Bytes that it takes until it is full; null where there is no reader any more. */
  room: number | null = Infinity;
  #again: (() => void) | null = null;

  write(bytes: Buffer): number | null {
    if (this.closed) throw new Error('written after it was closed');
    this.writes += 1;
    if (this.room === null) return null;
    const taken = Math.min(this.room, bytes.length);
    this.room -= taken;
    this.text += bytes.toString('utf8', 0, taken);
    return taken;
  }

  whenWritable(again: () => void): void {
    if (this.#again !== null) throw new Error('asked twice to be told when it is writable');
    this.#again = again;
  }

  pending(): boolean {
    return false;
  }

  close(): void {
    this.closed = true;
  }

  get waitedFor(): boolean {
    return this.#again !== null;
  }

  /** The reader reads: there is room for so many bytes. */
  read(room: number | null): void {
    this.room = room;
    const again = this.#again;
    this.#again = null;
    again?.();
  }
}

/** What the sink has put off to the end of this turn of the loop. */
export const turn = async (): Promise<void> => new Promise((done) => void setImmediate(done));
