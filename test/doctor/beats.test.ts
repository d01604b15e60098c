import { describe, expect, test } from 'vitest';
import { celeryCommand, findBeats, groupsOf, isSameApp } from '../../src/doctor/beats.ts';
import { judgeBeats, judgeLocks, type LockFinding } from '../../src/doctor/judge-beats.ts';
import type { CommandLine } from '../../src/os/command-lines.ts';
import { HOLDER, row, spec } from '../render/support.ts';

const words = (text: string): string[] => text.split(' ');

test.each([
  ['celery -A shop beat', 'shop', 'beat'],
  ['/venv/bin/python /venv/bin/celery -A shop.celery:app beat -l info', 'shop.celery:app', 'beat'],
  ['python3.12 -m celery --app=shop worker -B', 'shop', 'worker'],
  ['/venv/bin/celery -C -b redis://x/0 --app shop --workdir /srv worker', 'shop', 'worker'],
  ['python -IS /p/prodserver_deadman.py python /p/prodserver_celery.py -A shop beat', 'shop', 'beat'],
  ['celery beat', null, 'beat'],
  ['[celery beat] -A shop beat -l info', 'shop', 'beat'],
  ['[celery beat] --app shop.celery', 'shop.celery', 'beat'],
  ['[celeryd: celery@web:MainProcess] -active- (-A shop worker -B)', 'shop', 'worker'],
])('%s', (text, app, verb) => {
  expect(celeryCommand(words(text))).toMatchObject({ app, verb });
});

test.each([
  'vim celery beat',
  'docker exec shop celery -A shop beat',
  'kubectl exec deploy/shop -- celery -A shop beat',
  'timeout 60 celery -A shop beat',
  'python manage.py runserver',
  'sleep 60',
])('%s is no Celery', (text) => {
  expect(celeryCommand(words(text))).toBeNull();
});

test('a shell that is given it as one word is none', () => {
  expect(celeryCommand(['sh', '-c', 'celery -A shop beat'])).toBeNull();
});

const line = (pid: number, text: string, parent = 1, cwd: string | null = '/srv/shop'): CommandLine => ({
  pid,
  parent,
  argv: words(text),
  cwd,
});

describe('who sends', () => {
  const found = (lines: CommandLine[]): number[] => findBeats(lines, new Map()).map(({ pid }) => pid);

  test('beats, and workers with one inside', () => {
    const lines = [
      line(10, 'celery -A shop beat'),
      line(11, 'celery -A shop worker -B'),
      line(12, 'celery -A shop worker --beat'),
      line(13, 'celery -A shop worker -EB'),
      line(14, 'celery -A shop worker -c 2'),
      line(15, 'celery -A shop inspect ping'),
    ];
    expect(found(lines)).toEqual([10, 11, 12, 13]);
  });

  test('what it has forked, and who only watches it, count once', () => {
    const lines = [
      line(10, 'python -IS prodserver_deadman.py python prodserver_celery.py -A shop beat'),
      line(11, 'python prodserver_celery.py -A shop beat', 10),
      line(20, 'celery -A shop worker -B'),
      line(21, 'celery -A shop worker -B', 20),
      line(22, 'sh run.sh', 20),
      line(23, 'celery -A shop worker -B', 22),
    ];
    expect(found(lines)).toEqual([10, 20]);
  });

  test('a beat that has outlived its worker counts', () => {
    expect(found([line(21, 'celery -A shop worker -B', 1)])).toEqual([21]);
  });
});

test.each([
  ['shop', 'shop.celery:app', true],
  ['shop.celery.app', 'shop.celery:app', true],
  ['shop.celery', 'shop.other', false],
  ['shop', 'shops', false],
  [null, 'shop', true],
])('%s and %s: one application? %s', (one, other, same) => {
  expect(isSameApp(one, other)).toBe(same);
  expect(isSameApp(other, one)).toBe(same);
});

describe('groups', () => {
  const group = (lines: CommandLine[], apps: string[] | null = null) =>
    groupsOf(findBeats(lines, new Map()), apps).map(({ beats, sure }) => [beats.map(({ pid }) => pid), sure]);

  test('of one application in one folder: sure', () => {
    expect(group([line(1, 'celery -A shop beat'), line(2, 'celery -A shop.celery beat')])).toEqual([
      [[1, 2], true],
    ]);
  });

  test('in two folders, or where one is not told: perhaps', () => {
    const other = line(2, 'celery -A shop beat', 1, '/srv/staging');
    expect(group([line(1, 'celery -A shop beat'), other])).toEqual([[[1, 2], false]]);
    expect(group([line(1, 'celery -A shop beat'), { ...other, cwd: null }])).toEqual([[[1, 2], false]]);
  });

  test('two applications are two groups, and only those that are asked for count', () => {
    const lines = [line(1, 'celery -A shop beat'), line(2, 'celery -A blog beat')];
    expect(group(lines)).toEqual([
      [[1], false],
      [[2], false],
    ]);
    expect(group(lines, ['blog.celery'])).toEqual([[[2], false]]);
  });

  test('one without a name belongs to those of its folder', () => {
    const lines = [line(1, 'celery -A shop beat'), line(2, 'celery beat'), line(3, 'celery beat', 1, '/x')];
    expect(group(lines)).toEqual([
      [[1, 2], true],
      [[3], false],
    ]);
  });
});

describe('the verdict', () => {
  const OURS = row({ instance: 'beat.1', members: [10, 11] });
  const BEAT = spec({
    instance: 'beat.1',
    argv: ['python', '/p/prodserver_celery.py', '-A', 'shop', 'beat'],
  });
  const ours = line(10, 'python /p/prodserver_celery.py -A shop beat');

  test('ours alone is well', () => {
    expect(judgeBeats([ours], [OURS], [BEAT])).toMatchObject([
      {
        code: 'duplicate-beat',
        status: 'ok',
        facts: { kind: 'one', beats: [{ pid: 10, instance: 'beat.1' }] },
      },
    ]);
  });

  test('a second one of the folder is bad, one of another folder is told', () => {
    const verdicts = (cwd: string) =>
      judgeBeats([ours, line(20, 'celery -A shop beat', 1, cwd)], [OURS], [BEAT]);
    expect(verdicts('/srv/shop')).toMatchObject([{ status: 'bad', facts: { kind: 'several', sure: true } }]);
    expect(verdicts('/srv/old')).toMatchObject([{ status: 'warn', facts: { kind: 'several', sure: false } }]);
  });

  test("another application's beats are not ours to judge, but without a manifest all are", () => {
    const lines = [line(20, 'celery -A blog beat'), line(21, 'celery -A blog beat')];
    expect(judgeBeats(lines, [], [BEAT])).toMatchObject([{ status: 'ok', facts: { kind: 'none' } }]);
    expect(judgeBeats(lines, [], [])).toMatchObject([{ status: 'ok', facts: { kind: 'none' } }]);
    expect(judgeBeats(lines, [], null)).toMatchObject([{ status: 'bad' }]);
  });
});

describe('locks', () => {
  const FILE = spec({ instance: 'beat.1' });
  const LEASE = spec({
    instance: 'beat.1',
    lockStore: { kind: 'redis', url: 'redis://cache/0' } as never,
  });
  const seen = (change: Partial<Extract<LockFinding, { kind: 'seen' }>>): LockFinding => ({
    kind: 'seen',
    spec: FILE,
    file: '/run/lock/prodserver/beat.lock',
    holder: null,
    evicts: 'no',
    ...change,
  });
  const NOWHERE = { orchestrator: null, folders: ['/run/lock/prodserver'] };
  const kinds = (...given: Parameters<typeof judgeLocks>): unknown[] =>
    judgeLocks(...given).map(({ status, facts }) => [status, facts.kind]);
  const beat = row({ instance: 'beat.1' });

  test.each<[string, LockFinding, readonly [string, string][]]>([
    ['free', seen({}), [['ok', 'held']]],
    ['held by ours', seen({ holder: HOLDER }), [['ok', 'held']]],
    ['a Redis that evicts some keys', seen({ spec: LEASE, evicts: 'some' }), [['warn', 'evicts']]],
    ['a Redis that evicts any key', seen({ spec: LEASE, evicts: 'all' }), [['bad', 'evicts']]],
  ])('%s', (_, finding, expected) => {
    expect(kinds({ found: [finding], ...NOWHERE }, [beat])).toEqual(expected);
  });

  test('held elsewhere: of a file it is told, of a lease only where nothing waits for it', () => {
    const waits = row({ instance: 'beat.1', state: 'WAITING' });
    const file = { found: [seen({ holder: HOLDER })], ...NOWHERE };
    const lease = { found: [seen({ holder: HOLDER, spec: LEASE })], ...NOWHERE };
    expect(kinds(file, [waits])).toEqual([['warn', 'elsewhere']]);
    expect(kinds(lease, [waits])).toEqual([['ok', 'held']]);
    expect(kinds(lease, [])).toEqual([['warn', 'elsewhere']]);
  });

  test('a file of one container of many, and two folders', () => {
    const facts = { found: [seen({})], orchestrator: 'Kubernetes', folders: ['/run/lock/x', '/tmp/x'] };
    expect(kinds(facts, [beat])).toEqual([
      ['warn', 'own-host'],
      ['warn', 'two-folders'],
    ]);
    expect(kinds({ ...facts, found: [seen({ spec: LEASE })] }, [beat])).toEqual([['ok', 'held']]);
  });

  test('none', () => {
    expect(kinds({ found: [], ...NOWHERE }, [])).toEqual([['ok', 'none']]);
  });
});
