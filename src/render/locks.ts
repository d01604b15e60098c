/** What keeps a process from starting, or from going on, in words. */
import type { Hindrance, LockHolder, LockLoss, Needs } from '../model/process.ts';
import type { TimingsProblem } from '../model/lease-timings.ts';
import { formatDuration } from '../model/units.ts';
import { unreachable } from '../model/unreachable.ts';
import { troubleText } from './words.ts';

const NEEDS: Readonly<Record<Needs, string>> = {
  started: 'has started',
  ready: 'is ready',
  completed: 'has completed',
};

export function hindranceText(hindrance: Hindrance): string {
  switch (hindrance.kind) {
    case 'lock':
      return `the lock is held by ${holderText(hindrance.holder)}`;
    case 'lock-delay':
      return (
        `the lock is ours; it starts in ${formatDuration(hindrance.leftMs)}, ` +
        `when whoever had it before must have ended (${hindrance.file}, fence ${hindrance.fence})`
      );
    case 'lock-store':
      return `the store of the lock does not answer: ${hindrance.error} (${hindrance.file})`;
    case 'previous': {
      const who = hindrance.pid === null ? '' : ` (pid ${hindrance.pid})`;
      return `what a killed supervisor left of it still runs${who}`;
    }
    case 'dependency':
      return `waits until ${hindrance.instance} ${NEEDS[hindrance.needs]}; it is ${hindrance.state}`;
    case 'target':
      return `waits for ${troubleText(hindrance.trouble)}`;
    default:
      return unreachable(hindrance);
  }
}

/** `pid 4711 on app-1 since ... for /srv/shop/prodserver.yaml (redis://cache:6379/0 billing, fence 12, expires in 22s)` */
export function holderText(holder: LockHolder): string {
  const { host, pid, supervisorPid, since, manifest, file, fence, expiresInMs } = holder;
  const who = pid ?? supervisorPid;
  const words = [
    who === null ? 'another process' : `pid ${who}`,
    ...(host === null ? [] : [`on ${host}`]),
    ...(since === null ? [] : [`since ${since}`]),
    ...(manifest === null ? [] : [`for ${manifest}`]),
  ];
  const facts = [
    file,
    ...(fence === null ? [] : [`fence ${fence}`]),
    ...(expiresInMs === null ? [] : [`expires in ${formatDuration(expiresInMs)}`]),
  ];
  return `${words.join(' ')} (${facts.join(', ')})`;
}

/** Why it may not go on. */
export const lossText = ({ file, why }: LockLoss): string =>
  why === 'taken'
    ? `its lock is not its own any more (${file})`
    : `its lock could not be renewed in time (${file})`;

/** Not rounded: the reader is to see that the sum is above. */
const exact = (ms: number): string => `${Number((ms / 1000).toFixed(3))} s`;

/** What is wrong with the numbers of a lease, with the sum that shows it. */
export function timingsText(problem: TimingsProblem): string {
  if (problem.rule === 'too-short')
    return `a ttl of ${exact(problem.ttlMs)} is too short: ${exact(problem.leastMs)} is the least`;
  const { ttlMs, renewEveryMs, commandTimeoutMs, renewDeadlineMs, killGraceMs, killWaitMs, lagMs, drift } =
    problem.timings;
  switch (problem.rule) {
    case 'commands-overlap':
      return `command-timeout ${exact(commandTimeoutMs)} must be below renew-every ${exact(renewEveryMs)}`;
    case 'no-second-try':
      return (
        `renew-deadline ${exact(renewDeadlineMs)} would not outlast one renewal that fails: ` +
        `2 x (renew-every ${exact(renewEveryMs)} + command-timeout ${exact(commandTimeoutMs)}) = ${exact(problem.leastMs)}`
      );
    case 'outlives-lease':
      return (
        `renew-deadline ${exact(renewDeadlineMs)} + kill-grace ${exact(killGraceMs)} + ` +
        `kill-wait ${exact(killWaitMs)} + lag ${exact(lagMs)} = ${exact(problem.sumMs)}, ` +
        `more than the ttl ${exact(ttlMs)} less ${Number((drift * 100).toFixed(3))}% of drift: ${exact(problem.limitMs)}`
      );
    default:
      return unreachable(problem);
  }
}
