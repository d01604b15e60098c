/** A real RabbitMQ for one test, on free ports of the loopback interface, with all of its files in the rig's folder. */
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort, type Rig, type Running, tryKill, until } from './rig.ts';

/** Debian's own command turns root into the user rabbitmq, who may not write into a rig; this is what it calls. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const USER = 'guest';
/** AMQP 0-9-1's greeting; the answer is a method frame, Connection.Start. */
const GREETING = Buffer.from('AMQP\0\0\u0009\u0001', 'latin1');
const METHOD_FRAME = 1;

export interface RabbitMq {
  /** Of the virtual host `/`. */
  readonly url: string;
  readonly port: number;
  /** Of the server itself; its helpers are its children. */
  readonly pid: number;
  /** Of one of the virtual hosts that were asked for. */
  urlOf(vhost: string): string;
  stop(): Promise<void>;
}

/** Erlang spins while it waits, otherwise, and takes the processors from the tests beside it. */
const NO_SPIN = '+sbwt none +sbwtdcpu none +sbwtdio none';

export interface RabbitMqOptions {
  /** Virtual hosts beside `/`: each is a broker of its own. */
  readonly vhosts?: readonly string[];
  /** A regular expression of what its user may declare; everything unless given. */
  readonly configure?: string;
}

/** Takes some five seconds of a processor, which many tests may share. Milliseconds. */
const PATIENCE_MS = 120_000;

export async function startRabbitMq(rig: Rig, options: RabbitMqOptions = {}): Promise<RabbitMq> {
  const port = await freePort();
  const urlOf = (vhost: string): string =>
    `amqp://${USER}:${USER}@127.0.0.1:${port}/${encodeURIComponent(vhost)}`;
  const env = await settings(rig, port, ['/', ...(options.vhosts ?? [])], options.configure ?? '.*');
  const server = rig.spawn([SERVER], { env });
  onTestFinished(() => end(server));
  const up = (): Promise<boolean> => {
    if (server.over) throw new Error(`RabbitMQ ended:\n${server.stdout}\n${server.stderr}`);
    return answers(port);
  };
  await until(up, `RabbitMQ to answer on port ${port}`, PATIENCE_MS);
  return { url: urlOf('/'), port, pid: server.pid, urlOf, stop: () => end(server) };
}

async function settings(
  rig: Rig,
  port: number,
  vhosts: readonly string[],
  configure: string,
): Promise<NodeJS.ProcessEnv> {
  const home = join(rig.folder, `rabbitmq-${port}`);
  const file = (name: string, ...lines: string[]): string =>
    rig.write(join(`rabbitmq-${port}`, name), lines.map((line) => `${line}\n`).join(''));
  mkdirSync(home);
  const all = { configure, write: '.*', read: '.*' };
  const definitions = file(
    'definitions.json',
    JSON.stringify({
      users: [{ name: USER, password: USER, tags: '' }],
      vhosts: vhosts.map((name) => ({ name })),
      permissions: vhosts.map((vhost) => ({ user: USER, vhost, ...all })),
    }),
  );
  const config = file(
    'rabbitmq.conf',
    `listeners.tcp.default = 127.0.0.1:${port}`,
    `load_definitions = ${definitions}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    // A full disk of the machine is not what is tested.
    'disk_free_limit.absolute = 1MB',
  );
  const node = `rig-${port}@localhost`;
  const peers = await freePort();
  return {
    HOME: home, // of Erlang's cookie
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: String(peers),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_CONF_ENV_FILE: file('env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('plugins', '[].'),
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    // It replaces the shell, and gets the signals itself.
    RUNNING_UNDER_SYSTEMD: 'true',
    // A node that has its name and its peers' port needs no epmd, a daemon that would outlive it.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${NO_SPIN} -sname ${node} -start_epmd false -erl_epmd_port ${peers} -kernel inet_dist_use_interface {127,0,0,1}`,
  };
}

/** Its helpers hold its output open, so nothing of it is left when that is closed. */
async function end(server: Running): Promise<void> {
  if (!server.over) {
    tryKill(server.pid, 'SIGTERM');
    // A test that failed may have left it standing still.
    tryKill(server.pid, 'SIGCONT');
  }
  await until(() => server.over, 'RabbitMQ to stop', PATIENCE_MS).catch(() => tryKill(server.pid));
  await server.ended;
}

/** True once it speaks AMQP. */
const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const hangUp = (spoke: boolean): void => {
      socket.destroy();
      done(spoke);
    };
    socket.setTimeout(1000, () => hangUp(false));
    socket.once('error', () => hangUp(false)).once('close', () => hangUp(false));
    socket.once('data', (reply) => hangUp(reply[0] === METHOD_FRAME));
    socket.write(GREETING);
  });
