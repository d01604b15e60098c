/** Watches what a Celery process that had been ready reports over its link. */
import type { Cancel, Clock } from '../model/clock.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { ProbeTrouble } from '../model/process.ts';
import type { LinkLiveness, ProcessSpec } from '../model/spec.ts';
import { unreachable } from '../model/unreachable.ts';
import { loopOf, type Vitals } from '../model/vitals.ts';
import { look, newMemory, stuckTrouble, type Memory, type Sign } from './vital-signs.ts';

/** The process that is watched, as its link tells of it. */
export interface Reporter {
  /** What it last said; null before the first time, and where its Celery has no place for our hook: not judged. */
  vitals(): Vitals | null;
  /** The broker that it last spoke of, password masked; null: it has not used one yet. */
  broker(): { readonly url: string; readonly lost: boolean } | null;
  /** The pool that it has in fact: the project's settings may name another than the manifest. */
  pool(): string | null;
  /** It ends by itself, at its own pace: its loop turns no more, and its tasks may. */
  stopping(): boolean;
}

/** What is told and nothing is done about. */
export type Complaint = Exclude<Sign, { kind: 'hung' }>;

export interface VitalsListener {
  /** Once, and last: it is to be restarted. */
  silent(trouble: ProbeTrouble): void;
  /** Once, until it is over. */
  complain(complaint: Complaint): void;
}

/** Milliseconds from one look to the next, and for the broker to answer. */
const PERIOD_MS = 1000;
const BROKER_MS = 3000;
/** Between two looks: then it was this process that stood still, and what it has not read says nothing. Milliseconds. */
const AWAY_MS = BROKER_MS + 2 * PERIOD_MS;

/** What has arrived is heard first: the poll phase of the loop, which reads, runs before an immediate does. */
const reportsRead = async (): Promise<void> => new Promise((done) => void setImmediate(done));

/** The returned function ends the watch. */
export function watchVitals(
  given: LinkLiveness,
  reporter: Reporter,
  brokerAnswers: (url: string, timeoutMs: number) => Promise<boolean>,
  clock: Clock,
  listener: VitalsListener,
): Cancel {
  const pool = reporter.pool();
  const policy = pool === null ? given : { ...given, loop: loopOf(pool) };
  let over = false;
  let memory: Memory = newMemory(clock.now());
  let lookedAt = clock.now();
  let brokerSilentAt = -Infinity;
  const told = new Set<Sign['kind']>();
  /** After the broker has come back: the time that the process gets to notice. */
  const patienceMs = policy.loop === 'beat' ? policy.beatMs : policy.loopMs;

  const judge = (): Extract<Sign, { kind: 'hung' }> | null => {
    const now = clock.now();
    const vitals = reporter.vitals();
    // A broker that the process itself misses comes back for no restart.
    if (reporter.broker()?.lost === true || now - lookedAt > AWAY_MS) memory = newMemory(now);
    lookedAt = now;
    if (vitals === null || reporter.stopping()) return null;
    const found = look(policy, vitals, memory, now);
    memory = found.memory;
    complain(found.signs.filter((sign) => sign.kind !== 'hung'));
    const stuck = found.signs.find((sign) => sign.kind === 'stuck');
    const hung = found.signs.find((sign) => sign.kind === 'hung');
    if (hung !== undefined || stuck === undefined || policy.stuck === 'report') return hung ?? null;
    return { kind: 'hung', trouble: stuckTrouble(stuck), needsBroker: false };
  };

  const complain = (complaints: readonly Complaint[]): void => {
    if (!complaints.some(({ kind }) => kind === 'stuck')) told.delete('stuck');
    for (const one of complaints) {
      if (told.has(one.kind) || (one.kind === 'stuck' && policy.stuck === 'restart')) continue;
      told.add(one.kind);
      listener.complain(one);
    }
  };

  /** Where no broker is known none was needed so far, so it is not what stands in the way. */
  const askBroker = async (): Promise<boolean> => {
    const url = reporter.broker()?.url ?? null;
    if (url !== null && !(await brokerAnswers(url, BROKER_MS))) brokerSilentAt = clock.now();
    return clock.now() - brokerSilentAt >= patienceMs;
  };

  const again = async (): Promise<void> => {
    await reportsRead();
    if (over) return;
    const suspect = judge();
    let hung = suspect;
    if (suspect?.needsBroker === true) {
      const answers = await askBroker();
      // It may have come to itself while the broker was asked.
      await reportsRead();
      if (over) return;
      hung = answers ? judge() : null;
    }
    if (hung !== null) {
      over = true;
      listener.silent(hung.trouble);
    } else cancelTimer = clock.after(PERIOD_MS, () => void again());
  };
  let cancelTimer: Cancel = clock.after(PERIOD_MS, () => void again());
  return () => {
    over = true;
    cancelTimer();
  };
}

/** A complaint with its facts; `mainBytes` is what the main process has. */
export function complaintOf(
  complaint: Complaint,
  { instance, argv }: Pick<ProcessSpec, 'instance' | 'argv'>,
  policy: LinkLiveness,
  mainBytes: number | null,
): Failure {
  switch (complaint.kind) {
    case 'stuck': {
      const { slots, task, ageMs } = complaint;
      return failure('slots-stuck', { instance, slots, task, ms: ageMs, limitMs: policy.taskMs ?? 0 });
    }
    case 'churn': {
      const { exits, done, ms } = complaint;
      const limits = argv.filter((token) => /^--max-(tasks|memory)-per-child=/.test(token));
      return failure('children-churn', { instance, exits, tasks: done, ms, limits, mainBytes });
    }
    default:
      return unreachable(complaint);
  }
}
