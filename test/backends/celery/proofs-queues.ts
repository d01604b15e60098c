/** Which messages a worker takes, how many, and under which name. */
import type { Proof, Works } from './proof.ts';
import { activeQueues, nodeOf, ONE, prefetch, QUICK, served, stats } from './proof-sights.ts';
import type { Args, Client, Stage } from './stage.ts';

const SOLO = { ...QUICK, pool: 'solo' };
const BOTH = { PROVING_QUEUES: 'a,b' };

/** Ten tasks wait in two queues, sent in turn. */
const sentInTurn = new WeakMap<Client, Map<string, string>>();

async function sendInTurn(client: Client): Promise<void> {
  const sent = new Map<string, string>();
  for (let pair = 0; pair < 5; pair++) {
    for (const queue of ['a', 'b']) sent.set(await client.send('span', [0], { queue }), queue);
  }
  sentInTurn.set(client, sent);
}

/** The queues of those tasks in the order in which they ran. */
async function order({ client }: Stage): Promise<string> {
  const ran = [];
  for (const [id, queue] of sentInTurn.get(client) ?? []) {
    const [start] = (await client.result(id)).value as [number, number];
    ran.push({ start, queue });
  }
  return ran
    .toSorted((one, other) => one.start - other.start)
    .map(({ queue }) => queue)
    .join('');
}

const priority = (
  queues: unknown,
  seen: string,
  without: string,
  env: string,
  tier: Pick<Works, 'tier'> = {},
): Works => ({
  option: 'queues',
  pool: 'solo',
  verdict: 'works',
  title: `the left one first, where the transport keeps their order: ${String(queues)}`,
  // Before, kombu keeps the queues of a Redis channel in a set: any order.
  since: '5.7',
  ...tier,
  setting: { args: { ...QUICK, queues, 'prefetch-multiplier': 1 }, env: { PROVING_QUEUES: env } },
  prepare: sendInTurn,
  see: order,
  with: seen,
  without,
});

/** A second worker serves `b` only; then it is stopped, and one task more waits in `b`. */
async function division(stage: Stage): Promise<Record<string, unknown>> {
  const { client, process } = stage;
  const setting = { args: { ...SOLO, queues: 'b', hostname: 'second@%h' }, env: BOTH };
  const { process: second } = await stage.beside(setting);
  const alone = !(await activeQueues(stage)).includes('b');
  const who = new Map<unknown, string>([
    [process.pid, 'first'],
    [second.pid, 'second'],
  ]);
  const ran = async (queue: string): Promise<string | undefined> =>
    who.get((await client.run('whoami', [], { queue })).value);
  const a = await ran('a');
  const b = alone ? await ran('b') : 'either';
  second.kill('SIGTERM');
  await second.ended;
  return { a, b, alone: await served(stage) };
}

/** How many of six messages have left the queue while the first task runs. */
const taken = async ({ client }: Stage): Promise<string> => {
  const [first] = sentInTurn.get(client)?.keys() ?? [];
  const left = (await client.result(first ?? '')).value as number;
  return left === 5 ? 'what it runs' : left < 5 ? 'more' : 'nothing';
};

async function sendSix(client: Client): Promise<void> {
  const sent = new Map<string, string>();
  for (let task = 0; task < 6; task++) sent.set(await client.send('waiting', [task === 0 ? 2 : 0]), '');
  sentInTurn.set(client, sent);
}

const name = async ({ node, client }: Stage): Promise<unknown> => {
  const pong = await client.inspect<object>(node ?? '', 'ping');
  return { name: node?.split('@')[0], answers: pong !== null };
};

/** How many there are is seen from what it prefetches. */
const TWO: Args = { ...QUICK, concurrency: 2 };

const purgeProof = (option: 'purge' | 'discard', more: Pick<Works, 'tier' | 'together'>): Works => ({
  option,
  pool: 'prefork',
  verdict: 'works',
  title: 'what waited is gone',
  ...more,
  setting: { args: { ...TWO, [option]: true } },
  prepare: async (client) => {
    for (let task = 0; task < 3; task++) await client.send('whoami');
  },
  see: async (stage) => {
    await stage.client.run('whoami');
    return (await stats(stage)).total['whoami'];
  },
  with: 1,
  without: 4,
});

export const queueProofs: readonly Proof[] = [
  {
    option: 'queues',
    pool: 'prefork',
    verdict: 'works',
    title: 'others are left alone',
    setting: { args: { ...ONE, queues: 'a' }, env: BOTH },
    see: served,
    with: { a: 'SUCCESS', b: 'waits' },
    without: { a: 'SUCCESS', b: 'SUCCESS' },
  },
  {
    option: 'queues',
    pool: 'prefork',
    verdict: 'works',
    title: 'a list, and a text with commas and spaces',
    tier: 'long',
    setting: { args: { ...ONE, queues: ['a', 'c , d'] }, env: BOTH },
    see: async (stage) => [...(await activeQueues(stage)).toSorted(), await served(stage)],
    with: ['a', 'c', 'd', { a: 'SUCCESS', b: 'waits' }],
    without: ['a', 'b', { a: 'SUCCESS', b: 'SUCCESS' }],
  },
  {
    option: 'queues',
    pool: 'solo',
    verdict: 'works',
    title: 'two workers share two queues out',
    tier: 'long',
    setting: { args: { ...QUICK, queues: 'a' }, env: BOTH },
    see: division,
    with: { a: 'first', b: 'second', alone: { a: 'SUCCESS', b: 'waits' } },
    without: { a: 'first', b: 'either', alone: { a: 'SUCCESS', b: 'SUCCESS' } },
  },
  priority(['a', 'b'], 'aaaaabbbbb', 'bbbbbaaaaa', 'b,a'),
  priority(['b', 'a'], 'bbbbbaaaaa', 'aaaaabbbbb', 'a,b', { tier: 'long' }),
  {
    option: 'exclude-queues',
    pool: 'prefork',
    verdict: 'works',
    title: 'left alone, unlike the others',
    setting: { args: { ...ONE, 'exclude-queues': ['b'] }, env: BOTH },
    see: served,
    with: { a: 'SUCCESS', b: 'waits' },
    without: { a: 'SUCCESS', b: 'SUCCESS' },
  },
  {
    option: 'exclude-queues',
    pool: 'prefork',
    verdict: 'ignored',
    title: 'none of them is in queues',
    tier: 'long',
    setting: { args: { ...ONE, queues: 'a', 'exclude-queues': 'c' }, env: BOTH },
    see: served,
    with: { a: 'SUCCESS', b: 'waits' },
  },
  {
    option: 'exclude-queues',
    pool: 'prefork',
    verdict: 'works',
    title: 'it wins over queues',
    tier: 'long',
    setting: { args: { ...ONE, queues: 'a,b', 'exclude-queues': 'b' }, env: BOTH },
    see: served,
    with: { a: 'SUCCESS', b: 'waits' },
    without: { a: 'SUCCESS', b: 'SUCCESS' },
  },
  // It counts tasks, so it is the first of those that go together.
  purgeProof('purge', { together: 'prefork' }),
  {
    option: 'prefetch-multiplier',
    pool: 'prefork',
    verdict: 'works',
    title: 'so many messages for each child',
    together: 'prefork',
    setting: { args: { ...TWO, 'prefetch-multiplier': 3 } },
    see: prefetch,
    with: 6,
    without: 8,
  },
  {
    option: 'prefetch-multiplier',
    pool: 'prefork',
    verdict: 'ignored',
    warning: 'option-otherwise',
    title: '0 is as not given',
    tier: 'long',
    setting: { args: { ...QUICK, concurrency: 2, 'prefetch-multiplier': 0 } },
    see: prefetch,
    with: 8,
  },
  {
    option: 'disable-prefetch',
    pool: 'prefork',
    verdict: 'works',
    title: 'it takes what it runs, and leaves the rest to others',
    since: '5.6',
    setting: { args: { ...ONE, 'disable-prefetch': true } },
    prepare: sendSix,
    see: taken,
    with: 'what it runs',
    without: 'more',
  },
  purgeProof('discard', { tier: 'long' }),
  {
    option: 'hostname',
    pool: 'prefork',
    verdict: 'works',
    title: 'the name of the node',
    together: 'prefork',
    setting: { args: { ...TWO, hostname: 'orders@%h' } },
    see: name,
    with: { name: 'orders', answers: true },
    without: { name: 'celery', answers: true },
  },
  {
    option: 'hostname',
    pool: 'prefork',
    verdict: 'works',
    title: 'added by prodserver, it is the name of the entry',
    tier: 'long',
    setting: { args: ONE },
    see: name,
    with: { name: 'proof', answers: true },
    without: { name: 'celery', answers: true },
  },
  {
    option: 'hostname',
    pool: 'prefork',
    verdict: 'works',
    title: 'without an @ it is a host',
    tier: 'long',
    setting: { args: { ...ONE, hostname: 'orders' } },
    see: async (stage) => nodeOf(stage) === 'celery@orders',
    with: true,
    without: false,
  },
  {
    option: 'statedb',
    pool: 'solo',
    verdict: 'works',
    title: 'a revoked task stays revoked over a restart',
    setting: { args: { ...QUICK, statedb: 'state' } },
    see: async ({ client, process, again }) => {
      const id = 'to-be-revoked';
      await client.control('revoke', { task_id: id });
      process.kill('SIGTERM');
      const { code } = await process.ended;
      await again();
      await client.send('whoami', [], { task_id: id });
      // Celery 5.7 writes REVOKED down when it is told: only what comes after it shows whether it ran.
      await client.run('whoami');
      const { state } = await client.result(id);
      return { code, state };
    },
    with: { code: 0, state: 'REVOKED' },
    without: { code: 0, state: 'SUCCESS' },
  },
];
