import { expect, test } from 'vitest';
import { isSettled, type Standing } from '../../src/daemon/settled.ts';
import { newSight } from '../../src/daemon/sight.ts';
import type { Hindrance } from '../../src/model/process.ts';
import type { State } from '../../src/supervisor/state.ts';

const since = 0;
const starting = { generation: 1, pid: 5, until: null, leftMs: 0, trouble: null, timer: null };
const EXIT = { code: 1, signal: null };
const RUNNING: State = { id: 'RUNNING', since, generation: 1, pid: 5, trouble: null };
const STARTING: State = { id: 'STARTING', since, ...starting };
const STOPPED: State = { id: 'STOPPED', since, ordered: false };
const ORDERED: State = { id: 'STOPPED', since, ordered: true };
const FATAL: State = { id: 'FATAL', since, cause: { kind: 'permanent-exit', exit: EXIT } };
const LEFT: State = { id: 'EXITED', since, exit: EXIT };
const DONE: State = { id: 'EXITED', since, exit: { code: 0, signal: null } };
const BACKOFF: State = { id: 'BACKOFF', since, until: 1, cause: { kind: 'crash', exit: EXIT }, timer: 1 };
const waiting = (hindrance: Hindrance | null): State => ({
  id: 'WAITING',
  since,
  generation: 1,
  hindrance,
  timer: null,
});
const STANDBY = waiting({
  kind: 'lock',
  holder: {
    host: 'b',
    pid: 1,
    supervisorPid: 1,
    since: null,
    manifest: null,
    file: 'redis://r/0',
    fence: 1,
    expiresInMs: 1,
  },
});
const needs = (instance: string): State =>
  waiting({ kind: 'dependency', instance, needs: 'ready', state: 'WAITING' });

const one = (instance: string, state: State, more: Partial<Standing> = {}): Standing => ({
  spec: { instance, autostart: true },
  state,
  changing: false,
  ...more,
});
const off = (state: State): Standing => ({
  ...one('off.1', state),
  spec: { instance: 'off.1', autostart: false },
});
const web = one('web.1', RUNNING);

test.each<[string, readonly Standing[], boolean, boolean]>([
  ['all run', [web, off(STOPPED)], true, true],
  ['one starts', [web, one('w.1', STARTING)], false, false],
  ['one has not begun', [web, one('w.1', STOPPED)], false, false],
  ['one was stopped by a command', [web, one('w.1', ORDERED)], true, true],
  ['one is tried again', [web, one('w.1', BACKOFF)], false, true],
  [
    'one is tried again while it is being replaced',
    [web, one('w.1', BACKOFF, { changing: true })],
    false,
    false,
  ],
  ['one is being replaced', [{ ...web, changing: true }], false, false],
  ['one has failed for good', [web, one('w.1', FATAL)], true, true],
  ['all have failed for good', [one('w.1', FATAL), one('v.1', LEFT)], false, true],
  ['all is done', [one('w.1', DONE)], true, true],
  ['a standby alone', [one('beat.1', STANDBY)], true, true],
  ['a standby, and who waits for it', [one('beat.1', STANDBY), one('f.1', needs('beat.1'))], true, true],
  ['who waits for one that starts', [one('w.1', STARTING), one('f.1', needs('w.1'))], false, false],
  ['who waits for one that is ready now', [web, one('f.1', needs('web.1'))], false, false],
  ['who waits for what is done now', [one('m.1', DONE), one('f.1', needs('m.1'))], false, false],
  ['who waits for one that nobody starts', [web, off(STOPPED), one('f.1', needs('off.1'))], true, true],
  ['nobody has asked for the lock yet', [one('beat.1', waiting(null))], false, false],
  ['nothing starts by itself', [off(STOPPED)], true, true],
])('%s', (_, all, first, again) => {
  expect([isSettled(all, false), isSettled(all, true)]).toEqual([first, again]);
});

test('what should live is seen, or missed for long', () => {
  const look = newSight();
  const living = [
    { instance: 'web.1', pid: 5 },
    { instance: 'w.1', pid: 6 },
  ];
  const seen = (...pids: number[]) => pids.map((pid) => ({ pid, state: 'S' }));
  expect(look(living, seen(5, 6), 0)).toEqual([]);
  expect(look(living, [...seen(5), { pid: 6, state: 'Z' }], 1000)).toEqual([]);
  expect(look(living, seen(5), 3999)).toEqual([]);
  expect(look(living, seen(5), 4000)).toEqual([{ instance: 'w.1', pid: 6 }]);
  expect(look(living, seen(5, 6), 5000)).toEqual([]);
  expect(look(living, seen(5), 8500)).toEqual([]);
  expect(look([], [], 20_000)).toEqual([]);
});
