import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { bootMs } from '../../src/os/boot-clock.ts';

/** The module anew: which way it goes is settled by the first call. */
async function load(without: boolean): Promise<{ bootMs: typeof bootMs; hasLibc: boolean }> {
  vi.resetModules();
  vi.stubEnv('PRODSERVER_NO_KOFFI', without ? '1' : '');
  const { libc } = await import('../../src/os/libc.ts');
  return { ...(await import('../../src/os/boot-clock.ts')), hasLibc: libc() !== null };
}

afterEach(() => vi.unstubAllEnvs());

/** The kernel's own text, which is cut to hundredths of a second. Milliseconds. */
const uptimeMs = (): number => Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000);
const STEP_MS = 10;

describe.each([
  ['with koffi', false],
  ['without it', true],
])('%s', (_, without) => {
  test('it is the time since boot, milliseconds', async () => {
    const { bootMs, hasLibc } = await load(without);
    expect(hasLibc).toBe(!without);
    const before = uptimeMs();
    const read = bootMs();
    const after = uptimeMs();
    expect(read).toBeGreaterThanOrEqual(before);
    expect(read).toBeLessThanOrEqual(after + STEP_MS);
  });

  test('it never goes back', async () => {
    const { bootMs } = await load(without);
    let last = bootMs();
    for (let times = 0; times < 1000; times += 1) {
      const read = bootMs();
      expect(read).toBeGreaterThanOrEqual(last);
      last = read;
    }
  });
});

test('with koffi it is finer than the text of the kernel', async () => {
  const { bootMs } = await load(false);
  expect([1, 2, 3, 4, 5].some(() => bootMs() % 1 !== 0)).toBe(true);
});
