/** Tells the service manager how we are: sd_notify(3), as `Type=notify` and `Type=notify-reload` want it. */
import type { ProcessRow } from '../control/protocol.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ServiceManager } from '../os/activation.ts';
import { reloadingLines, type Notifier } from '../os/notify.ts';
import type { ProcessStat } from '../os/proc.ts';
import type { News } from '../supervisor/news.ts';
import type { Slot } from '../supervisor/slot.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { isSettled, type Standing } from './settled.ts';
import { newSight, type Living } from './sight.ts';
import { causeOf, livePid, taskCounts } from './status.ts';

export type ServiceRow = Pick<ProcessRow, 'instance' | 'state' | 'cause' | 'tasks'>;

export interface ServiceView {
  readonly rows: readonly ServiceRow[];
  readonly stopping: boolean;
  /** The manifest was read again, and cannot be used. */
  readonly refused: boolean;
}

export interface ServicePorts {
  readonly manager: ServiceManager;
  readonly notifier: Notifier;
  readonly clock: Clock;
  /** One line for people. */
  readonly summary: (view: ServiceView) => string;
  readonly problem: (failure: Failure) => void;
}

export interface Service {
  /** How often `look` must be called at least. Milliseconds. */
  readonly periodMs: number;
  /** Everything that starts by itself has been ordered to. */
  begun(supervisor: Pick<Supervisor, 'instances' | 'wanted' | 'queued' | 'stopping'>): void;
  heard(news: News): void;
  /** The manifest is being read again; the returned function: what it says has been ordered, or refused. */
  reloading(): () => void;
  /** All processes of the system as they are now. Only where those of ours are among them the manager is answered. */
  look(stats: readonly ProcessStat[]): void;
  /** Everything has ended. Resolves when the manager was told. */
  close(): Promise<void>;
}

/** For how long each word holds off the manager while we start, reload or drain, and how often it is given. Milliseconds. */
const EXTEND_MS = 30_000;
const EXTEND_EVERY_MS = 10_000;
/** Changes within this are told as one. Milliseconds. */
const STATUS_MS = 100;

const EXTEND = `EXTEND_TIMEOUT_USEC=${EXTEND_MS * 1000}`;

export function newService({ manager, notifier, clock, summary, problem }: ServicePorts): Service {
  const { watchdogMs } = manager;
  const periodMs = Math.min(EXTEND_EVERY_MS, watchdogMs === null ? Infinity : watchdogMs / 2);
  const unseenOf = newSight();
  let supervisor: Parameters<Service['begun']>[0] | null = null;
  let phase: 'starting' | 'up' | 'reloading' | 'stopping' = 'starting';
  /** Readings of the manifest that go on. */
  let readings = 0;
  let refused = false;
  let said = '';
  let pingedAt = -Infinity;
  let lookedAt = -Infinity;
  let extendedAt = clock.now();
  let blind = false;
  let looking = false;
  let cancelStatus: Cancel | null = null;

  const slots = (): readonly Slot[] => supervisor?.instances ?? [];
  const standings = (): Standing[] => {
    const wanted = new Set((supervisor?.wanted() ?? []).map(({ instance }) => instance));
    return slots()
      .filter(({ spec }) => wanted.has(spec.instance))
      .map((slot) => ({
        spec: slot.spec,
        state: slot.machine().state,
        changing: slot.replacing() !== null || (supervisor?.queued(slot) ?? null) !== null,
      }));
  };

  /** The line, where it is another than the last. */
  const status = (): string[] => {
    cancelStatus?.();
    cancelStatus = null;
    const rows = slots().filter(isMeant).map(serviceRow);
    const text = summary({ rows, stopping: phase === 'stopping', refused });
    if (text === said) return [];
    said = text;
    return [`STATUS=${text}`];
  };
  const tellStatus = (): void => {
    const lines = status();
    if (lines.length > 0) notifier.send(lines);
  };

  const tellStopping = (): void => {
    phase = 'stopping';
    extendedAt = clock.now();
    notifier.send(['STOPPING=1', EXTEND, ...status()]);
  };

  const consider = (): void => {
    looking = false;
    if (supervisor === null) return;
    if (phase === 'stopping') cancelStatus ??= clock.after(STATUS_MS, tellStatus);
    else if (supervisor.stopping) tellStopping();
    else if (phase !== 'up' && readings === 0 && isSettled(standings(), phase === 'reloading')) {
      phase = 'up';
      notifier.send(['READY=1', ...status()]);
    } else cancelStatus ??= clock.after(STATUS_MS, tellStatus);
  };

  // In a shell or under a wrapper the manager takes another process for the main one.
  notifier.send([`MAINPID=${process.pid}`, EXTEND]);

  return {
    periodMs,
    begun(given) {
      supervisor = given;
      consider();
    },
    heard(news) {
      if (news.type === 'line') return;
      if (news.type === 'revised') refused = !news.result.ok;
      if (looking) return;
      looking = true;
      // What one piece of news leads to comes first: a restart of the next one, a stop of everything.
      queueMicrotask(consider);
    },
    reloading() {
      // Before it is up, and after it was told that we stop, the manager has another answer coming.
      if (phase === 'starting' || phase === 'stopping') return () => undefined;
      phase = 'reloading';
      readings += 1;
      extendedAt = clock.now();
      notifier.send([...reloadingLines(), EXTEND]);
      return () => {
        readings -= 1;
        consider();
      };
    },
    look(stats) {
      const now = clock.now();
      const since = now - lookedAt;
      lookedAt = now;
      const unseen = unseenOf(slots().flatMap(livingOf), stats, now);
      if (unseen.length > 0) {
        if (!blind) problem(failure('children-unseen', { children: unseen, watched: watchdogMs !== null }));
        blind = true;
        return;
      }
      blind = false;
      const lines: string[] = [];
      // The next look would be too late.
      if (watchdogMs !== null && now - pingedAt + Math.min(since, periodMs) > watchdogMs / 2) {
        pingedAt = now;
        lines.push('WATCHDOG=1');
      }
      if (phase !== 'up' && now - extendedAt >= EXTEND_EVERY_MS) {
        extendedAt = now;
        lines.push(EXTEND);
      }
      if (lines.length > 0) notifier.send(lines);
    },
    async close() {
      if (phase !== 'stopping') tellStopping();
      else tellStatus();
      await notifier.flushed();
    },
  };
}

/** What nobody has asked to run is not missed. */
const isMeant = (slot: Slot): boolean => {
  const { state } = slot.machine();
  return slot.spec.autostart || state.id !== 'STOPPED' || state.ordered;
};

function serviceRow(slot: Slot): ServiceRow {
  const { state } = slot.machine();
  const run = slot.run();
  return {
    instance: slot.spec.instance,
    state: state.id,
    cause: causeOf(state, slot.spec.oneshot, run?.tail() ?? []),
    tasks: taskCounts(run, livePid(state) !== null),
  };
}

const livingOf = (slot: Slot): Living[] =>
  slot.all().flatMap((one) => {
    const pid = livePid(one.machine().state);
    return pid === null ? [] : [{ instance: one.label, pid }];
  });
