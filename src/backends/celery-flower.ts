import * as z from 'zod';
import type { Address } from '../model/spec.ts';
import { emitArgs, KILL, type Backend, type Entry, type Finding } from './backend.ts';
import { celeryArgv, common } from './celery.ts';
import { ignored, otherwise, unwise } from './findings.ts';
import { listening, onePerPort } from './listening.ts';
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
    for (const [option, value] of args) {
      const name = option.replaceAll('-', '_');
      if (!isSecret(name, value)) continue;
      const what = name === 'basic_auth' || name === 'broker_api' ? 'the password' : 'it';
      const why = `every user of the machine can read ${what} in the list of processes`;
      const variable = `FLOWER_${name.toUpperCase()}`;
      found.push(unwise(option, why, `write ENV: {${variable}: "\${${variable}}"} instead`));
      const nobody = 'one without a colon is no user and password, and lets nobody in';
      if (name === 'basic_auth' && !(value as string[]).every((pair) => pair.includes(':')))
        found.push(otherwise(option, nobody, 'write USER:PASSWORD'));
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
      claims: listening(entry, claimed(entry), ['unix_socket', 'unix-socket', 'port', 'address'], {
        dualStack: false,
        sharesPort: false,
        instead: onePerPort,
      }),
      stop: [{ signal: 'SIGTERM', waitMs: 10_000 }, KILL],
    });
  },
};

/** What nobody but Flower should know; it takes all its options from the environment too. */
const isSecret = (name: string, value: unknown): boolean =>
  ['basic_auth', 'oauth2_secret', 'cookie_secret'].includes(name) ||
  (name === 'broker_api' && /:\/\/[^/@]*:[^@]+@/.test(value as string));

const socketOf = (args: Entry['args']): string | undefined =>
  (args.get('unix_socket') ?? args.get('unix-socket')) as string | undefined;

/** Flower's own default. */
const PORT = 5555;

/** As far as nothing but ARGS can say it; then it is Flower's default where ARGS say nothing. */
function claimed(entry: Entry): Address[] {
  const { args, env, extraArgs } = entry;
  const bound = boundAddresses(args);
  const elsewhere =
    args.has('conf') ||
    entry.hasFile('flowerconfig.py') ||
    ['FLOWER_PORT', 'FLOWER_UNIX_SOCKET', 'FLOWER_ADDRESS', 'FLOWER_CONF'].some(
      (name) => env[name] !== undefined,
    ) ||
    extraArgs.some((token) => /^--(port|unix[_-]socket|address|conf)/.test(token));
  if (bound.length > 0 || elsewhere || args.get('port') === 0) return bound;
  return [{ kind: 'tcp', host: (args.get('address') as string | undefined) ?? '', port: PORT }];
}

/** What Flower will bind, as far as ARGS tell; empty where its environment or a file decides, or the kernel (port 0). */
function boundAddresses(args: Entry['args']): Address[] {
  const socket = socketOf(args);
  if (socket !== undefined) return [{ kind: 'unix', path: socket }];
  const port = args.get('port') as number | undefined;
  if (port === undefined || port === 0) return [];
  return [{ kind: 'tcp', host: (args.get('address') as string | undefined) ?? '', port }];
}
