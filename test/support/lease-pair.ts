/** Faults upon two hosts that want one lease, and the judgement of what their beats sent. */
import { join } from 'node:path';
import { newChance } from './chance.ts';
import { ACTS, type Takeover } from './lease-acts.ts';
import { LeaseHost } from './lease-host.ts';
import { Sends } from './lease-sends.ts';
import { LeaseServer } from './lease-server.ts';
import { Stage } from './lease-stage.ts';
import { type Executions, executionsOf, type Verdict, verdictOf } from './lease-verdict.ts';
import { type Redis, startRedis } from './redis.ts';
import { Rig, ROOT, type Running, until } from './rig.ts';
import { askRedis } from './resp.ts';
import { WallClock } from './wall-clock.ts';

export interface PairRun {
  readonly python: string;
  readonly seed: number;
  /** Names of `ACTS`, in their order. */
  readonly faults: readonly string[];
  readonly hasClocks: boolean;
  readonly isNaive: boolean;
  /** Seconds. */
  readonly ttl: number;
}

export interface PairResult extends Verdict, Executions {
  readonly takeovers: readonly Takeover[];
  /** From the end of each fault to the next send. Milliseconds. */
  readonly recoveries: readonly number[];
  /** Why it ended before all faults were done. */
  readonly failure: string | null;
  readonly story: string;
}

/** All pairs start at once, beside other tests. Milliseconds. */
const FIRST_MS = 150_000;
/** Longest rest between two faults, in TTLs: the next one may meet what the last one has begun. */
const REST_TTLS = 0.5;

export async function runPair(run: PairRun): Promise<PairResult> {
  const rig = new Rig();
  const [server, broker] = [await LeaseServer.start(rig), await startRedis(rig)];
  const sends = await Sends.on(broker.port, !run.isNaive);
  const worker = run.isNaive ? null : startWorker(rig, run.python, broker);
  const clocks = new Map<string, WallClock>();
  const host = (name: string): Promise<LeaseHost> => {
    const clock = run.hasClocks ? new WallClock(rig, name) : null;
    if (clock !== null) clocks.set(name, clock);
    const lease = { lease: server.port, broker: broker.url, ttl: run.ttl, isNaive: run.isNaive };
    return LeaseHost.start(rig, { name, python: run.python, ...lease, ...(clock && { clock }) });
  };
  const hosts = [await host('a'), await host('b')] as const;
  const chance = newChance(run.seed);
  const stage = new Stage({ hosts, server, sends, clocks, chance, ttl: run.ttl });
  const takeovers: Takeover[] = [];
  const recoveries: number[] = [];
  let failure: string | null = null;
  try {
    await stage.sentAfter(0, FIRST_MS);
    for (const name of run.faults) {
      await stage.pause(chance() * REST_TTLS * stage.ttlMs);
      const takeover = await ACTS[name]?.(stage);
      if (takeover !== null && takeover !== undefined) takeovers.push(takeover);
      const recovery = await stage.sentAfter(performance.now(), stage.patienceMs);
      recoveries.push(recovery);
      stage.tell(`  sends again, ${Math.round(recovery)} ms after the end of: ${name}`);
    }
    for (const one of hosts) await one.stop();
    const left = hosts.flatMap((one) => one.living());
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    if (worker !== null) await drained(broker, worker);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    stage.tell(failure);
  }
  sends.end();
  await sends.done;
  const ran = worker === null ? [] : rig.read(RAN).split('\n').slice(0, -1);
  return {
    ...verdictOf(sends.all),
    ...(worker === null ? { twice: [], never: [] } : executionsOf(sends.all, ran)),
    takeovers,
    recoveries,
    failure,
    story: stage.story(),
  };
}

/** In the rig's folder: key and task id of what the worker ran. */
const RAN = 'ran';

/** One that claims each key before it runs it. */
function startWorker(rig: Rig, python: string, broker: Redis): Running {
  const options = ['-P', 'solo', '-Q', 'work', '-l', 'warning', '--without-gossip', '--without-mingle'];
  return rig.spawn([python, '-m', 'celery', '-A', 'lease_app', 'worker', ...options], {
    env: {
      PYTHONPATH: `${join(ROOT, 'test', 'e2e')}:${join(ROOT, 'python')}`,
      LEASE_BROKER: broker.url,
      LEASE_ONCE: '1',
      LEASE_RAN: rig.write(RAN, ''),
    },
  });
}

/** Until the worker has run all that was sent. */
async function drained(broker: Redis, worker: Running): Promise<void> {
  for (const queue of ['celery', 'work']) {
    await until(async () => (await askRedis(broker.port, 'LLEN', queue)) === 0, `${queue} to be empty`);
  }
  // Ends warmly: what it has fetched is run.
  worker.kill('SIGTERM');
  await worker.ended;
}
