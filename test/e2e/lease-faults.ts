import { LeaseHost } from '../support/lease-host.ts';
import { Sends } from '../support/lease-sends.ts';
import { type Verdict, verdictOf } from '../support/lease-verdict.ts';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';

/** Seconds. */
const NAIVE_TTL_S = 2;

/** The naive lease, frozen past its TTL and then killed: each time its child sends on while the other one's begins. */
export async function naive(python: string): Promise<Verdict> {
  const rig = new Rig();
  const [lease, broker] = [await startRedis(rig), await startRedis(rig)];
  const sends = await Sends.on(broker.port, false);
  const start = (name: string): Promise<LeaseHost> =>
    LeaseHost.start(rig, {
      name,
      python,
      lease: lease.port,
      broker: broker.url,
      ttl: NAIVE_TTL_S,
      isNaive: true,
    });
  const a = await start('a');
  await until(() => sends.last?.host === 'a', 'a to send');
  const b = await start('b');
  a.signal('owner', 'SIGSTOP');
  await until(() => sends.last?.host === 'b', 'b to send');
  await until(() => verdictOf(sends.all).overlaps.length > 0, 'an overlap');
  a.signal('owner', 'SIGCONT');
  await until(() => a.pid('beat') === null, 'a to notice');
  await b.kill();
  await until(() => sends.last?.host === 'a', 'a to send again');
  await until(() => verdictOf(sends.all).overlaps.length > 1, 'a second overlap');
  sends.end();
  await sends.done;
  return verdictOf(sends.all);
}
