/** Makes a running set what its manifest says now: read again, compared, and changed where it differs. */
import { failure, severityOf, type Failure, type Result } from '../model/failure.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { changesOf, type Change } from '../supervisor/changes.ts';
import type { News } from '../supervisor/news.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** A manifest as it reads now; without a plan the findings say why. */
export interface Reread {
  readonly plan: Plan | null;
  readonly findings: readonly Failure[];
}

export interface RevisionPorts {
  /** By name: so many instances, whatever INSTANCES says. */
  reread(scales: ReadonlyMap<string, number>): Promise<Reread>;
  /** Those of the plan that this supervisor is for. */
  choose(plan: Plan): readonly ProcessSpec[];
  /** Before anything of a plan is used: what it needs is claimed and opened, or nothing of it is. */
  prepare(plan: Plan, specs: readonly ProcessSpec[], added: readonly ProcessSpec[]): Promise<Result<null>>;
  supervisor(): Supervisor;
  /** The manifest is about to be read for an update; the returned function is called when that was done or refused. */
  reading(): () => void;
  tell(news: News): void;
}

export type Revised = Result<readonly Change[], readonly Failure[]>;

export interface Revision {
  /** `dry` only looks. Several at one time take effect one after the other. */
  update(dry: boolean): Promise<Revised>;
  /** Changes how many instances there are of these names, and nothing else; it holds until the supervisor ends. */
  scale(counts: ReadonlyMap<string, number>): Promise<Revised>;
}

export function newRevision(ports: RevisionPorts): Revision {
  let scales: ReadonlyMap<string, number> = new Map();
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = async <T>(act: () => Promise<T>): Promise<T> => {
    const before = last;
    const mine = (async () => {
      await before.catch(() => undefined); // told to whoever asked for that one
      return act();
    })();
    last = mine;
    return mine;
  };

  const refused = (error: readonly Failure[]): Revised => {
    const result: Revised = { ok: false, error };
    ports.tell({ type: 'revised', result });
    return result;
  };

  const revise = async (
    wish: ReadonlyMap<string, number>,
    dry: boolean,
    isMeant: (change: Change) => boolean,
  ): Promise<Revised> => {
    const { plan, findings } = await ports.reread(wish);
    if (plan === null) return refused(findings.filter(({ code }) => severityOf(code) === 'error'));
    const specs = ports.choose(plan);
    const supervisor = ports.supervisor();
    const changes = changesOf(supervisor.wanted(), specs).filter(isMeant);
    if (dry) return { ok: true, value: changes };
    if (supervisor.stopping) return refused([failure('supervisor-stopping', {})]);
    const added = changes.filter(({ kind }) => kind === 'added').map(({ spec }) => spec);
    const kept = new Set(changes.filter(({ kind }) => kind !== 'removed').map(({ spec }) => spec.instance));
    const before = supervisor.wanted();
    const target = [...before.filter((one) => !kept.has(one.instance)), ...changes.flatMap(toBe)];
    const prepared = await ports.prepare(plan, target, added);
    if (!prepared.ok) return refused([prepared.error]);
    scales = wish;
    ports.tell({ type: 'revised', result: { ok: true, value: changes } });
    supervisor.apply(changes);
    return { ok: true, value: changes };
  };

  return {
    update: async (dry) =>
      inTurn(async () => {
        const done = dry ? () => undefined : ports.reading();
        try {
          return await revise(scales, dry, () => true);
        } finally {
          done();
        }
      }),
    scale: async (counts) =>
      inTurn(async () =>
        revise(
          new Map([...scales, ...counts]),
          false,
          ({ kind, spec }) => counts.has(spec.name) && kind !== 'changed',
        ),
      ),
  };
}

const toBe = (change: Change): ProcessSpec[] => (change.kind === 'removed' ? [] : [change.spec]);
