/** Flower on its port, behind its password; and each option that decides who may see it, taken out of the argv. */
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Address } from '../../../src/model/spec.ts';
import { listeningAddresses, refusal } from '../../../src/os/listen.ts';
import { told } from '../../manifest/support.ts';
import { SHOP } from '../../python/harness.ts';
import { startRedis } from '../../support/redis.ts';
import { freePort, Rig, until } from '../../support/rig.ts';
import { type Args, type Change, Driver, load, open, type Stage, without } from './stage.ts';

const python = inject('wholePython');
const [USER, PASSWORD] = ['operator', 'hidden-word'];
const LOGIN = `${USER}:${PASSWORD}`;

let driver: Driver;
beforeAll(() => {
  driver = new Driver(null, python);
});
afterAll(() => driver.end());

interface Seen {
  readonly stage: Stage;
  /** The one that ARGS have, if any. */
  readonly port: number;
  readonly listeners: readonly Address[];
}

interface Proof {
  readonly option: string;
  /** Added to a loopback address and a port. */
  readonly args: Args;
  readonly see: (seen: Seen) => Promise<unknown>;
  readonly with: unknown;
  readonly without: unknown;
}

async function observe({ args, see }: Proof, change: Change): Promise<unknown> {
  const rig = new Rig();
  const [{ url }, port] = await Promise.all([startRedis(rig), freePort()]);
  const setting = { backend: 'CeleryFlower', args: { address: '127.0.0.1', port, ...args } } as const;
  const stage = await open(rig, python, setting, change, url, { driver });
  const { process } = stage;
  // What it says when it is loaded: to look at its sockets costs more than to wait.
  await process.logs(/Visit me/);
  // It ends where somebody else has its default port.
  const listeners = await until(() => {
    const found = listeningAddresses(process.pid) ?? [];
    return (found.length > 0 || process.over) && found;
  }, 'Flower to listen');
  return see({ stage, port, listeners });
}

const takes = async (address: Address): Promise<boolean> => (await refusal(address, 5000)) === null;
const at = async (host: string, port: number): Promise<boolean> => takes({ kind: 'tcp', host, port });

/** Statuses of a page for nobody, for somebody with a wrong password, and for those who may. */
async function statuses(port: number, path: string, ...logins: readonly string[]): Promise<number[]> {
  const all = [null, `${USER}:wrong`, ...logins].map(async (login) => {
    const headers: Record<string, string> =
      login === null ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.arrayBuffer();
    return response.status;
  });
  return Promise.all(all);
}

const PROOFS: readonly Proof[] = [
  {
    option: 'port',
    args: {},
    see: ({ port }) => at('127.0.0.1', port),
    with: true,
    without: false,
  },
  {
    option: 'address',
    args: {},
    // Every 127.x.y.z is this machine: what is bound to one does not answer on the others.
    see: ({ port }) => Promise.all(['127.0.0.1', '127.0.0.2'].map((host) => at(host, port))),
    with: [true, false],
    without: [true, true],
  },
  {
    option: 'basic_auth',
    args: { basic_auth: LOGIN },
    see: async ({ port }) => [await statuses(port, '/', LOGIN), await statuses(port, '/tasks', LOGIN)],
    with: [
      [401, 401, 200],
      [401, 401, 200],
    ],
    without: [
      [200, 200, 200],
      [200, 200, 200],
    ],
  },
  {
    option: 'basic_auth',
    args: { basic_auth: [LOGIN, 'second:one'] },
    see: ({ port }) => statuses(port, '/', LOGIN, 'second:one'),
    with: [401, 401, 200, 200],
    without: [200, 200, 200, 200],
  },
  {
    option: 'url_prefix',
    args: { url_prefix: 'flower' },
    see: async ({ port }) => [await statuses(port, '/workers'), await statuses(port, '/flower/workers')],
    with: [
      [404, 404],
      [200, 200],
    ],
    without: [
      [200, 200],
      [404, 404],
    ],
  },
  {
    option: 'unix_socket',
    args: { unix_socket: 'flower.sock' },
    see: async ({ stage, port, listeners }) => {
      const path = join(stage.rig.folder, 'flower.sock');
      const reached = await Promise.all([takes({ kind: 'unix', path }), at('127.0.0.1', port)]);
      return [listeners.map(({ kind }) => kind), reached];
    },
    with: [['unix'], [true, false]],
    without: [['tcp'], [false, true]],
  },
];

test.each(PROOFS)('$option $args', async (proof) => {
  const [seen, control] = await Promise.all([
    observe(proof, (argv) => argv),
    observe(proof, (argv) => without(argv, proof.option)),
  ]);
  expect.soft(seen, `with ${proof.option}`).toEqual(proof.with);
  expect.soft(control, `without ${proof.option}`).toEqual(proof.without);
});

test('it ends where its port is taken, as the manifest says of two on one port', async () => {
  const rig = new Rig();
  const holder = createServer();
  onTestFinished(() => void holder.close());
  const port = await new Promise<number>((done) => {
    holder.listen(0, '127.0.0.1', () => done((holder.address() as AddressInfo).port));
  });
  const setting = { backend: 'CeleryFlower', args: { port } } as const;
  const stage = await open(rig, python, setting, (argv) => argv, 'memory://', { driver });
  const { code, stderr } = await stage.process.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/OSError: .*Address already in use/);
  const flower = `BACKEND: CeleryFlower, APP: a, ARGS: {port: ${port}}`;
  expect(told(`PRODUCTION_PROCESSES:\n  one: {${flower}}\n  two: {${flower}}\n`)).toContain(
    '[address-twice]',
  );
});

test('a password in ARGS: the manifest warns that others can read it', () => {
  const { findings } = load(new Rig(), python, { backend: 'CeleryFlower', args: { basic_auth: LOGIN } });
  expect(findings.map(({ code, place }) => [code, place?.path.at(-1)])).toEqual([
    ['option-unwise', 'basic_auth'],
  ]);
});

describe('a password in the environment', () => {
  const VARIABLE = 'SHOP_FLOWER_AUTH';

  async function prepare(): Promise<{ rig: Rig; port: number; options: { env: NodeJS.ProcessEnv } }> {
    const rig = new Rig();
    const [{ url }, port] = await Promise.all([startRedis(rig), freePort()]);
    rig.manifest(`PRODUCTION_PROCESSES:
  flower:
    BACKEND: CeleryFlower
    APP: shop.celery.app
    CWD: ${SHOP}
    ARGS: {address: 127.0.0.1, port: ${port}}
    ENV: {FLOWER_BASIC_AUTH: "\${${VARIABLE}:?who may see Flower}"}
SUPERVISOR: {python: ${python}}
`);
    const env = {
      SHOP_BROKER_URL: url,
      SHOP_RESULT_BACKEND: 'disabled://',
      SHOP_DATA: join(rig.folder, 'data'),
    };
    return { rig, port, options: { env } };
  }

  test('it guards Flower, and is in no command line and no output', async () => {
    const { rig, port, options } = await prepare();
    const env = { ...options.env, [VARIABLE]: LOGIN };
    const start = rig.start(['start', 'flower'], { env });
    await start.says(/flower\.1 STARTING -> RUNNING/);
    expect(await statuses(port, '/', LOGIN)).toEqual([401, 401, 200]);

    const lines = rig.survivors().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    expect(lines.some((line) => line.includes('\0flower\0'))).toBe(true);
    expect(lines.join('\n')).not.toContain(PASSWORD);
    for (const args of [
      ['plan'],
      ['plan', '--json'],
      ['plan', '--running'],
      ['status'],
      ['status', '--json'],
    ]) {
      const said = await rig.run(args, { env });
      expect(said, args.join(' ')).toMatchObject({ code: 0 });
      expect(said.stdout, args.join(' ')).toContain('flower');
      expect(said.stdout + said.stderr, args.join(' ')).not.toContain(PASSWORD);
    }
    start.kill('SIGTERM');
    const ended = await start.ended;
    expect(ended.code).toBe(143);
    expect(ended.stdout + ended.stderr).not.toContain(PASSWORD);
  });

  test('without it nothing starts', async () => {
    const { rig, options } = await prepare();
    const ended = await rig.run(['start', 'flower'], options);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('who may see Flower');
  });
});
