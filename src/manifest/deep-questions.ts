/** The questions of a manifest: who asks the same, in the same place, as the same user, asks once. */
import { resolve } from 'node:path';
import type { ProcessSpec } from '../model/spec.ts';
import type { Made } from './loaded.ts';
import { BESIDE } from './deep-tested.ts';
import { needsOf, type CeleryNeed, type DjangoNeed, type Needs, type WebNeed } from './deep-needs.ts';

/** An entry, and what it needs. */
export interface Subject extends Needs {
  readonly name: string;
  readonly backend: string;
  readonly spec: ProcessSpec;
  readonly python: string;
}

interface Asked<K extends string> {
  readonly kind: K;
  /** The entries that ask it, the first of which is pointed at. */
  readonly subjects: readonly Subject[];
}

export type Question =
  | (Asked<'packages'> & { readonly packages: readonly string[] })
  | (Asked<'celery'> & {
      readonly app: string;
      readonly include: readonly string[];
      readonly beat: CeleryNeed['beat'];
      readonly results: boolean;
    })
  | (Asked<'web'> & Pick<WebNeed, 'target' | 'factory' | 'paths'>)
  | (Asked<'django'> & {
      readonly words: DjangoNeed['words'];
      readonly commands: readonly string[];
      readonly migrations: readonly string[];
    });

/** Questions that one run of the interpreter answers. */
export interface Interview {
  readonly python: string;
  readonly cwd: string;
  readonly spec: Pick<ProcessSpec, 'env' | 'envFiles' | 'identity'>;
  readonly questions: readonly Question[];
}

/** Of Django's own applications that keep data of the backend's. */
const KEEPS: Readonly<Record<string, string>> = { DjangoQ2Worker: 'django_q' };

export function subjectsOf(instances: readonly Made[]): Subject[] {
  return instances
    .filter(({ spec }) => spec.index === 1)
    .map(({ spec, entry }) => ({
      ...needsOf(spec.backend, entry),
      name: spec.name,
      backend: spec.backend,
      spec,
      python: entry.python,
    }));
}

/** `env`: what the processes start from. */
export function interviewsOf(
  subjects: readonly Subject[],
  env: Readonly<Record<string, string | undefined>>,
): Interview[] {
  const groups = new Map<string, [Subject, ...Subject[]]>();
  // The first application in each place: @app.task gives its task to every application of the process.
  const apps = new Map<string, string>();
  for (const subject of subjects) {
    const { packages, need } = subject;
    if (packages.length === 0 && need === null) continue;
    const place = placeOf(subject, env);
    const app = need?.kind === 'celery' ? need.app : null;
    if (app !== null && !apps.has(place)) apps.set(place, app);
    const key = app === null || apps.get(place) === app ? place : `${place} ${app}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [subject]);
    else group.push(subject);
  }
  return [...groups.values()].map(interviewOf);
}

/** Where and as whom it runs, and which settings it has: each may see another project. */
function placeOf(subject: Subject, env: Readonly<Record<string, string | undefined>>): string {
  const { spec, need, python } = subject;
  const own = { ...spec.env, PRODSERVER_CANARY: undefined };
  const settings = spec.env['DJANGO_SETTINGS_MODULE'] ?? env['DJANGO_SETTINGS_MODULE'] ?? '';
  const words = need?.kind === 'django' ? JSON.stringify(need.words) : '{}';
  // manage.py, wsgi.py and celery.py each name settings of their own where nobody else does.
  const door = settings === '' || words !== '{}' ? doorOf(subject) + words : '';
  return JSON.stringify([python, folderOf(subject), own, spec.identity, spec.envFiles, door]);
}

function doorOf({ need }: Subject): string {
  switch (need?.kind) {
    case 'celery':
      return `celery ${need.app}`;
    case 'web':
      return `web ${need.target} ${need.paths.join(':')}`;
    case 'django':
      return 'manage.py';
    default:
      return '';
  }
}

const folderOf = ({ spec, chdir }: Subject): string => resolve(spec.cwd, chdir ?? '.');

function interviewOf(group: readonly [Subject, ...Subject[]]): Interview {
  const [first] = group;
  const needed = group.flatMap((one) => one.packages.map((need) => need.package));
  const packages = [...new Set([...needed, ...needed.flatMap((name) => BESIDE[name] ?? [])])];
  const questions: Question[] = [
    { kind: 'packages', packages, subjects: group },
    ...celeryQuestions(group),
    ...webQuestions(group),
    ...djangoQuestions(group),
  ];
  return { python: first.python, cwd: folderOf(first), spec: first.spec, questions };
}

/** The subjects of one kind by what they have in common. */
function byKey<N>(
  group: readonly Subject[],
  pick: (subject: Subject) => N | null,
  key: (need: N) => string,
): { readonly need: N; readonly needs: readonly N[]; readonly subjects: readonly Subject[] }[] {
  const found = new Map<string, { need: N; needs: N[]; subjects: Subject[] }>();
  for (const subject of group) {
    const need = pick(subject);
    if (need === null) continue;
    const known = found.get(key(need));
    if (known === undefined) found.set(key(need), { need, needs: [need], subjects: [subject] });
    else {
      known.needs.push(need);
      known.subjects.push(subject);
    }
  }
  return [...found.values()];
}

const celeryQuestions = (group: readonly Subject[]): Question[] =>
  byKey(
    group,
    ({ need }) => (need?.kind === 'celery' ? need : null),
    ({ app }) => app,
  ).map(({ need, needs, subjects }) => ({
    kind: 'celery',
    app: need.app,
    include: [...new Set(needs.flatMap(({ include }) => include))],
    beat: needs.find(({ beat }) => beat !== null)?.beat ?? null,
    // Beat and Flower do not write to it.
    results: needs.some(({ role }) => role === 'worker'),
    subjects,
  }));

const webQuestions = (group: readonly Subject[]): Question[] =>
  byKey(
    group,
    ({ need }) => (need?.kind === 'web' ? need : null),
    ({ target, factory, paths }) => JSON.stringify([target, factory, paths]),
  ).map(({ need: { target, factory, paths }, subjects }) => ({
    kind: 'web',
    target,
    factory,
    paths,
    subjects,
  }));

const djangoQuestions = (group: readonly Subject[]): Question[] =>
  byKey(
    group,
    ({ need }) => (need?.kind === 'django' ? need : null),
    ({ words }) => JSON.stringify(words),
  ).map(({ need, needs, subjects }) => ({
    kind: 'django',
    words: need.words,
    commands: [...new Set(needs.map(({ command }) => command))],
    migrations: [...new Set(subjects.flatMap(({ backend }) => KEEPS[backend] ?? []))],
    subjects,
  }));

/** As python/prodserver_deep.py reads them. */
export const orderText = (questions: readonly Question[], seconds: number): string =>
  JSON.stringify({ seconds, questions: questions.map((one) => ({ ...one, subjects: undefined })) });
