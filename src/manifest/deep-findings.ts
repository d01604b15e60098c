/** What a project's answers come to, at their places in the manifest. */
import { relative } from 'node:path';
import type { RaisedFacts } from '../model/deep.ts';
import { failure, type Failure, type Place } from '../model/failure.ts';
import { nearest } from '../model/units.ts';
import type { DjangoApp, Door, Failed, ProjectError, Sent, Told, ToldBy } from './deep-answer.ts';
import type { Pointer, WebNeed } from './deep-needs.ts';
import type { Interview, Question, Subject } from './deep-questions.ts';
import type { Document } from './document.ts';

/** What is known of one question when its interpreter has ended. */
export interface Answers {
  readonly interview: Interview;
  readonly question: Question;
  readonly told: readonly Told[];
  readonly failed: readonly Failed[];
}

/** What all findings are made with. */
export interface Scene {
  readonly doc: Document;
  /** Whole tracebacks and stacks. */
  readonly verbose: boolean;
  /** The manifest has an entry that applies migrations before the others start. */
  readonly migrates: boolean;
}

export function findingsOf(scene: Scene, answers: Answers): Failure[] {
  const { question } = answers;
  switch (question.kind) {
    case 'packages':
      return answers.told.flatMap((told) => (told.step === 'packages' ? missing(scene, answers, told) : []));
    case 'celery':
      return celery(scene, answers, question);
    case 'web':
      return web(scene, answers);
    case 'django':
      return django(scene, answers);
    default:
      return question satisfies never;
  }
}

/** Where `pointer` of an entry stands; an option by any of its spellings. */
export function placeOf({ doc }: Scene, subject: Subject, pointer: Pointer): Place {
  const entry = ['PRODUCTION_PROCESSES', subject.name];
  if (typeof pointer === 'string') return doc.place([...entry, pointer], 'value');
  const root = doc.value as Record<string, Record<string, { ARGS?: unknown } | null> | null> | null;
  const given = root?.['PRODUCTION_PROCESSES']?.[subject.name]?.ARGS;
  const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const key = keys.find((one) => one.replaceAll('_', '-') === pointer.option);
  // What the settings of the project name is told at the application.
  return key === undefined
    ? doc.place([...entry, 'APP'], 'value')
    : doc.place([...entry, 'ARGS', key], 'value');
}

const toldBy = <S extends Told['step']>({ told }: Answers, step: S): ToldBy<S> | undefined =>
  told.find((one): one is ToldBy<S> => one.step === step);

const first = ({ question }: Answers): Subject => question.subjects[0] as Subject;

/** What a message calls the thing that was asked. */
export const appOf = (subject: Subject): string =>
  subject.need === null || subject.need.kind === 'django' ? subject.name : subject.need.app;

export function raised({ verbose }: Scene, { interview }: Answers, error: ProjectError): RaisedFacts {
  const { place } = error;
  const text = error.text.split('\n')[0] ?? '';
  return {
    error: (text === '' ? error.type : `${error.type}: ${text}`).slice(0, 400),
    at: place === null ? null : `${near(place.file, interview.cwd)}:${place.line}: ${place.text}`,
    missing: error.missing,
    trace: verbose ? error.trace : [],
    python: interview.python,
    cwd: interview.cwd,
  };
}

export function near(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') ? file : path;
}

function missing(scene: Scene, { interview, question }: Answers, told: ToldBy<'packages'>): Failure[] {
  return question.subjects.flatMap((subject) =>
    subject.packages
      .filter((need) => told.versions[need.package] === null)
      .map((need) => {
        const { backend } = subject;
        const facts = {
          package: need.package,
          backend,
          forWhat: need.forWhat,
          python: interview.python,
        };
        return failure('package-missing', facts, { place: placeOf(scene, subject, need.at) });
      }),
  );
}

function celery(scene: Scene, answers: Answers, question: Extract<Question, { kind: 'celery' }>): Failure[] {
  const subject = first(answers);
  const { app } = question;
  const place = placeOf(scene, subject, 'APP');
  const found = answers.failed.map((failed) => celeryFailed(scene, answers, failed, app));
  const tasks = toldBy(answers, 'tasks');
  const worker = question.subjects.find(({ need }) => need?.kind === 'celery' && need.role === 'worker');
  if (tasks !== undefined && tasks.names.length === 0 && worker !== undefined) {
    const facts = { app, django: tasks.django !== null };
    found.push(failure('tasks-none', facts, { place: placeOf(scene, worker, 'APP') }));
  }
  const scheduler = toldBy(answers, 'scheduler');
  const sent = [...(toldBy(answers, 'schedule')?.schedule ?? []), ...(scheduler?.schedule ?? [])];
  const sender = senderOf(question) ?? subject;
  // Where there are no tasks at all, each of the schedule would say the same again.
  if (tasks !== undefined && tasks.names.length > 0)
    found.push(...unknownTasks(sent, tasks.names, app, placeOf(scene, sender, 'APP')));
  if (scheduler !== undefined && scheduler.django_app !== null) {
    const at = placeOf(scene, sender, { option: 'scheduler' });
    found.push(...appState(scene, scheduler.django_app, scheduler.scheduler, at));
  }
  found.push(...doors(scene, answers, app, place));
  return found;
}

const senderOf = (question: Extract<Question, { kind: 'celery' }>): Subject | undefined =>
  question.subjects.find(({ need }) => need?.kind === 'celery' && need.beat !== null);

function celeryFailed(scene: Scene, answers: Answers, { step, error }: Failed, app: string): Failure {
  const { question } = answers;
  const place = placeOf(scene, first(answers), 'APP');
  const facts = raised(scene, answers, error);
  if (step === 'broker' || step === 'results')
    return failure('connection-wrong', { ...facts, app, which: step }, { place });
  if (step === 'schedule' || step === 'scheduler') {
    const sender = question.kind === 'celery' ? (senderOf(question) ?? first(answers)) : first(answers);
    const named = sender.need?.kind === 'celery' ? sender.need.beat?.scheduler : null;
    const at = placeOf(scene, sender, { option: 'scheduler' });
    return failure('scheduler-missing', { ...facts, scheduler: named ?? 'beat_scheduler' }, { place: at });
  }
  if (error.type.endsWith('.NoApp')) return failure('app-none', { app, detail: error.text }, { place });
  return failure('app-import', { ...facts, app, what: step === 'tasks' ? 'tasks' : 'app' }, { place });
}

function unknownTasks(sent: readonly Sent[], names: readonly string[], app: string, place: Place): Failure[] {
  const roots = new Set(names.map((name) => name.split('.')[0]));
  return sent
    .filter(({ task }) => !names.includes(task) && !task.startsWith('celery.'))
    .map(({ name: entry, task, from }) => {
      const facts = { entry, task, app, from };
      const like = nearest(task, names);
      const own = like !== null || roots.has(task.split('.')[0]);
      return own
        ? failure('schedule-task-unknown', { ...facts, near: like }, { place })
        : failure('schedule-task-foreign', facts, { place });
    });
}

function appState({ migrates }: Scene, state: DjangoApp, owner: string, place: Place): Failure[] {
  const { label, unapplied, unreachable, database } = state;
  if (!state.installed) return [failure('django-app-missing', { app: label, owner, other: null }, { place })];
  const shown = database === null ? 'the database' : databaseText(database);
  if (unreachable !== null) {
    const facts = { app: label, database: shown, detail: unreachable.split('\n')[0] ?? '' };
    return [failure('database-unreachable', facts, { place })];
  }
  if (unapplied.length === 0 || migrates) return [];
  return [failure('migrations-missing', { app: label, unapplied, database: shown }, { place })];
}

/** `"default" (postgresql shop at db.internal)` */
const databaseText = ({ alias, vendor, name, host }: NonNullable<DjangoApp['database']>): string =>
  `"${alias}" (${vendor} ${name}${host === null ? '' : ` at ${host}`})`;

function doors({ migrates }: Scene, answers: Answers, app: string, place: Place): Failure[] {
  const { python } = answers.interview;
  const factsOf = ({ url, host, port, trouble }: Omit<Door, 'url'> & { url: string | null }) => {
    const { kind, detail, missing: module } = trouble ?? { kind: 'other', detail: '', missing: null };
    const address = host === null || host === '' ? null : port === null ? host : `${host}:${port}`;
    return { app, url: url ?? '', address, kind, detail, missing: module, python } as const;
  };
  const brokers = toldBy(answers, 'broker')?.doors ?? [];
  const silent = brokers.filter(({ trouble }) => trouble !== null);
  const code = silent.length === brokers.length ? 'broker-unreachable' : 'broker-alternate';
  const found = silent.map((door) => failure(code, factsOf(door), { place }));
  const results = toldBy(answers, 'results');
  if (results === undefined) return found;
  if (results.trouble !== null) found.push(failure('results-unreachable', factsOf(results), { place }));
  const state = results.django_app;
  const behind = state !== null && state.unapplied.length > 0 && !migrates;
  if (state !== null && (!state.installed || state.unreachable !== null || behind)) {
    const kind = state.unreachable === null ? 'tables' : 'other';
    const facts = { ...factsOf(results), url: 'django-db', kind, detail: state.unreachable ?? '' } as const;
    found.push(failure('results-unreachable', facts, { place }));
  }
  return found;
}

function web(scene: Scene, answers: Answers): Failure[] {
  const { question } = answers;
  const subject = first(answers);
  const app = appOf(subject);
  const place = placeOf(scene, subject, 'APP');
  const found = answers.failed.map(({ error }) =>
    error.type.endsWith('.NoApp')
      ? failure('app-none', { app, detail: error.text }, { place })
      : failure('app-import', { ...raised(scene, answers, error), app, what: 'app' }, { place }),
  );
  const told = toldBy(answers, 'web');
  if (told === undefined) return found;
  for (const one of question.subjects) {
    const { wants } = one.need as WebNeed;
    const wrong = told.interface !== null && wants !== null && told.interface !== wants;
    if (told.callable && !wrong) continue;
    const facts = { app, backend: one.backend, wants, got: told.interface, is: told.is };
    found.push(failure('app-interface', facts, { place: placeOf(scene, one, 'APP') }));
  }
  return found;
}

function django(scene: Scene, answers: Answers): Failure[] {
  const found = answers.failed.map(({ error }) =>
    failure('django-setup', raised(scene, answers, error), {
      place: placeOf(scene, first(answers), 'BACKEND'),
    }),
  );
  const told = toldBy(answers, 'commands');
  if (told === undefined) return found;
  for (const subject of answers.question.subjects) {
    if (subject.need?.kind !== 'django') continue;
    const { command, owner } = subject.need;
    const has = told.owners[command];
    const at = placeOf(scene, subject, subject.backend === 'DjangoCommand' ? 'CMD' : 'BACKEND');
    if (owner !== null && has !== owner) {
      const other = told.apps.includes(owner) ? (has ?? null) : null;
      const facts = { app: owner, owner: subject.backend, other };
      found.push(failure('django-app-missing', facts, { place: at }));
    } else if (has === undefined) {
      const facts = { command, near: nearest(command, told.known) };
      found.push(failure('command-unknown', facts, { place: at }));
    }
  }
  const state = answers.told.filter((one): one is ToldBy<'migrations'> => one.step === 'migrations');
  for (const one of state.filter(({ installed }) => installed)) {
    const subject = first(answers);
    found.push(...appState(scene, one, subject.backend, placeOf(scene, subject, 'BACKEND')));
  }
  return found;
}
