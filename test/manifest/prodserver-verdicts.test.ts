/**
 * ARGS as django-prodserver's documentation, drafts and tests write them (`notes`, sections 1 to 3): what `check` says, and
 * what the program's own parser says to the tokens that django-prodserver 3.0 makes of them.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { severityOf } from '../../src/model/failure.ts';
import { serverPython } from '../support/server-python.ts';
import { load } from './support.ts';

type Program = 'gunicorn' | 'uvicorn' | 'waitress' | 'worker' | 'beat' | 'flower' | 'tasks' | 'q2';
type Args = Readonly<Record<string, unknown>> | string;

const BACKENDS: Readonly<Record<Program, readonly [backend: string, app: string | null]>> = {
  gunicorn: ['gunicorn.GunicornServer', 'shop.wsgi.application'],
  uvicorn: ['servers.uvicorn.UvicornServer', 'shop.asgi.application'],
  waitress: ['waitress.WaitressServer', 'shop.wsgi.application'],
  worker: ['workers.celery.CeleryWorker', 'shop.celery.app'],
  beat: ['celery.CeleryBeat', 'shop.celery.app'],
  flower: ['servers.flower.CeleryFlower', 'shop.celery.app'],
  tasks: ['django_tasks.DjangoTasksWorker', null],
  q2: ['workers.django_q2.DjangoQ2Worker', null],
};

/** `says`: null where the program takes it. */
type Row = readonly [program: Program, args: Args, codes: readonly string[], says: RegExp | null];

const NO_VALUE = /does not take a value|ignored explicit argument|must not have an argument/;
const UNKNOWN = /unrecognized arguments|No such option|not recognized/;

// oxfmt-ignore
const SAME: readonly Row[] = [
  ['gunicorn', { bind: '0.0.0.0:8111', workers: '4' }, [], null],
  ['gunicorn', { preload: null, 'reuse-port': null }, [], null],
  ['gunicorn', { 'access-logfile': '-', 'error-logfile': '-', 'log-level': 'info', 'keep-alive': 5 }, [], null],
  ['gunicorn', { loglevel: 'info' }, ['option-refused'], UNKNOWN],
  ['gunicorn', { accesslog: '-' }, ['option-refused'], UNKNOWN],
  ['gunicorn', { errorlog: '-' }, ['option-refused'], UNKNOWN],
  ['gunicorn', { keepalive: 5 }, ['option-refused'], UNKNOWN],
  ['gunicorn', { preload: '1' }, ['value-wrong'], NO_VALUE],
  ['gunicorn', { workers: 'many' }, ['value-wrong'], /invalid (int )?value/],
  ['uvicorn', { host: '0.0.0.0', port: '8000', workers: 4 }, [], null],
  ['uvicorn', { 'no-access-log': null, 'proxy-headers': null }, [], null],
  ['uvicorn', { 'no-access-log': 'True' }, ['value-wrong'], NO_VALUE],
  ['uvicorn', { 'proxy-headers': 'True' }, ['value-wrong'], NO_VALUE],
  ['uvicorn', { loglevel: 'info' }, ['option-unknown'], UNKNOWN],
  ['waitress', { host: '0.0.0.0', port: 8000, threads: '8' }, [], null],
  ['waitress', { 'url-scheme': 'https', 'channel-timeout': 60 }, [], null],
  ['waitress', { 'expose-tracebacks': 'True' }, ['value-wrong'], NO_VALUE],
  ['waitress', { nope: 1 }, ['option-unknown'], UNKNOWN],
  ['worker', { concurrency: 4, loglevel: 'info', pool: 'prefork', queues: 'high,default' }, [], null],
  ['worker', { 'max-tasks-per-child': 1000, 'max-memory-per-child': 200_000 }, [], null],
  ['worker', { 'prefetch-multiplier': 4, autoscale: '10,3' }, [], null],
  ['worker', { 'task-events': null }, [], null],
  ['worker', { 'task-events': '' }, ['value-wrong'], NO_VALUE],
  ['worker', { concurrency: null }, ['value-wrong'], /requires an argument/],
  ['worker', { loglevel: 'loud' }, ['value-wrong'], /BadParameter/],
  ['worker', { c: 4 }, ['option-unknown'], UNKNOWN],
  ['beat', { loglevel: 'info', 'max-interval': 10 }, [], null],
  ['beat', { schedule: 'var/schedule' }, [], null],
  ['beat', { concurrency: 2 }, ['option-unknown'], UNKNOWN],
  ['flower', { port: 5555, address: '0.0.0.0', url_prefix: 'flower', persistent: 'True', db: 'db', max_tasks: 1000 }, [], null],
  ['tasks', { 'queue-name': 'high,default', interval: '5' }, [], null],
  ['tasks', { processes: 4 }, ['option-refused'], UNKNOWN],
  ['tasks', { threads: 2 }, ['option-refused'], UNKNOWN],
  ['q2', {}, [], null],
  ['q2', { 'cluster-name': 'x' }, ['option-refused'], UNKNOWN],
  ['q2', { 'run-once': 'True' }, ['option-refused'], NO_VALUE],
];

/** Where `check` and the parser differ on purpose. */
// oxfmt-ignore
const OTHERWISE: readonly (readonly [why: string, ...Row])[] = [
  ['true is the flag here', 'gunicorn', { preload: true }, [], NO_VALUE],
  ['true is the flag here', 'worker', { 'task-events': true }, [], NO_VALUE],
  ['a list is joined here', 'gunicorn', { bind: ['127.0.0.1:1', '127.0.0.1:2'] }, [], null],
  ["Celery would consume queues named \"['a'\" and \" 'b']\"", 'worker', { queues: ['a', 'b'] }, [], null],
  ['underscores are read as hyphens', 'worker', { max_tasks_per_child: 10 }, ['option-spelling'], UNKNOWN],
  ['underscores are read as hyphens', 'gunicorn', { worker_class: 'sync' }, ['option-spelling'], UNKNOWN],
  ['Celery takes an empty number for none', 'worker', { concurrency: '' }, ['value-wrong'], null],
  ['it ends, and a daemon stays that nobody supervises', 'worker', { detach: null }, ['option-refused'], null],
  ['Flower drops what it does not know', 'flower', { nope: 1 }, ['option-unknown'], null],
  ['others can read it in the list of processes', 'flower', { basic_auth: 'u:p' }, ['option-unwise'], null],
  ['it ends after one round', 'q2', { 'run-once': null }, ['option-refused'], null],
  ['argparse takes the beginning of an option for it', 'tasks', { queue: 'high' }, ['option-spelling'], null],
  ['one token of a text is no mapping', 'gunicorn', '--bind=127.0.0.1:1', ['value-wrong'], null],
];

const ROWS: readonly Row[] = [...SAME, ...OTHERWISE.map(([, ...row]) => row)];

test.each(ROWS)('check: %s %j', (program, args, codes) => {
  const [backend, app] = BACKENDS[program];
  const entry = {
    BACKEND: `django_prodserver.backends.${backend}`,
    ...(app === null ? {} : { APP: app }),
    ARGS: args,
  };
  const { findings } = load(JSON.stringify({ PRODUCTION_PROCESSES: { one: entry } }), {
    name: 'prodserver.json',
  });
  const told = findings.map(({ code }) => code).filter((code) => severityOf(code) !== 'info');
  expect([...new Set(told)]).toEqual(codes);
});

/** One start for all of an interpreter's programs: it is their parsers that are asked. */
test('the programs themselves', { timeout: 900_000 }, async () => {
  const inShop: readonly Program[] = ['gunicorn', 'worker', 'beat', 'flower'];
  const asked = async (python: string, rows: readonly Row[]): Promise<[Row, string | null][]> => {
    const running = promisify(execFile)(python, [join(import.meta.dirname, 'prodserver_verdicts.py')]);
    running.child.stdin?.end(JSON.stringify(rows.map(([program, args]) => [program, args])));
    const said = JSON.parse((await running).stdout) as (string | null)[];
    return rows.map((row, index) => [row, said[index] ?? null]);
  };
  const verdicts = [
    ...(await asked(
      inject('wholePython'),
      ROWS.filter(([program]) => inShop.includes(program)),
    )),
    ...(await asked(
      await serverPython(),
      ROWS.filter(([program]) => !inShop.includes(program)),
    )),
  ];
  const different = verdicts.filter(([[, , , says], said]) =>
    says === null ? said !== null : said === null || !says.test(said),
  );
  expect(different.map(([[program, args], said]) => [program, args, said])).toEqual([]);
  // What a program refuses is an error here, and what it takes is none, but for those that differ on purpose.
  const judged = SAME.filter(([, , codes, says]) => (says === null) !== (codes.length === 0));
  expect(judged).toEqual([]);
});
