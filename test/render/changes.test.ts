/** What an update changes, as the command and the log tell it. */
import { expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { changesJson, changesText, toldChange } from '../../src/render/changes.ts';
import { changesOf } from '../../src/supervisor/changes.ts';
import { spec } from '../supervisor/instance-support.ts';
import { PLAIN } from './support.ts';

const RECYCLE: NonNullable<ProcessSpec['recycle']> = {
  maxMemory: 1024 ** 3,
  maxMemoryHard: null,
  memory: 'pss',
  maxTasks: null,
  maxAgeMs: null,
  schedule: null,
  timezone: null,
  jitter: 0.1,
  minUptimeMs: 30_000,
};

const told = (before: readonly ProcessSpec[], after: readonly ProcessSpec[]) =>
  changesOf(before, after).map(toldChange);
const textOf = (before: ProcessSpec, change: Partial<ProcessSpec>): string[] =>
  changesText(told([before], [{ ...before, ...change }]), PLAIN);

test('a key with its old and its new value', () => {
  const one = spec({ recycle: RECYCLE });
  expect(textOf(one, { recycle: { ...RECYCLE, maxMemory: 2 * 1024 ** 3, maxAgeMs: 86_400_000 } })).toEqual([
    'worker.1: max-memory 1 GiB -> 2 GiB (live)',
    'worker.1: max-age nothing -> 1 d (live)',
  ]);
  // What is the same when it is rounded.
  expect(textOf(one, { recycle: { ...RECYCLE, maxMemory: 1024 ** 3 + 1 } })).toEqual([
    'worker.1: max-memory 1073741824 -> 1073741825 (live)',
  ]);
  expect(textOf(one, { recycle: null })).toEqual([
    'worker.1: RECYCLE above 1.0 GiB PSS; not before it was ready for 30 s -> nothing (live)',
  ]);
});

test('options of the command line, and the rest of it', () => {
  const web = spec({
    name: 'web',
    argv: ['gunicorn', 'a:app', '--bind=0.0.0.0:8000', '--workers=2', '--preload'],
  });
  expect(
    textOf(web, { argv: ['gunicorn', 'a:app', '--bind=0.0.0.0:9000', '--workers=4', '--preload'] }),
  ).toEqual(['web.1: bind "0.0.0.0:8000" -> "0.0.0.0:9000" (restart)', 'web.1: workers 2 -> 4 (restart)']);
  expect(
    textOf(web, { argv: ['gunicorn', 'b:app', '--bind=0.0.0.0:8000', '--workers=2', '--threads=8'] }),
  ).toEqual([
    'web.1: command a:app -> b:app (restart)',
    'web.1: preload removed (restart)',
    'web.1: threads 8 added (restart)',
  ]);
  expect(
    textOf(web, { argv: ['gunicorn', 'a:app', '--workers=2', '--bind=0.0.0.0:8000', '--preload'] }),
  ).toEqual([
    'web.1: command gunicorn a:app --bind=0.0.0.0:8000 --workers=2 --preload -> ' +
      'gunicorn a:app --workers=2 --bind=0.0.0.0:8000 --preload (restart)',
  ]);
});

test('no secret, and of variables no value at all', () => {
  const one = spec({
    argv: ['job', '--password', 'hunter2'],
    env: { COLOUR: 'red', OLD: '1', KEY: 'hunter2' },
  });
  const lines = textOf(one, {
    argv: ['job', '--password', 'hunter3'],
    env: { COLOUR: 'blue', NEW: '1', KEY: 'hunter2' },
  });
  expect(lines).toEqual([
    'worker.1: password another value (***) (restart)',
    'worker.1: ENV OLD removed (restart)',
    'worker.1: ENV NEW added (restart)',
    'worker.1: ENV COLOUR another value (***) (restart)',
  ]);
});

test('instances of which the same is to be said are told of together', () => {
  const all = [1, 2, 3, 4, 5, 6].map((index) => spec({ index, instance: `worker.${index}` }));
  const [first, ...others] = all as [ProcessSpec, ...ProcessSpec[]];
  const after = [...others.map((one) => ({ ...one, startTimeoutMs: 5000 })), spec({ name: 'mail' })];
  expect(changesText(told([first, ...others], after), PLAIN)).toEqual([
    expect.stringMatching(/^worker\.2, worker\.3, worker\.4 and 2 more: READY timeout .* -> 5 s \(live\)$/),
    'mail.1: added',
    'worker.1: removed (stop)',
  ]);
});

test('for programs', () => {
  const one = spec({ env: { A: '1' } });
  expect(changesJson(told([one], [{ ...one, env: { A: '2' } }, spec({ name: 'mail' })]))).toEqual([
    {
      instance: 'worker.1',
      kind: 'changed',
      fields: ['env'],
      effect: 'restart',
      difference: {
        argv: { removed: [], added: [], changed: [] },
        env: { removed: [], added: [], changed: ['A'] },
        fields: [],
      },
    },
    { instance: 'mail.1', kind: 'added', fields: [], effect: null },
  ]);
});
