import * as z from 'zod';
import type { Address } from '../model/spec.ts';
import { emitArgs, KILL, type Backend, type Entry, type Finding } from './backend.ts';
import { celeryArgv, common } from './celery.ts';
import { ignored, otherwise, unwise } from './findings.ts';
import { choice, decimal, flag, integer, list, names, option, table, text, type Option } from './options.ts';

const FLAGS =
  'auto_refresh debug enable_events log_to_stderr natural_time persistent read_only xheaders'.split(' ');
const TEXTS = (
  'address auth auth_provider broker_api ca_certs certfile conf cookie_secret db keyfile logging ' +
  'log_file_prefix log_rotate_mode log_rotate_when oauth2_key oauth2_redirect_uri oauth2_secret tasks_columns ' +
  'unix_socket url_prefix'
).split(' ');
const NUMBERS =
  'log_file_max_size log_file_num_backups log_rotate_interval max_tasks max_workers purge_offline_workers state_save_interval'.split(
    ' ',
  );

/** Flower 2.x (tornado): `--name=value` only, and an unknown option is silently dropped, so the list is closed here. */
const options = table(() => {
  const yes = (value: unknown): boolean => value !== false && value !== 'False';
  const truth = option(
    () => z.union([flag().schema, choice(['True', 'False']).schema]).describe('true or false'),
    (key, value) => [`--${key}=${yes(value) ? 'True' : 'False'}`],
  );
  const named: [string, Option][] = [
    ...FLAGS.map((name): [string, Option] => [name, truth]),
    ...TEXTS.map((name): [string, Option] => [name, text()]),
    ...NUMBERS.map((name): [string, Option] => [name, integer({ min: 0 })]),
    ['basic_auth', names('USER:PASSWORD, or a list of them')],
    ['task_runtime_metric_buckets', list('a number, or a list of them')],
    ['port', integer({ min: 0, max: 65535 })],
    ['inspect_timeout', decimal({ above: 0 })],
  ];
  return Object.fromEntries(
    named.flatMap(([name, option]): [string, Option][] => [
      [name, option],
      [name.replaceAll('_', '-'), option],
    ]),
  );
});

export const celeryFlower: Backend = {
  name: 'CeleryFlower',
  paths: [
    'django_prodserver.backends.servers.flower.CeleryFlower',
    'django_prodserver.backends.celery.CeleryFlower',
    'django_prodserver.backends.workers.celery.CeleryFlower',
  ],
  app: 'celery',
  cmd: 'none',
  singleton: false,
  options,
  package: null,
  rules({ args }) {
    const found: Finding[] = [];
    const secret = ['basic_auth', 'basic-auth'].find((option) => args.has(option));
    if (secret !== undefined) {
      const why = 'every user of the machine can read the password in the list of processes';
      found.push(unwise(secret, why, 'write ENV: {FLOWER_BASIC_AUTH: "${FLOWER_BASIC_AUTH}"} instead'));
      const pairs = args.get(secret) as string[];
      const nobody = 'one without a colon is no user and password, and lets nobody in';
      if (!pairs.every((pair) => pair.includes(':')))
        found.push(otherwise(secret, nobody, 'write USER:PASSWORD'));
    }
    if (args.has('port') && socketOf(args) !== undefined) {
      found.push(ignored('port', 'with a Unix socket Flower opens no port', 'leave one of them out'));
    }
    return found;
  },
  compile(entry) {
    return common({
      argv: celeryArgv(entry, 'flower', emitArgs(options(), entry.args)),
      readiness: { kind: 'listen', addresses: boundAddresses(entry.args) },
      stop: [{ signal: 'SIGTERM', waitMs: 10_000 }, KILL],
    });
  },
};

const socketOf = (args: Entry['args']): string | undefined =>
  (args.get('unix_socket') ?? args.get('unix-socket')) as string | undefined;

/** What Flower will bind, as far as ARGS tell; empty where its environment or a file decides, or the kernel (port 0). */
function boundAddresses(args: Entry['args']): Address[] {
  const socket = socketOf(args);
  if (socket !== undefined) return [{ kind: 'unix', path: socket }];
  const port = args.get('port') as number | undefined;
  if (port === undefined || port === 0) return [];
  return [{ kind: 'tcp', host: (args.get('address') as string | undefined) ?? '', port }];
}
