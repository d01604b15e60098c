/**
 * From when on no holder before us can be alive, by what the server says and by what we saw of it while we waited.
 *
 * A holder is gone at most T after it sent the last renewal that was acknowledged, and that was before we got the lease,
 * so to wait T is always enough. It may be less:
 * (a) the holder before us released, in this same run of the server: at once;
 * (b) we watched, and saw its lease run out: at once, but not before T after the watch began.
 *
 * A watch goes on for as long as each look can be explained by the one before: the same run of the server, the same
 * holder, a lease that only runs down or was renewed to its full length, an uptime that grows as our own clock does.
 * Anything else (a restart, another holder, a clock that was set, too long a gap) begins it anew. Whoever held before it
 * began, is gone T after that; whoever was seen in it, is gone when its lease has run out. That is why a watch need not
 * be T long to be of use: the child waits for what is left of it.
 *
 * Nobody can see into the gap between two looks. A lease that was removed there by force after a renewal that nobody saw
 * looks like one that ran out, if it was about to. Thus the gap is so short that a holder whose lease was so near its end
 * had stopped its child already: T less the gap is more than R.
 *
 * What stays unseen: a server's clock that is set forward in the same gap as a renewal, by less than the uptime can show
 * (two seconds, and the time on the way). The lease then ends early by as much. With the defaults R + G + K + L leaves
 * more room than that; with timings at the limit, or a TTL of a few seconds, it need not.
 */
import type { AcquireReply, ServerFacts, Watch } from './lease-state.ts';
import { CLOCK_STEP_MS, type LeaseTimings } from '../model/lease-timings.ts';

type Held = Extract<AcquireReply, { kind: 'held' }>;
type Acquired = Extract<AcquireReply, { kind: 'acquired' }>;

/** A server tells its uptime in whole seconds. */
const UPTIME_STEP_MS = 1000;

/** When a command was sent and when its answer was here; the server acted somewhere between. */
export interface Sight {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** One look of one who waits. */
export function look(
  before: Watch | null,
  { sentAt, answeredAt }: Sight,
  held: Held,
  t: LeaseTimings,
): Watch {
  const seen: Watch = {
    run: held.server.run,
    since: answeredAt,
    sentAt,
    answeredAt,
    uptimeMs: held.server.uptimeMs,
    fence: held.fence,
    ttlMs: held.ttlMs,
    runsOutFrom: sentAt + held.leftMs * (1 - t.drift),
    runsOutBy: answeredAt + CLOCK_STEP_MS + held.leftMs * (1 + t.drift),
  };
  if (before === null || held.fence !== before.fence) return seen;
  if (!isNext(before, { sentAt, answeredAt }, held.server, t)) return seen;

  const { since } = before;
  const renewed = held.leftMs >= held.ttlMs - gap(before, answeredAt) * (1 + t.drift);
  if (renewed) return { ...seen, since };
  const runsDown = seen.runsOutFrom <= before.runsOutBy && seen.runsOutBy >= before.runsOutFrom;
  if (!runsDown) return seen;
  return {
    ...seen,
    since,
    runsOutFrom: Math.max(seen.runsOutFrom, before.runsOutFrom),
    runsOutBy: Math.min(seen.runsOutBy, before.runsOutBy),
  };
}

/** The instant from which on the child may run, if the lease is kept until then. */
export function startAt(watch: Watch | null, sight: Sight, reply: Acquired, t: LeaseTimings): number {
  const now = sight.answeredAt;
  const ttlMs = Math.max(t.ttlMs, reply.previous?.ttlMs ?? 0, watch?.ttlMs ?? 0);
  // Our clock may be fast.
  const waitMs = ttlMs * (1 + t.drift);
  if (reply.again) return now + waitMs;
  if (wasReleased(reply)) return now;
  if (watch === null || !ranOut(watch, sight, reply, t)) return now + waitMs;
  return Math.max(now, watch.runsOutBy, watch.since + waitMs);
}

const wasReleased = ({ previous, released, server }: Acquired): boolean =>
  previous !== null && released !== null && released.fence === previous.fence && released.run === server.run;

/** No lease was given out since the last look, and the one that was seen there was as good as over. */
const ranOut = (watch: Watch, sight: Sight, { previous, server }: Acquired, t: LeaseTimings): boolean =>
  isNext(watch, sight, server, t) && previous?.fence === watch.fence && sight.answeredAt >= watch.runsOutFrom;

/** Whether this is the same server as in the look before, not long after that, and with a clock that was not set. */
function isNext(before: Watch, { answeredAt }: Sight, server: ServerFacts, t: LeaseTimings): boolean {
  if (server.evicts || server.run !== before.run) return false;
  const gapMs = gap(before, answeredAt);
  // A shorter lease than ours is taken to have the shape of ours.
  const share = Math.min(1, before.ttlMs / t.ttlMs);
  if (gapMs > Math.min(t.renewEveryMs, (t.killGraceMs + t.killWaitMs + t.lagMs) * share)) return false;
  return server.uptimeMs - before.uptimeMs <= gapMs * (1 + t.drift) + UPTIME_STEP_MS;
}

/** Between two acts of the server, at most. */
const gap = ({ sentAt }: Watch, answeredAt: number): number => answeredAt - sentAt + CLOCK_STEP_MS;
