/**
 * One would-be holder of a lease, as a pure function: no clock, no chance, no I/O.
 *
 *             asked: acquire
 *             held: yield                     asked, and `until` is past: grant
 *   SEEKING --------------------> DELAYED ---------------------------------+
 *    ^ ^ ^    acquired: delay        |                                     v
 *    | | |                           | refused, silent for R, abandoned    GRANTED
 *    | | +---------------------------+                                     |  |
 *    | |                  ended: release                                   |  | silent for R, refused: stop
 *    | +-------------------------------------------------------------------+  v
 *    +------------------------------------------------------------------ STOPPING
 *         ended: release, if it is still ours                            (silent, taken)
 *
 * and from SEEKING straight to GRANTED, where the answer shows that nobody before us can be alive (lease-watch.ts).
 *
 * - A lease is good from `anchor`, the instant just before the last acknowledged command was sent: the server counts
 *   from later. The child is told to stop at anchor + R and is killed at anchor + R + G.
 * - Time comes first: whatever is reported after anchor + R, the lease counts as silent, as the dead-man has it.
 * - Renewals go out every P while the lease is ours: through the delay (another must not slip in), and after a stop for
 *   silence until the child has ended. These last ones do not give it more time, as the dead-man's TERM cannot be taken
 *   back; they keep others out while a process will not die (a hung disk), and let the release be marked, so that the
 *   next one may start at once. After a lease was refused there is nothing to renew: it is never set again.
 * - A lease given up in its delay is left to run out: its release would say that nobody is alive. If it was lost by
 *   silence or given up, the server may still have it as ours, so the next acquire uses its token.
 * - One command is in flight at a time, but a renewal of a lease that was given up is not waited for.
 */
import { unreachable } from '../model/unreachable.ts';
import type { Lease, LeaseEvent, LeaseOrder, LeaseStep, Tenure } from './lease-state.ts';
import { look, startAt } from './lease-watch.ts';
import type { LeaseTimings } from '../model/lease-timings.ts';

export type * from './lease-state.ts';

type Seeking = Extract<Lease, { state: 'seeking' }>;
type Answered = Extract<LeaseEvent, { type: 'answered' }>;

export const newLease = (): Lease => seeking(null);

/** Total: any event in any state gives a lease; what has no meaning there changes nothing. `now`: boot clock. */
export function step(lease: Lease, event: LeaseEvent, now: number, timings: LeaseTimings): LeaseStep {
  // Nobody has to be stopped who has ended.
  const timely = event.type === 'ended' ? stay(lease) : expire(lease, now, timings);
  const told = on(timely.lease, event, now, timings);
  const kept = renewIfDue(told.lease, now, timings);
  const at = nextWake(kept.lease, timings);
  const anew = at !== null && (event.type === 'woke' || at !== nextWake(lease, timings));
  const wake: LeaseOrder[] = anew ? [{ do: 'wake', at }] : [];
  return { lease: kept.lease, orders: [...timely.orders, ...told.orders, ...kept.orders, ...wake] };
}

function on(lease: Lease, event: LeaseEvent, now: number, timings: LeaseTimings): LeaseStep {
  switch (event.type) {
    case 'asked':
      return onAsked(lease, event.token, now, timings);
    case 'answered':
      return lease.state === 'seeking' ? onAnswered(lease, event, now, timings) : stay(lease);
    case 'renewed':
      return onRenewed(lease, event, timings);
    case 'refused':
      return onRefused(lease, event.token, now, timings);
    case 'failed':
      return onFailed(lease, event.command);
    case 'ended':
      return onEnded(lease, now, timings);
    case 'abandoned':
      return onAbandoned(lease, now);
    case 'woke':
      return stay(lease);
    default:
      return unreachable(event);
  }
}

function onAsked(lease: Lease, fresh: string, now: number, timings: LeaseTimings): LeaseStep {
  switch (lease.state) {
    case 'seeking': {
      const { flight, watch } = lease;
      if (flight !== null) return stay(seeking(lease.token, { ...flight, wanted: true }, watch));
      const token = lease.token ?? fresh;
      return to(seeking(lease.token, { token, orderedAt: now, wanted: true }, watch), {
        do: 'acquire',
        token,
      });
    }
    case 'delayed':
      return now >= lease.until ? grant(lease.tenure, timings) : delay(lease.tenure, lease.until);
    case 'granted':
    case 'stopping':
      return to(lease, { do: 'yield' });
    default:
      return unreachable(lease);
  }
}

function onAnswered(lease: Seeking, event: Answered, now: number, timings: LeaseTimings): LeaseStep {
  const { flight, watch } = lease;
  if (flight === null) return stay(lease);
  const { reply, sentAt } = event;
  const sight = { sentAt, answeredAt: now };
  const answer: LeaseOrder[] = flight.wanted ? [{ do: 'yield' }] : [];
  if (reply.kind === 'held') {
    return to(seeking(lease.token, null, look(watch, sight, reply, timings)), ...answer);
  }
  const { token, orderedAt } = flight;
  if (now >= sentAt + timings.renewDeadlineMs) return to(seeking(token), ...answer);

  const tenure = { token, fence: reply.fence, anchor: sentAt, orderedAt, inFlight: false };
  const until = startAt(watch, sight, reply, timings);
  if (flight.wanted) return now >= until ? grant(tenure, timings) : delay(tenure, until);
  return now >= until ? release(tenure) : stay(seeking(token));
}

function onRenewed(
  lease: Lease,
  { token, sentAt }: { token: string; sentAt: number },
  timings: LeaseTimings,
): LeaseStep {
  const tenure = tenureOf(lease);
  if (tenure?.token !== token) return stay(lease);
  const anchor = Math.max(tenure.anchor, sentAt);
  const renewed = withTenure(lease, { ...tenure, anchor, inFlight: false });
  if (lease.state !== 'granted') return stay(renewed);
  return to(renewed, { do: 'extend', ...deadlines(anchor, timings) });
}

function onRefused(lease: Lease, token: string, now: number, timings: LeaseTimings): LeaseStep {
  const tenure = tenureOf(lease);
  if (tenure?.token !== token) return stay(lease);
  if (lease.state === 'delayed') return stay(seeking(null));
  const taken: Lease = { state: 'stopping', why: 'taken' };
  if (lease.state === 'stopping') return stay(taken);
  const killAt = Math.min(now + timings.killGraceMs, deadlines(tenure.anchor, timings).killAt);
  return to(taken, { do: 'stop', why: 'taken', killAt });
}

function onFailed(lease: Lease, command: 'acquire' | 'renew'): LeaseStep {
  if (lease.state === 'seeking') {
    if (command !== 'acquire' || lease.flight === null) return stay(lease);
    return stay(seeking(lease.flight.token, null, lease.watch));
  }
  const tenure = tenureOf(lease);
  if (command !== 'renew' || tenure === null) return stay(lease);
  return stay(withTenure(lease, { ...tenure, inFlight: false }));
}

function onEnded(lease: Lease, now: number, timings: LeaseTimings): LeaseStep {
  if (lease.state !== 'granted' && lease.state !== 'stopping') return stay(lease);
  const tenure = tenureOf(lease);
  // Later the server has forgotten it.
  if (tenure === null || now >= tenure.anchor + timings.ttlMs) return stay(seeking(null));
  return release(tenure);
}

function onAbandoned(lease: Lease, now: number): LeaseStep {
  if (lease.state === 'seeking') {
    const { token, flight, watch } = lease;
    return flight === null ? stay(lease) : stay(seeking(token, { ...flight, wanted: false }, watch));
  }
  if (lease.state !== 'delayed') return stay(lease);
  // After the delay nobody is alive, as after a child's end.
  return now >= lease.until ? release(lease.tenure) : stay(seeking(lease.tenure.token));
}

/** What the time alone does. */
function expire(lease: Lease, now: number, timings: LeaseTimings): LeaseStep {
  if (lease.state !== 'delayed' && lease.state !== 'granted') return stay(lease);
  const { tenure } = lease;
  const { stopAt, killAt } = deadlines(tenure.anchor, timings);
  if (now < stopAt) return stay(lease);
  if (lease.state === 'delayed') return stay(seeking(tenure.token));
  return to({ state: 'stopping', why: 'silent', tenure }, { do: 'stop', why: 'silent', killAt });
}

function renewIfDue(lease: Lease, now: number, timings: LeaseTimings): LeaseStep {
  const tenure = tenureOf(lease);
  if (tenure === null || tenure.inFlight || now < tenure.orderedAt + timings.renewEveryMs) return stay(lease);
  const renewing = { ...tenure, orderedAt: now, inFlight: true };
  return to(withTenure(lease, renewing), { do: 'renew', token: tenure.token });
}

/** When something is due without any event; null: never. */
function nextWake(lease: Lease, timings: LeaseTimings): number | null {
  const tenure = tenureOf(lease);
  if (tenure === null) return null;
  const instants = [];
  if (!tenure.inFlight) instants.push(tenure.orderedAt + timings.renewEveryMs);
  if (lease.state !== 'stopping') instants.push(deadlines(tenure.anchor, timings).stopAt);
  return instants.length === 0 ? null : Math.min(...instants);
}

const grant = (tenure: Tenure, timings: LeaseTimings): LeaseStep =>
  to(
    { state: 'granted', tenure },
    { do: 'grant', fence: tenure.fence, ...deadlines(tenure.anchor, timings) },
  );

const delay = (tenure: Tenure, until: number): LeaseStep =>
  to({ state: 'delayed', tenure, until }, { do: 'delay', fence: tenure.fence, until });

const release = ({ token, fence }: Tenure): LeaseStep => to(seeking(null), { do: 'release', token, fence });

const deadlines = (anchor: number, { renewDeadlineMs, killGraceMs }: LeaseTimings) => ({
  stopAt: anchor + renewDeadlineMs,
  killAt: anchor + renewDeadlineMs + killGraceMs,
});

const tenureOf = (lease: Lease): Tenure | null => ('tenure' in lease ? lease.tenure : null);

const withTenure = (lease: Lease, tenure: Tenure): Lease =>
  'tenure' in lease ? { ...lease, tenure } : lease;

const seeking = (
  token: string | null,
  flight: Seeking['flight'] = null,
  watch: Seeking['watch'] = null,
): Seeking => ({ state: 'seeking', token, flight, watch });

const to = (lease: Lease, ...orders: LeaseOrder[]): LeaseStep => ({ lease, orders });

const stay = (lease: Lease): LeaseStep => to(lease);
