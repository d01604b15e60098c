import { describe, expect, test } from 'vitest';
import { judgeDisks } from '../../src/doctor/judge-disks.ts';
import { judgeLive } from '../../src/doctor/judge-live.ts';
import { judgeMachine, poolSize, type MachineFacts } from '../../src/doctor/judge-machine.ts';
import { judgeProject } from '../../src/doctor/judge-project.ts';
import { compareVersions, judgeVersions, type VersionFacts } from '../../src/doctor/judge-versions.ts';
import type { Verdict } from '../../src/doctor/verdict.ts';
import type { ProcessRow } from '../../src/control/protocol.ts';
import { failure, type Failure } from '../../src/model/failure.ts';
import { row, spec, supervisor } from '../render/support.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const HOUR_MS = 3_600_000;
const WALL = Date.parse('2026-11-21T12:00:00.000Z');
const ago = (ms: number): string => new Date(WALL - ms).toISOString();

/** `bad broker unreachable`, without what is well. */
const told = (verdicts: readonly Verdict[]): string[] =>
  verdicts
    .filter(({ status }) => status !== 'ok')
    .map(({ status, code, facts }) => `${status} ${code} ${facts.kind}`);

describe('what runs', () => {
  const live = (rows: readonly ProcessRow[], change: { bounded?: string[]; available?: number } = {}) =>
    judgeLive(
      { ok: true, value: [{ protocol: 1, supervisor: supervisor(), processes: [...rows] }] },
      { bounded: new Set(change.bounded), available: change.available ?? 4 * GiB },
      WALL,
    );
  const VERSIONS = { celery: '5.7.0' };
  const TASKS = { done: 1, failed: 0, active: 0, per_second: null, registered: 4, unknown: null };
  const LOST = { kind: 'broker-unreachable', url: 'redis://cache/0', error: 'refused' } as const;
  const death = (reason: string, ms: number): ProcessRow['exits'][number] => ({
    at: ago(ms),
    pid: 1,
    code: 1,
    signal: null,
    uptime_s: 60,
    peak_rss_bytes: 500 * MiB,
    reason,
  });
  const LEAK = Array.from({ length: 32 }, (_, index) => ({
    age_s: (index + 1) * 300,
    rss_bytes: (200 + index * 10) * MiB,
    processes: 1,
    tasks: index * 100,
  }));

  test('nothing is wrong', () => {
    const verdicts = live([row({ versions: VERSIONS, tasks: TASKS, growth: LEAK.slice(0, 3) })]);
    expect(verdicts.map(({ code, status, facts }) => `${status} ${code} ${facts.kind}`)).toEqual([
      'ok supervisor runs',
      'ok processes up',
      'ok broker reached',
      'ok tasks known',
      'ok memory-leak steady',
    ]);
  });

  test('a broker that several have lost is one finding', () => {
    const rows = [row({ cause: LOST }), row({ instance: 'worker.2', cause: LOST })];
    expect(live(rows).filter(({ code }) => code === 'broker')).toEqual([
      {
        code: 'broker',
        status: 'bad',
        facts: { kind: 'unreachable', instances: ['worker.1', 'worker.2'], url: LOST.url, error: LOST.error },
      },
    ]);
  });

  test.each<[string, Partial<ProcessRow>, string[]]>([
    ['no tasks', { tasks: { ...TASKS, registered: 0 } }, ['bad tasks none']],
    [
      'a task of somebody else',
      { tasks: { ...TASKS, unknown: { task: 'gone', count: 3 } } },
      ['bad tasks foreign'],
    ],
    ['a process that is down', { state: 'FATAL' }, ['bad processes down']],
    ['one that has done its work', { state: 'EXITED', cause: { kind: 'completed' } }, []],
    ['an end for want of memory', { exits: [death('oom', HOUR_MS)] }, ['bad memory-leak out-of-memory']],
    ['an old one', { exits: [death('oom', 25 * HOUR_MS)] }, []],
    [
      'replacements for memory',
      { exits: [50, 40, 30, 20].map((minutes) => death('memory', minutes * 60_000)) },
      ['warn memory-leak replaced'],
    ],
    ['a few of them', { exits: [50, 40, 30].map((minutes) => death('memory', minutes * 60_000)) }, []],
    [
      'crashes',
      { exits: [5, 4, 3, 2].map((minutes) => death('crash', minutes * 60_000)) },
      ['warn processes unstable'],
    ],
    ['lost lines', { log: { file: null, lines_dropped: 2 } }, ['warn processes lines-lost']],
  ])('%s', (_, change, expected) => {
    expect(told(live([row(change)]))).toEqual(expected);
  });

  test('a leak is bad where memory is full within a day, and none where it is bounded', () => {
    const leaking = row({ growth: LEAK });
    expect(told(live([leaking], { available: 2 * GiB }))).toEqual(['bad memory-leak grows']);
    expect(told(live([leaking], { available: 400 * GiB }))).toEqual(['warn memory-leak grows']);
    expect(told(live([leaking], { bounded: ['worker.1'] }))).toEqual([]);
  });

  test('no supervisor, one that cannot be asked, and what it warns of itself', () => {
    const ask = (value: Parameters<typeof judgeLive>[0]) =>
      told(judgeLive(value, { bounded: new Set(), available: null }, WALL));
    const broken = failure('control-broken', { socket: '/x', detail: 'ECONNRESET' });
    const warned = supervisor({ degraded: true, warnings: [{ code: 'parent-death-missing', facts: {} }] });
    expect(ask({ ok: true, value: [] })).toEqual(['warn supervisor none']);
    expect(ask({ ok: false, error: broken })).toEqual(['bad supervisor failed']);
    expect(ask({ ok: true, value: [{ protocol: 1, supervisor: warned, processes: [] }] })).toEqual([
      'bad supervisor degraded',
      'warn supervisor warned',
    ]);
    expect(ask(null)).toEqual([]);
  });
});

describe('the machine', () => {
  const GOOD: MachineFacts = {
    koffiProblem: null,
    canSubreap: true,
    flockProblem: null,
    hasSetpriv: true,
    hasPrlimit: true,
    cgroup: { version: 2, memoryLimit: null, memoryUsed: GiB, cpus: null },
    rlimits: { nofile: { soft: 4096, hard: 4096 } },
    mayRaiseLimits: false,
    processors: 8,
    around: {
      isContainer: true,
      orchestrator: null,
      first: { name: 'tini', argv: ['tini'] },
      zombies: 0,
      oomScoreAdj: 0,
      overcommit: 0,
      memory: { total: 16 * GiB, available: 8 * GiB },
      commitLeft: GiB,
    },
    clockIsKept: true,
    clockSet: [{ pid: 10, ms: 300 }],
    runtimeFolder: { path: '/run/prodserver', problem: null },
    lockFolder: { path: '/run/lock/prodserver', problem: null },
  };
  const around = (change: Partial<MachineFacts['around']>) => ({ around: { ...GOOD.around, ...change } });
  const cgroup = (change: Partial<MachineFacts['cgroup']>) => ({ cgroup: { ...GOOD.cgroup, ...change } });
  const worker = (...args: string[]) =>
    spec({ argv: ['/venv/bin/python', '/p/prodserver_celery.py', '-A', 'shop', 'worker', ...args] });
  const BEAT = spec({ singleton: { kind: 'name', name: 'beat' } });
  const limited = (nofile: string) =>
    spec({ identity: { user: null, group: null, umask: null, limits: { nofile } } });
  const other = spec({ identity: { user: 'www', group: null, umask: null, limits: {} } });

  test.each<[string, Partial<MachineFacts>, ReturnType<typeof spec>[], string[]]>([
    ['with all that is needed', {}, [worker('--concurrency=8'), BEAT, limited('4096')], []],
    ['without koffi', { koffiProblem: 'no such file' }, [], ['warn koffi missing']],
    ['that refuses prctl', { canSubreap: false }, [], ['warn subreaper cannot']],
    [
      'without locks',
      { flockProblem: failure('lock-tool', { detail: 'flock: errno 38' }) },
      [],
      ['bad flock failed'],
    ],
    ['without setpriv', { hasSetpriv: false }, [], ['warn setpriv missing']],
    ['without setpriv, for another user', { hasSetpriv: false }, [other], ['bad setpriv missing']],
    ['without prlimit, which nothing needs', { hasPrlimit: false }, [], []],
    ['without prlimit', { hasPrlimit: false }, [limited('100')], ['bad prlimit missing']],
    ['limited, with room', cgroup({ memoryLimit: 4 * GiB }), [], []],
    ['limited, and full', cgroup({ memoryLimit: 1.05 * GiB }), [], ['warn memory-limit full']],
    [
      'short of memory',
      around({ memory: { total: 16 * GiB, available: 0.5 * GiB } }),
      [],
      ['warn memory-limit short'],
    ],
    ['that tells nothing', around({ memory: null }), [], ['unknown memory-limit unseen']],
    [
      'with half a processor, and a worker that sees 8',
      cgroup({ cpus: 0.5 }),
      [worker()],
      ['warn cpu crowded'],
    ],
    ['with half a processor, and two children', cgroup({ cpus: 0.5 }), [worker('-c', '2')], []],
    ['with many children', {}, [worker('--concurrency=33')], ['warn cpu crowded']],
    ['with many threads', {}, [worker('--concurrency=33', '--pool=threads')], []],
    ['with few files', { rlimits: { nofile: { soft: 256, hard: 4096 } } }, [], ['warn open-files few']],
    ['without limits to read', { rlimits: {} }, [], ['unknown open-files unseen']],
    ['that grants less', {}, [limited('1024:65536')], ['bad limits above']],
    ['that grants less, to root', { mayRaiseLimits: true }, [limited('65536')], []],
    ['whose process 1 leaves the dead', around({ zombies: 7 }), [], ['warn process-1 careless']],
    ['that is a host', around({ isContainer: false, zombies: 7 }), [], []],
    ['whose clock nobody keeps', { clockIsKept: false }, [], ['warn clock free']],
    ['whose clock tells nothing', { clockIsKept: null }, [], ['unknown clock unseen']],
    ['whose clock was set', { clockSet: [{ pid: 10, ms: -HOUR_MS }] }, [], ['warn clock set']],
    [
      'without a runtime folder',
      { runtimeFolder: { path: '/run/x', problem: 'it is not a folder' } },
      [],
      ['bad runtime-folder unusable'],
    ],
    [
      'without a folder for locks',
      { lockFolder: { path: '/x', problem: 'x' } },
      [BEAT],
      ['bad lock-folder unusable'],
    ],
    ['without one that is needed', { lockFolder: { path: '/x', problem: 'x' } }, [], []],
    [
      'that promises no more than it has',
      around({ overcommit: 2, commitLeft: MiB }),
      [],
      ['warn kernel-memory strict'],
    ],
    ['that ends others first', around({ oomScoreAdj: -1000 }), [], ['warn kernel-memory unkillable']],
  ])('%s', (_, change, specs, expected) => {
    expect(told(judgeMachine({ ...GOOD, ...change }, specs))).toEqual(expected);
  });

  test('how many children a worker forks', () => {
    const sizes = [
      [],
      ['-c', '3'],
      ['--autoscale=9,2'],
      ['-P', 'solo'],
      ['--pool=prefork', '--concurrency', '5'],
    ];
    expect(sizes.map((args) => poolSize(worker(...args).argv))).toEqual(['processors', 3, 9, null, 5]);
    expect(poolSize(['celery', '-A', 'shop', 'beat'])).toBeNull();
  });
});

describe('versions', () => {
  const facts = (text: string, change: Partial<VersionFacts> = {}): VersionFacts => {
    const [celery, kombu, billiard, redis] = text.split(' ');
    return { versions: { celery, kombu, billiard, redis }, pools: ['prefork'], broker: 'redis', ...change };
  };

  test.each<[VersionFacts, string[]]>([
    [facts('5.7.0 5.7.0 4.3.2 8.1.0'), []],
    [facts('5.6.3 5.6.2 4.2.4 7.0.0'), []],
    [facts('5.3.6 5.4.0 4.2.1 5.0.0'), ['too-old']],
    [facts('5.6.3 5.7.0 4.3.0rc1 7.0.0'), ['cold-stop-loses']],
    [facts('5.6.3 5.7.0 4.3.0 7.0.0', { pools: ['threads'] }), []],
    [facts('5.4.0 5.3.7 4.2.1 5.0.0'), ['deaf-after-reconnect']],
    [facts('5.4.0 5.3.7 4.2.1 5.0.0', { broker: 'amqp' }), ['amqp-drain-loses']],
    [facts('5.6.3 5.6.2 4.2.4 8.0.0'), ['deaf-with-new-client']],
    [facts('5.4.0 5.6.2 4.2.1 5.0.0', { pools: ['gevent'] }), ['gevent-repeats']],
  ])('%j', (given, expected) => {
    const troubles = judgeVersions([given]).flatMap(({ facts: found }) =>
      'trouble' in found ? [found.trouble] : [],
    );
    expect(troubles).toEqual(expected);
  });

  test('that cannot be seen, and no interpreter at all', () => {
    expect(told(judgeVersions([facts('')].map((one) => ({ ...one, versions: {} }))))).toEqual([
      'unknown versions unseen',
    ]);
    expect(judgeVersions([])).toEqual([]);
  });

  test('are compared by their numbers', () => {
    expect(compareVersions('5.10', '5.9.1')).toBeGreaterThan(0);
    expect(compareVersions('4.3', '4.3.0rc1')).toBe(0);
  });
});

describe('disks', () => {
  const wanted = [{ folder: '/var/log/shop', instance: 'web.1', bytes: 500 * MiB, has: 100 * MiB }];
  const room = (change: object) =>
    told(
      judgeDisks(
        wanted,
        new Map([
          [
            '/var/log/shop',
            { folder: '/var/log', free: GiB, total: GiB, inodesLeft: true, writable: true, ...change },
          ],
        ]),
      ),
    );

  test.each([
    [{}, []],
    [{ free: 399 * MiB }, ['warn disk tight']],
    [{ free: 401 * MiB }, []],
    [{ free: MiB }, ['bad disk full']],
    [{ inodesLeft: false }, ['bad disk full']],
    [{ writable: false }, ['bad disk read-only']],
  ])('%j', (change, expected) => {
    expect(room(change)).toEqual(expected);
  });

  test('of one disk all log files count together', () => {
    const place = { folder: '/var', free: 700 * MiB, total: GiB, inodesLeft: null, writable: true };
    const two = [...wanted, { ...wanted[0]!, folder: '/var/log/other' }];
    const rooms = new Map(two.map(({ folder }) => [folder, place]));
    expect(told(judgeDisks(two, rooms))).toEqual(['warn disk tight']);
    expect(judgeDisks([], new Map())).toMatchObject([{ status: 'ok', facts: { kind: 'unneeded' } }]);
  });
});

describe('the project', () => {
  const NONE = failure('tasks-none', { app: 'shop', django: true });
  const MISSING = failure('command-unknown', { command: 'mail', near: null });
  const application = {
    processes: ['worker'],
    app: 'shop',
    tasks: ['shop.add'],
    schedule: null,
    scheduler: null,
    brokers: [{ url: 'redis://cache/0', answers: true }],
    results: null,
  };
  const facts = { timeoutMs: 1000, interpreters: [], applications: [application], web: [] };
  const judged = (findings: Failure[], seen: Verdict['code'][] = []) =>
    judgeProject({ findings, facts }, new Set(seen)).map(
      ({ status, code, facts: { kind } }) => `${status} ${code} ${kind}`,
    );

  test('what is well is told where nothing that runs has told it', () => {
    expect(judged([])).toEqual(['ok broker answers', 'ok tasks registered', 'ok project-check good']);
    expect(judged([], ['broker', 'tasks'])).toEqual(['ok project-check good']);
  });

  test('each finding is of the trouble that it is', () => {
    expect(judged([NONE, MISSING])).toEqual([
      'bad tasks found-none',
      'bad project-check found',
      'ok broker answers',
    ]);
    expect(judged([NONE], ['tasks', 'broker'])).toEqual(['ok project-check good']);
  });
});
