/**
 * Entries as django-prodserver's documentation and tests write them, and what is said of each: those that run there pass,
 * those that the program refuses there (`notes` on django-prodserver, by running it) are errors.
 */
import { expect, test } from 'vitest';
import { severityOf } from '../../src/model/failure.ts';
import { load } from './support.ts';

const WEB = { APP: 'shop.wsgi.application' };
const CELERY = { APP: 'shop.celery.app' };
const dotted = (path: string): string => `django_prodserver.backends.${path}`;

type Entry = Readonly<Record<string, unknown>>;
type Row = readonly [what: string, entry: Entry, codes: readonly string[]];

const gunicorn = (ARGS: Entry): Entry => ({ BACKEND: dotted('gunicorn.GunicornServer'), ...WEB, ARGS });
const uvicorn = (ARGS: Entry): Entry => ({ BACKEND: dotted('servers.uvicorn.UvicornServer'), ...WEB, ARGS });
const waitress = (ARGS: Entry): Entry => ({ BACKEND: dotted('waitress.WaitressServer'), ...WEB, ARGS });
const granian = (ARGS: Entry): Entry => ({ BACKEND: dotted('granian.GranianWSGIServer'), ...WEB, ARGS });
const worker = (ARGS: Entry): Entry => ({ BACKEND: dotted('workers.celery.CeleryWorker'), ...CELERY, ARGS });
const beat = (ARGS: Entry): Entry => ({ BACKEND: dotted('celery.CeleryBeat'), ...CELERY, ARGS });
const flower = (ARGS: Entry): Entry => ({ BACKEND: dotted('servers.flower.CeleryFlower'), ...CELERY, ARGS });
const tasks = (ARGS: Entry): Entry => ({ BACKEND: dotted('django_tasks.DjangoTasksWorker'), ARGS });
const q2 = (ARGS: Entry): Entry => ({ BACKEND: dotted('workers.django_q2.DjangoQ2Worker'), ARGS });
const dev = (path: string, ARGS: Entry): Entry => ({ BACKEND: dotted(path), ARGS });

const WORKER = {
  concurrency: 4,
  loglevel: 'info',
  pool: 'prefork',
  queues: 'high,default',
  'max-tasks-per-child': 1000,
  'max-memory-per-child': 200_000,
  'time-limit': 300,
  'soft-time-limit': '240',
};

test.each<Row>([
  ['gunicorn', gunicorn({ bind: '0.0.0.0:8111', workers: '4' }), []],
  ['gunicorn, a flag as 3.0 writes it', gunicorn({ preload: null, 'reuse-port': null }), []],
  ['gunicorn, another name of an option', gunicorn({ loglevel: 'info' }), ['option-refused']],
  ['gunicorn, more of them', gunicorn({ accesslog: '-', errorlog: '-', keepalive: 5 }), ['option-refused']],
  ['uvicorn', uvicorn({ host: '0.0.0.0', port: '8000', workers: 4 }), []],
  ['uvicorn, a flag as 3.0 writes it', uvicorn({ 'no-access-log': null, 'proxy-headers': null }), []],
  ['uvicorn, a flag with a word', uvicorn({ 'no-access-log': 'True' }), ['value-wrong']],
  ['uvicorn, one of a pair with a word', uvicorn({ 'proxy-headers': 'True' }), ['value-wrong']],
  ['waitress', waitress({ host: '0.0.0.0', port: 8000, threads: '8' }), []],
  ['waitress, a flag with a word', waitress({ 'expose-tracebacks': 'True' }), ['value-wrong']],
  ['granian', granian({ port: '8000', workers: 2, 'blocking-threads': 2, 'log-level': 'info' }), []],
  [
    'granian, by keywords',
    granian({ address: '::', threads: 2, log_access: 'on', reload: 'no' }),
    ['option-spelling'],
  ],
  ['granian, a key that it drops', granian({ 'unknown-option': 1 }), ['option-unknown']],
  // A stop gives a task less time than time-limit does.
  ['a worker', worker(WORKER), ['option-unwise']],
  ['beat', beat({ loglevel: 'info', 'max-interval': 10 }), []],
  [
    'Flower',
    flower({
      port: 5555,
      address: '0.0.0.0',
      url_prefix: 'flower',
      persistent: 'True',
      db: 'db',
      max_tasks: 1000,
    }),
    [],
  ],
  ['Django Tasks', tasks({ 'queue-name': 'high,default', interval: '5' }), []],
  ['Django Tasks, no options of it', tasks({ processes: 4, threads: 2 }), ['option-refused']],
  ['Django Q2', q2({}), []],
  ['Django Q2, no options of it', q2({ 'run-once': 'True', 'cluster-name': 'x' }), ['option-refused']],
  [
    'runserver',
    dev('dev.django_runserver.DjangoRunserver', { addrport: '0.0.0.0:8000', noreload: true }),
    [],
  ],
  ['runserver by Daphne', dev('dev.daphne.DaphneRunserver', { addrport: '8000' }), []],
  ['runserver by Werkzeug', dev('werkzeug.RunserverPlus', { addrport: '8000', insecure: true }), []],
])('%s', (_, entry, codes) => {
  const manifest = JSON.stringify({ PRODUCTION_PROCESSES: { one: entry } });
  const { findings } = load(manifest, { name: 'prodserver.json' });
  const wrong = findings.filter(({ code }) => severityOf(code) !== 'info');
  expect([...new Set(wrong.map(({ code }) => code))]).toEqual(codes);
});
