/** A real Redis for one test, on a free port of the loopback interface, with nothing kept on disk. */
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { freePort, type Rig, type Running, tryKill, until } from './rig.ts';

export interface Redis {
  /** With the password, if there is one. */
  readonly url: string;
  readonly port: number;
  /** Of the server that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
  /** On the same port, and empty: nothing was kept. */
  restart(): Promise<void>;
}

export interface RedisOptions {
  /** A free one unless given. */
  readonly port?: number;
  readonly password?: string;
  /** Of its configuration. */
  readonly file?: string;
  /** More of its own options: `--name value`. */
  readonly args?: readonly string[];
}

export const redisUrl = (port: number, password?: string): string =>
  `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}/0`;

export async function startRedis(rig: Rig, options: RedisOptions = {}): Promise<Redis> {
  const { password } = options;
  const port = options.port ?? (await freePort());
  const secret = password === undefined ? [] : ['--requirepass', password];
  const start = async (): Promise<Running> => {
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', rig.folder];
    const kept = ['--save', '', '--appendonly', 'no'];
    const file = options.file === undefined ? [] : [options.file];
    const server = rig.spawn([
      'redis-server',
      ...file,
      ...place,
      ...kept,
      ...secret,
      ...(options.args ?? []),
    ]);
    // Its title overwrites its environment, and with it the mark by which a rig finds what is left behind.
    onTestFinished(() => end(server));
    await until(() => {
      if (server.over) throw new Error(`redis-server ended on port ${port}:\n${server.stdout}`);
      return answers(port);
    }, `redis-server to answer on port ${port}`);
    return server;
  };
  let server = await start();
  return {
    url: redisUrl(port, password),
    port,
    get pid() {
      return server.pid;
    },
    stop: () => end(server),
    async restart() {
      await end(server);
      server = await start();
    },
  };
}

async function end(server: Running): Promise<void> {
  // A test may have frozen it.
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) if (!server.over) tryKill(server.pid, signal);
  await server.ended;
}

/** True once it speaks: PONG, a request for the password, or that it loads what a test has it keep. */
const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const hangUp = (spoke: boolean): void => {
      socket.destroy();
      done(spoke);
    };
    socket.setTimeout(1000, () => hangUp(false));
    socket.once('error', () => hangUp(false)).once('close', () => hangUp(false));
    socket.once('data', (reply) => hangUp(/^(\+PONG|-NOAUTH|-LOADING)/.test(reply.toString('latin1'))));
    socket.write('PING\r\n');
  });
