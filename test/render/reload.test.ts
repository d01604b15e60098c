/** What a reload, and a look at what there is, tell a person. */
import { expect, test } from 'vitest';
import { availLines } from '../../src/render/avail.ts';
import { reloadText, type Reloaded } from '../../src/render/reload.ts';

const one = (change: Partial<Reloaded>): Reloaded => ({
  instance: 'web.1',
  way: 'signal',
  signal: 'SIGHUP',
  pid: 4711,
  state: 'RUNNING',
  ...change,
});

test('each way, waited for and not', () => {
  const ways = [
    one({}),
    one({ way: 'replace', signal: null }),
    one({ way: 'restart', signal: null }),
    one({ way: 'later', signal: null, state: 'BACKOFF' }),
    one({ way: 'none', signal: null, state: 'STOPPED' }),
  ];
  expect(ways.map((way) => reloadText(way, true))).toEqual([
    'web.1: reloaded (SIGHUP to pid 4711)',
    'web.1: replaced',
    'web.1: replaced',
    'web.1: BACKOFF, its next start has the new code',
    'web.1: not reloaded, it is STOPPED; start it with: prodserver start --attach web.1',
  ]);
  expect(ways.slice(0, 2).map((way) => reloadText(way, false))).toEqual([
    'web.1: reloading (SIGHUP to pid 4711)',
    'web.1: replacing',
  ]);
});

test('the columns of supervisorctl avail', () => {
  const long = 'a'.repeat(40);
  expect(
    availLines([
      { instance: 'web.1', in_use: true, autostart: true },
      { instance: 'job.1', in_use: false, autostart: false },
    ]),
  ).toEqual([
    'web.1                            in use    auto',
    'job.1                            avail     manual',
  ]);
  expect(availLines([{ instance: long, in_use: true, autostart: true }])).toEqual([`${long} in use    auto`]);
});
