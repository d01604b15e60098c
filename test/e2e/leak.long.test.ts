/** Tasks that leak for an hour; PRODSERVER_LEAK_SECONDS gives another length. */
import { expect, test } from 'vitest';
import { leakyShop, upTo } from './leaking.ts';

const SECONDS = Number(process.env['PRODSERVER_LEAK_SECONDS'] ?? 3600);
const LIMIT_MIB = 250;
/** Each task leaks so much, and there is one a second. */
const LEAK_MIB = 10;
/** Memory is looked at every 2 s; as much again for a machine that has other things to do. */
const LATE_SECONDS = 4;

test(
  `a leak of ${LEAK_MIB} MiB a second for ${SECONDS} s: found at the next look each time, and no task lost`,
  { timeout: (SECONDS + 300) * 1000 },
  async () => {
    const { send, notes, noted, recycled, over } = await leakyShop(
      'concurrency: 2',
      `max-memory: ${LIMIT_MIB}MiB, min-uptime: 1s`,
    );
    const sent = await send(0, SECONDS, LEAK_MIB, 1);
    await noted(SECONDS);
    expect(sent).toBeGreaterThanOrEqual(SECONDS - 1);
    expect(notes().toSorted((a, b) => a - b)).toEqual(upTo(SECONDS));
    const found = recycled().map((line) => Number(/: ([\d.]+) MiB PSS/.exec(line)?.[1]));
    process.stderr.write(
      `leak: ${found.length} times, at ${Math.min(...found)} to ${Math.max(...found)} MiB\n`,
    );
    // Half of what a life can leak is there at its start, in the worker itself.
    expect(found.length).toBeGreaterThanOrEqual(Math.floor((SECONDS * LEAK_MIB) / LIMIT_MIB / 2));
    expect(Math.max(...found)).toBeLessThan(LIMIT_MIB + LATE_SECONDS * LEAK_MIB);
    await over();
  },
);
