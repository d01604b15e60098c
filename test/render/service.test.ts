import { expect, test } from 'vitest';
import type { ProcessRow } from '../../src/control/protocol.ts';
import { serviceText } from '../../src/render/service.ts';

type Row = Parameters<typeof serviceText>[0]['rows'][number];

const row = (
  instance: string,
  state: ProcessRow['state'],
  cause: Row['cause'] = null,
  active: number | null = null,
): Row => ({
  instance,
  state,
  cause,
  tasks: { done: null, failed: null, active, per_second: null, registered: null, unknown: null },
});
const crash = { kind: 'crash', exit: { code: 1, signal: null } } as const;
const web = row('web.1', 'RUNNING');
const backoff = row('worker.2', 'BACKOFF', crash);

test.each<[readonly Row[], string]>([
  [[web], '1 of 1 running'],
  [[web, backoff], '1 of 2 running; worker.2 BACKOFF (exit code 1)'],
  [[web, row('migrate.1', 'EXITED', { kind: 'completed' })], '1 of 1 running'],
  [[row('migrate.1', 'EXITED', { kind: 'completed' })], 'everything has completed'],
  [
    [row('a.1', 'STARTING'), row('b.1', 'STOPPED', { kind: 'manual' }), backoff, row('c.1', 'STOPPING')],
    '0 of 4 running; worker.2 BACKOFF (exit code 1), a.1 STARTING, b.1 STOPPED (stopped by order) and 1 more',
  ],
])('%#: %s', (rows, text) => {
  expect(serviceText({ rows, stopping: false, refused: false })).toBe(text);
});

test('refused, and stopping', () => {
  expect(serviceText({ rows: [web], stopping: false, refused: true })).toBe(
    '1 of 1 running; the manifest is not usable: nothing was changed',
  );
  const rows = [row('a.1', 'STOPPING', null, 2), row('b.1', 'STOPPING', null, 0), row('c.1', 'STOPPED')];
  expect(serviceText({ rows, stopping: true, refused: true })).toBe(
    'stopping: 2 of 3 left; a.1 (2 tasks running), b.1',
  );
  expect(serviceText({ rows: rows.slice(2), stopping: true, refused: false })).toBe(
    'stopping: everything has ended',
  );
});
