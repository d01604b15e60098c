/** Versions that were seen to go wrong together; each was tried with real programs. Pure. */
import { verdict, type Verdict, type Versions, type VersionTrouble } from './verdict.ts';

/** What is known of one interpreter, and of how its workers run. */
export interface VersionFacts {
  readonly versions: Versions;
  /** Of its workers, as far as they are known. */
  readonly pools: readonly string[];
  /** Of its broker's URL: `redis`, `amqp`; null: not known. */
  readonly broker: string | null;
}

export function judgeVersions(facts: readonly VersionFacts[]): Verdict[] {
  const seen = facts.filter(({ versions }) => versions.celery != null);
  if (seen.length === 0)
    return facts.length === 0 ? [] : [verdict('versions', 'unknown', { kind: 'unseen' })];
  const found = seen.flatMap((one) =>
    troublesOf(one).map(([trouble, status]) =>
      verdict('versions', status, { kind: 'known-bad', versions: one.versions, trouble }),
    ),
  );
  if (found.length > 0) return found;
  return seen.map(({ versions }) => verdict('versions', 'ok', { kind: 'good', versions }));
}

function troublesOf({
  versions,
  pools,
  broker,
}: VersionFacts): (readonly [VersionTrouble, 'warn' | 'bad'])[] {
  const { celery, kombu, billiard, redis } = versions;
  const isBelow = (one: string | null | undefined, other: string): boolean =>
    one != null && compareVersions(one, other) < 0;
  const isFrom = (one: string | null | undefined, other: string): boolean =>
    one != null && compareVersions(one, other) >= 0;
  const isRedis = broker === null ? redis != null : /^(redis|valkey|sentinel)/.test(broker);
  const isAmqp = broker !== null && /amqp/.test(broker);
  const forks = pools.length === 0 || pools.some((pool) => pool === 'prefork' || pool === 'processes');
  const troubles: [VersionTrouble, 'warn' | 'bad', boolean][] = [
    ['too-old', 'bad', isBelow(celery, '5.4')],
    // billiard#452 cancels what a cold stop should give back; Celery 5.7 (#10667) knows of it.
    ['cold-stop-loses', 'bad', forks && isFrom(billiard, '4.3') && isBelow(celery, '5.7')],
    ['deaf-after-reconnect', 'bad', isRedis && isBelow(kombu, '5.4')],
    [
      'deaf-with-new-client',
      'warn',
      isRedis && isFrom(redis, '8') && isFrom(kombu, '5.5') && isBelow(kombu, '5.7'),
    ],
    ['gevent-repeats', 'warn', pools.includes('gevent') && isBelow(celery, '5.5')],
    ['amqp-drain-loses', 'warn', isAmqp && forks && isBelow(celery, '5.6.1')],
  ];
  return troubles.filter(([, , is]) => is).map(([trouble, status]) => [trouble, status] as const);
}

/** By their numbers; `5.7.0rc1` counts as 5.7.0, whose code it has. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string): number[] =>
    version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(one), numbers(other)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
