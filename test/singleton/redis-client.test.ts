/** All ways to a Redis: a socket, TLS, Sentinel, a cluster; and that a process ends when it has let go of them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { freePort, Rig, ROOT, until } from '../support/rig.ts';
import { acquired, operator, OURS, reasonOf, storeOf, take, THEIRS } from './redis-support.ts';

test('a Unix socket, with and without a database', async () => {
  const rig = new Rig();
  const path = join(rig.folder, 'redis.sock');
  const { port } = await startRedis(rig, { args: ['--unixsocket', path] });
  const { fence } = await acquired(storeOf(`redis+socket://${path}?virtual_host=2`));
  const redis = operator(port);
  expect(await redis.dbsize()).toBe(0);
  await redis.select(2);
  expect(await redis.dbsize()).toBe(2);
  expect(await acquired(storeOf(`redis+socket://${path}?db=2`))).toMatchObject({ fence, again: true });
});

/** A certificate authority and what it signs, in files of the rig. */
function certificates(rig: Rig): { ca: string; cert: string; key: string } {
  const sign = (...args: string[]): void => {
    const run = spawnSync('openssl', args, { cwd: rig.folder, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}:\n${run.stderr}`);
  };
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  sign('req', '-x509', ...fresh, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
  sign('req', ...fresh, '-keyout', 'redis.key', '-out', 'redis.csr', '-subj', '/CN=redis');
  rig.write('names', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  sign('x509', '-req', '-in', 'redis.csr', '-out', 'redis.pem', '-days', '2', ...authority);
  const [ca, cert, key] = ['ca.pem', 'redis.pem', 'redis.key'].map((name) => join(rig.folder, name));
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

test('TLS: only a certificate that is good, and our own where the server asks for one', async () => {
  const rig = new Rig();
  const { ca, cert, key } = certificates(rig);
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
  const server = await startRedis(rig, {
    args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'],
  });
  const place = `rediss://127.0.0.1:${port}/0`;
  await acquired(storeOf(`${place}?ssl_ca_certs=${ca}`));
  await acquired(storeOf(`rediss://localhost:${port}?ssl_ca_certs=${ca}`));
  await acquired(storeOf(`${place}?ssl_cert_reqs=none`));
  expect(await reasonOf(take(storeOf(place)))).toMatch(/unable to (verify|get)|self.signed/);
  // The address is not in the certificate.
  expect(await reasonOf(take(storeOf(`rediss://127.0.0.2:${port}?ssl_ca_certs=${ca}`)))).toMatch(
    /127\.0\.0\.2/,
  );
  expect(await reasonOf(take(storeOf(`${place}?ssl_ca_certs=/nonexistent.pem`)))).toMatch(
    /\/nonexistent\.pem/,
  );
  const plain = storeOf(`rediss://127.0.0.1:${server.port}?ssl_cert_reqs=none`, { timeoutMs: 500 });
  expect(await reasonOf(take(plain))).toBe('no answer within 0.5 s');

  await operator(server.port).config('SET', 'tls-auth-clients', 'yes');
  expect(await reasonOf(take(storeOf(`${place}?ssl_ca_certs=${ca}`)))).toBeTruthy();
  const mine = `ssl_certfile=${cert}&ssl_keyfile=${key}`;
  expect(await acquired(storeOf(`${place}?ssl_ca_certs=${ca}&${mine}`))).toMatchObject({ again: true });
});

describe('Sentinel', () => {
  /** A master, a replica that has all of its data, and one Sentinel that tells who is which. */
  async function sentinel() {
    const rig = new Rig();
    const master = await startRedis(rig, { args: ['--repl-diskless-sync-delay', '0'] });
    const [folder, port] = [rig.folder, await freePort()];
    const args = ['--replicaof', '127.0.0.1', String(master.port), '--dbfilename', 'replica.rdb'];
    const replica = await startRedis(rig, { args });
    const conf = rig.write(
      'sentinel.conf',
      `dir ${folder}\nsentinel monitor shop 127.0.0.1 ${master.port} 1\n` +
        'sentinel down-after-milliseconds shop 500\nsentinel failover-timeout shop 2000\n',
    );
    const server = await startRedis(rig, { port, file: conf, args: ['--sentinel'] });
    const redis = operator(port);
    await until(async () => {
      const [one] = (await redis.call('SENTINEL', 'REPLICAS', 'shop')) as string[][];
      return one?.includes('ok') === true;
    }, 'Sentinel to know the replica');
    return { master, replica, redis, server, url: `redis+sentinel://127.0.0.1:${port}/shop/0` };
  }

  test('the lease is with the master; after its end with the one that took over, which is another run', async () => {
    const { master, replica, redis, url } = await sentinel();
    const dead = await freePort();
    const store = storeOf(url.replace('127', `127.0.0.1:${dead},127`));
    const first = await acquired(store);
    await operator(master.port).wait(1, 5000);
    await master.stop();
    expect(await reasonOf(store.renew(OURS, 30_000))).toBeTruthy();
    await until(async () => {
      const address = (await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'shop')) as string[];
      return address[1] === String(replica.port);
    }, 'Sentinel to have promoted the replica');
    expect(await store.renew(OURS, 30_000)).toBe(true);
    const reply = await take(store, THEIRS);
    expect(reply).toMatchObject({ kind: 'held', fence: first.fence });
    expect(reply.server.run).not.toBe(first.server.run);
    await store.release(OURS, first.fence);
    expect(await acquired(store, THEIRS)).toMatchObject({ released: { run: reply.server.run } });
  });

  test('one that is frozen takes its turn, and one that knows nothing of the name says so', async () => {
    const { server, url } = await sentinel();
    const silent = await startRedis(new Rig());
    process.kill(silent.pid, 'SIGSTOP');
    const list = url.replace('127.0.0.1', `127.0.0.1:${silent.port},127.0.0.1`);
    const store = storeOf(list, { timeoutMs: 1000 });
    await until(async () => take(store).catch(() => null), 'the other to have answered');
    expect(await reasonOf(take(storeOf(url.replace('/shop', '/other'))))).toMatch(
      /No such master with that name$/,
    );
    await server.stop();
    expect(await reasonOf(take(storeOf(url)))).toMatch(/^failed to connect to sentinel 127\.0\.0\.1:\d+/);
  });
});

describe('a cluster', () => {
  const SLOTS = [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ] as const;
  const FLAGS =
    '--cluster-enabled yes --cluster-announce-ip 127.0.0.1 --cluster-node-timeout 2000 ' +
    '--cluster-require-full-coverage no';
  const node = async (rig: Rig, index: number) =>
    startRedis(rig, {
      args: FLAGS.split(' ').concat(
        '--cluster-config-file',
        `nodes-${index}.conf`,
        '--cluster-port',
        String(await freePort()),
      ),
    });

  test('of one node', async () => {
    const one = await node(new Rig(), 1);
    await operator(one.port).cluster('ADDSLOTSRANGE', 0, 16_383);
    const url = `redis+cluster://127.0.0.1:${one.port}`;
    const redis = operator(one.port);
    await until(async () => /cluster_state:ok/.test(await redis.cluster('INFO')), 'the cluster to be ok');
    const { fence } = await acquired(storeOf(url));
    await storeOf(url).release(OURS, fence);
    expect(await acquired(storeOf(url))).toMatchObject({ released: { fence } });
    expect(await acquired(storeOf(`redis://127.0.0.1:${one.port}`))).toMatchObject({ again: true });
  });

  test('of three: each name is with its own node, whichever is asked, also while one does not answer', async () => {
    const rig = new Rig();
    const nodes = await Promise.all([1, 2, 3].map((index) => node(rig, index)));
    const clients = nodes.map(({ port }) => operator(port));
    for (const [index, redis] of clients.entries()) {
      await redis.cluster('ADDSLOTSRANGE', ...(SLOTS[index] ?? [0, 0]));
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    const [first] = clients;
    for (const other of nodes.slice(1)) {
      const bus = /@(\d+)/.exec((await operator(other.port).cluster('NODES')) as string)?.[1] ?? '';
      await first?.call('CLUSTER', 'MEET', '127.0.0.1', other.port, bus);
    }
    for (const redis of clients) {
      const isWhole = async (): Promise<boolean> =>
        /cluster_state:ok\s+cluster_slots_assigned:16384[^]*cluster_known_nodes:3/.test(
          await redis.cluster('INFO'),
        );
      await until(isWhole, 'the cluster to be whole');
    }

    const all = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const places = new Set<number>();
    for (const name of ['billing', 'mail', 'search', 'shop', 'stock']) {
      const { fence } = await acquired(storeOf(all, { name }));
      for (const [index, { port }] of nodes.entries()) {
        const answer = await take(storeOf(`redis+cluster://127.0.0.1:${port}`, { name }), THEIRS);
        expect(answer).toMatchObject({ kind: 'held', fence });
        const own = clients[index];
        if ((await own?.dbsize()) !== 0 && (await own?.keys(`prodserver:{${name}}:*`))?.length === 2)
          places.add(index);
      }
    }
    expect(places.size).toBe(3);

    // By one that does not have it, as the URL of a server.
    const slot = Number(await first?.cluster('KEYSLOT', 'prodserver:{billing}:lease'));
    const owner = SLOTS.findIndex(([from, to]) => slot >= from && slot <= to);
    const other = nodes[(owner + 1) % 3];
    expect(await reasonOf(take(storeOf(`redis://127.0.0.1:${other?.port}`)))).toMatch(
      /^it is part of a cluster, whose URL is redis\+cluster:/,
    );
    process.kill(other?.pid ?? 0, 'SIGSTOP');
    const store = storeOf(all, { timeoutMs: 1000 });
    await until(async () => store.renew(OURS, 30_000).catch(() => null), 'a renewal', 15_000);
    process.kill(nodes[owner]?.pid ?? 0, 'SIGSTOP');
    expect(await reasonOf(store.renew(OURS, 30_000))).toBe('no answer within 1 s');
  });

  test('that is none', async () => {
    const server = await startRedis(new Rig());
    const url = `redis+cluster://127.0.0.1:${server.port}`;
    expect(await reasonOf(take(storeOf(url)))).toBe(
      `127.0.0.1:${server.port}: ERR This instance has cluster support disabled`,
    );
    await server.stop();
    expect(await reasonOf(take(storeOf(url)))).toMatch(/^127\.0\.0\.1:\d+: /);
  });
});

test('a process says nothing by itself, and ends once it has let go, even of a server that is frozen', async () => {
  const rig = new Rig();
  const server = await startRedis(rig);
  const script = rig.write(
    'main.mjs',
    `import { newRedisClient } from '${join(ROOT, 'src/singleton/redis-client.ts')}';
     import { systemClock } from '${join(ROOT, 'src/os/clock.ts')}';
     const clients = process.argv.slice(2).map((url) => newRedisClient(url, 700, systemClock));
     const run = (one) => one.run('return 1', [], []).then(String, (error) => error.message);
     console.log(await Promise.all(clients.map(run)));
     await new Promise((done) => process.stdin.once('data', done));
     const waits = Promise.all(clients.map(run));
     await new Promise((done) => setImmediate(done));
     for (const one of clients.slice(0, 2)) one.close();
     await waits;
     for (const one of clients) one.close();
     process.stdin.destroy();
     console.log('closed');
    `,
  );
  const bundle = join(rig.folder, 'bundle.mjs');
  const banner = "--banner:js=import{createRequire as r}from'node:module';const require=r(import.meta.url);";
  const flags = ['--bundle', '--platform=node', '--format=esm', '--external:koffi', banner];
  const built = spawnSync(join(ROOT, 'node_modules/.bin/esbuild'), [script, ...flags, `--outfile=${bundle}`]);
  expect(built.stderr.toString()).not.toMatch(/error/i);
  const dead = await freePort();
  const urls = [
    server.url,
    `redis+sentinel://127.0.0.1:${server.port}/shop`,
    `redis+cluster://127.0.0.1:${server.port}`,
    `redis://:unasked@127.0.0.1:${server.port}`,
    `redis://:a@127.0.0.1:${dead}`,
    `redis+sentinel://127.0.0.1:${dead}/shop`,
    `redis+cluster://127.0.0.1:${dead}`,
  ];
  const main = rig.spawn([process.execPath, bundle, ...urls], { input: true });
  await main.says(/\]/);
  process.kill(server.pid, 'SIGSTOP');
  main.send('go');
  await main.says(/closed/);
  // A connection that was left open would keep it: the server does not hang up.
  expect(await main.ended).toMatchObject({ code: 0, stderr: '' });
});
