/** What of a new plan is live, and what needs a restart. */
import { expect, test } from 'vitest';
import type { ProcessSpec } from '../../src/model/spec.ts';
import { changesOf, EFFECTS } from '../../src/supervisor/changes.ts';
import { spec } from './instance-support.ts';

const short = (before: readonly ProcessSpec[], after: readonly ProcessSpec[]): unknown[] =>
  changesOf(before, after).map((change) =>
    change.kind === 'changed'
      ? [change.spec.instance, change.effect, change.fields]
      : [change.spec.instance, change.kind],
  );

test('what is the same is no change, in whatever order its keys stand', () => {
  const one = spec({ env: { A: '1', B: '2' } });
  expect(short([one], [{ ...one, env: { B: '2', A: '1' }, added: ['-n=worker'] }])).toEqual([]);
  expect(short([one], [{ ...one, argv: ['job.py', 'python'] }])).toEqual([['worker.1', 'restart', ['argv']]]);
});

test('added, removed, changed live and by a restart', () => {
  const [web, worker, mail] = ['web', 'worker', 'mail'].map((name) => spec({ name })) as [
    ProcessSpec,
    ProcessSpec,
    ProcessSpec,
  ];
  expect(
    short(
      [web, worker, mail],
      [
        { ...mail, autostart: false, startTimeoutMs: 1 },
        spec({ name: 'beat' }),
        { ...web, env: { COLOUR: 'blue' }, autostart: false },
      ],
    ),
  ).toEqual([
    ['mail.1', 'live', ['autostart', 'startTimeoutMs']],
    ['beat.1', 'added'],
    ['web.1', 'restart', ['env', 'autostart']],
    ['worker.1', 'removed'],
  ]);
});

test('each part of a spec is one or the other', () => {
  expect(Object.keys(spec()).filter((field) => !(field in EFFECTS))).toEqual([]);
});
