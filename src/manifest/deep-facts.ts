/** What a project has, as far as it answered. */
import type { WebInterface } from '../model/deep.ts';
import type { Sent, Told, ToldBy } from './deep-answer.ts';
import { appOf, type Answers } from './deep-findings.ts';
import { TESTED } from './deep-tested.ts';

export interface DeepFacts {
  /** How long each step was given. Milliseconds. */
  readonly timeoutMs: number;
  readonly interpreters: readonly {
    readonly processes: readonly string[];
    /** As the manifest has it, and what it is. */
    readonly python: string;
    readonly version: string;
    readonly packages: readonly {
      readonly name: string;
      /** Null: it is not installed, and is needed. */
      readonly version: string | null;
      /** First and last version that prodserver's tests have run. */
      readonly tested: readonly [string, string] | null;
    }[];
  }[];
  readonly applications: readonly CeleryFacts[];
  readonly web: readonly {
    readonly processes: readonly string[];
    readonly app: string;
    /** Null where it cannot be told, or the application did not import. */
    readonly interface: WebInterface | null;
    readonly imported: boolean;
  }[];
}

/** Null wherever it was not answered. */
export interface CeleryFacts {
  readonly processes: readonly string[];
  readonly app: string;
  readonly tasks: readonly string[] | null;
  readonly schedule: readonly Sent[] | null;
  readonly scheduler: string | null;
  readonly brokers: readonly { readonly url: string; readonly answers: boolean }[] | null;
  /** Null too where the application keeps none. */
  readonly results: {
    readonly backend: string;
    readonly url: string | null;
    /** Null: it cannot be asked without leaving a trace. */
    readonly answers: boolean | null;
  } | null;
}

const processesOf = ({ question }: Answers): string[] => question.subjects.map(({ name }) => name);

export function factsOf(timeoutMs: number, all: readonly Answers[]): DeepFacts {
  return {
    timeoutMs,
    interpreters: all.flatMap(interpreters),
    applications: all.flatMap((answers) => (answers.question.kind === 'celery' ? [celery(answers)] : [])),
    web: all.flatMap((answers) => {
      const [subject] = answers.question.subjects;
      if (answers.question.kind !== 'web' || subject === undefined) return [];
      const told = find(answers, 'web');
      return [
        {
          processes: processesOf(answers),
          app: appOf(subject),
          interface: told?.interface ?? null,
          imported: told !== undefined,
        },
      ];
    }),
  };
}

const find = <S extends Told['step']>({ told }: Answers, step: S): ToldBy<S> | undefined =>
  told.find((one): one is ToldBy<S> => one.step === step);

function interpreters(answers: Answers): DeepFacts['interpreters'][number][] {
  const told = find(answers, 'packages');
  if (told === undefined) return [];
  const needed = answers.question.subjects.flatMap((one) => one.packages.map((need) => need.package));
  const packages = Object.entries(told.versions)
    .filter(([name, version]) => version !== null || needed.includes(name))
    .map(([name, version]) => ({ name, version, tested: TESTED[name] ?? null }));
  const { python } = answers.interview;
  return [{ processes: processesOf(answers), python, version: told.python, packages }];
}

function celery(answers: Answers): CeleryFacts {
  const { question } = answers;
  const [schedule, scheduler] = [find(answers, 'schedule'), find(answers, 'scheduler')];
  const results = find(answers, 'results');
  const state = results?.django_app ?? null;
  const usable =
    state === null || (state.installed && state.unreachable === null && state.unapplied.length === 0);
  return {
    processes: processesOf(answers),
    app: question.kind === 'celery' ? question.app : '',
    tasks: find(answers, 'tasks')?.names ?? null,
    schedule: schedule === undefined ? null : [...schedule.schedule, ...(scheduler?.schedule ?? [])],
    scheduler: scheduler?.scheduler ?? null,
    brokers:
      find(answers, 'broker')?.doors.map(({ url, trouble }) => ({ url, answers: trouble === null })) ?? null,
    results:
      results === undefined || results.backend.endsWith('.DisabledBackend')
        ? null
        : {
            backend: results.backend,
            url: results.url === '' ? null : results.url,
            answers: results.asked ? results.trouble === null && usable : null,
          },
  };
}
