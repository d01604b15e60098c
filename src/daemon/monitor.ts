/** What monitors are told of a supervisor: whether it is well, whether the set is ready, and its figures. */
import type { Vitality } from '../control/pages.ts';
import type { StatusAnswer } from '../control/protocol.ts';
import type { Clock } from '../model/clock.ts';
import type { ProcessStat } from '../os/proc.ts';
import type { News } from '../supervisor/news.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { isSettled, standingsOf } from './settled.ts';
import { livingOf, newSight } from './sight.ts';
import { newTallies } from './tally.ts';

export interface MonitorPorts {
  readonly clock: Clock;
  status(): StatusAnswer;
}

export interface Monitor extends Vitality {
  /** Everything that starts by itself has been ordered to. */
  begun(supervisor: Pick<Supervisor, 'instances' | 'wanted' | 'queuedFor' | 'stopping'>): void;
  heard(news: News): void;
  /** All processes of the system as they are now. */
  look(stats: readonly ProcessStat[]): void;
}

/** The figures are good for others who ask within this: to gather them takes some of the loop's time. Milliseconds. */
const FRESH_MS = 1000;

export function newMonitor({ clock, ...ports }: MonitorPorts): Monitor {
  const startedAt = clock.wall();
  const unseenOf = newSight();
  let supervisor: Parameters<Monitor['begun']>[0] | null = null;
  let sees = true;
  let last: { readonly at: number; readonly all: ReturnType<typeof gather> } | null = null;
  const tallies = newTallies(() => supervisor?.instances ?? []);

  const healthy = (): boolean => sees;
  const ready = (): boolean => {
    if (supervisor === null || supervisor.stopping) return false;
    // One that serves until its successor does is ready all the while.
    const standings = standingsOf(supervisor).map((one) =>
      one.state.id === 'RUNNING' ? { ...one, changing: false } : one,
    );
    return isSettled(standings, false);
  };
  const gather = async () => {
    const { families } = await import('../control/metrics.ts');
    const { user, system } = process.cpuUsage();
    return families({
      status: ports.status(),
      tallies: tallies.read(),
      healthy: healthy(),
      ready: ready(),
      now: clock.wall(),
      startedAt,
      own: { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 },
    });
  };

  return {
    healthy,
    ready,
    async metrics(accept) {
      const now = clock.now();
      if (last === null || now - last.at >= FRESH_MS) last = { at: now, all: gather() };
      const [all, { expose }] = await Promise.all([last.all, import('../control/exposition.ts')]);
      return expose(all, accept);
    },
    begun: (given) => void (supervisor = given),
    heard: (news) => tallies.heard(news),
    look(stats) {
      tallies.look();
      const living = (supervisor?.instances ?? []).flatMap(livingOf);
      sees = unseenOf(living, stats, clock.now()).length === 0;
    },
  };
}
