/** What is counted of each instance over all of its runs. A run counts from 0 again; what is told here never falls. */
import type { Tally } from '../control/metrics.ts';
import type { Vitals } from '../model/vitals.ts';
import type { News } from '../supervisor/news.ts';
import type { Run } from '../supervisor/run.ts';
import type { Slot } from '../supervisor/slot-face.ts';
import type { BackoffCause, State } from '../supervisor/state.ts';

/** What is asked of a run. */
type Counting = Pick<Run, 'cpuSeconds' | 'vitals'>;

export interface Tallies {
  heard(news: News): void;
  /** To be called now and then, so that little is lost of a run whose place is taken. */
  look(): void;
  read(): ReadonlyMap<string, Tally>;
}

interface Counts {
  cpuSeconds: number;
  readonly tasks: Map<string, number>;
  readonly restarts: Map<string, number>;
}

interface Seen {
  readonly instance: string;
  readonly counts: Map<string, number>;
  cpuSeconds: number;
  /** Nobody's any more, as of the last look: its last words may come after its end. */
  gone: boolean;
}

export function newTallies(slots: () => readonly Pick<Slot, 'spec' | 'all'>[]): Tallies {
  /** Of those that have left too: one that comes back goes on where it was. */
  const all = new Map<string, Counts>();
  const runs = new Map<Counting, Seen>();

  const of = (instance: string): Counts => {
    const known = all.get(instance) ?? { cpuSeconds: 0, tasks: new Map(), restarts: new Map() };
    all.set(instance, known);
    return known;
  };
  const restarted = (instance: string, reason: string): void => {
    const { restarts } = of(instance);
    restarts.set(reason, (restarts.get(reason) ?? 0) + 1);
  };
  const take = (run: Counting, seen: Seen): void => {
    const counts = of(seen.instance);
    const cpuSeconds = run.cpuSeconds();
    counts.cpuSeconds += Math.max(0, cpuSeconds - seen.cpuSeconds);
    seen.cpuSeconds = cpuSeconds;
    for (const [outcome, count] of outcomes(run.vitals())) {
      const more = Math.max(0, count - (seen.counts.get(outcome) ?? 0));
      counts.tasks.set(outcome, (counts.tasks.get(outcome) ?? 0) + more);
      seen.counts.set(outcome, count);
    }
  };
  const gather = (): Set<Counting> => {
    const there = new Set<Counting>();
    for (const slot of slots()) {
      of(slot.spec.instance);
      for (const one of slot.all()) {
        const run = one.run();
        if (run === null) continue;
        there.add(run);
        if (!runs.has(run)) {
          const { instance } = slot.spec;
          runs.set(run, { instance, counts: new Map(), cpuSeconds: 0, gone: false });
        }
      }
    }
    for (const [run, seen] of runs) take(run, seen);
    return there;
  };

  return {
    heard(news) {
      if (news.type === 'replaced') restarted(news.spec.instance, news.cause.kind);
      if (news.type !== 'changed') return;
      gather();
      const { id } = news.machine.state;
      if (id !== 'STARTING' && id !== 'WAITING') return;
      const reason = reasonAfter(news.from);
      if (reason !== null) restarted(news.spec.instance, reason);
    },
    look() {
      const there = gather();
      for (const [run, seen] of runs) {
        if (there.has(run)) seen.gone = false;
        else if (seen.gone) runs.delete(run);
        else seen.gone = true;
      }
    },
    read() {
      gather();
      return new Map(
        [...all].map(([instance, { cpuSeconds, tasks, restarts }]) => [
          instance,
          {
            cpuSeconds,
            tasks: tasks.size === 0 ? null : Object.fromEntries(tasks),
            restarts: Object.fromEntries(restarts),
          },
        ]),
      );
    },
  };
}

function outcomes(vitals: Vitals | null): [string, number][] {
  if (vitals?.kind !== 'worker') return [];
  const { succeeded, failed, retried, revoked } = vitals.counts;
  return Object.entries({ succeeded, failed, retried, revoked, unknown: vitals.unknown?.count ?? 0 });
}

/** Why a run that begins after this state takes the place of another; null: it does not, or somebody ordered it. */
function reasonAfter(state: State): string | null {
  if (state.id === 'BACKOFF') return reasonOf(state.cause);
  if (state.id !== 'STOPPING') return null;
  if (state.next.kind === 'reclaim') return 'lock-lost';
  return state.next.kind === 'backoff' ? reasonOf(state.next.cause) : null;
}

function reasonOf(cause: BackoffCause): string | null {
  if (cause.kind === 'crash') return cause.exit.oom === true ? 'oom' : 'crash';
  if (cause.kind !== 'failure') return cause.kind;
  // It only waited for its turn: why it is to start was counted before.
  return cause.failure.code === 'start-rate' ? null : cause.failure.code;
}
