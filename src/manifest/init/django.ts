/** The settings of a project as entries: those that it has, else what could run it. */
import * as z from 'zod';
import { OURS } from '../../backends/registry.ts';
import { isInText, type Result } from '../../model/failure.ts';
import { askProject, shownFile, type AskSettings, type SettingsOrder } from '../django.ts';
import { answerSchema, documentOf, isMapping, SECTION } from '../django-document.ts';
import type { Document } from '../document.ts';
import { Names } from './names.ts';
import type { Draft, Note, NoteFact, Proposal, Where } from './note.ts';
import { parseOptions } from './options.ts';
import { isUnfit } from './programs.ts';
import { finish } from './settle.ts';

const schema = answerSchema.extend({
  apps: z.array(z.string()),
  /** Packages of web servers that are installed. */
  servers: z.array(z.string()),
  /** Null: the project has no module for Celery. */
  celery: z
    .object({
      module: z.string(),
      app: z.string().nullable(),
      schedule: z.boolean(),
      broken: z.string().nullable(),
    })
    .nullable(),
});

export type Project = z.output<typeof schema>;

export const askForProject = (order: SettingsOrder, ask: AskSettings): Promise<Result<Project>> =>
  askProject(order, ask, { script: 'prodserver_init', fd: 'PRODSERVER_INIT_FD' }, schema);

/** DJANGO_SETTINGS_MODULE as a manage.py sets it; null where it does not say. */
export const settingsOfManage = (text: string): string | null =>
  /setdefault\(\s*['"]DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]/.exec(text)?.[1] ?? null;

export function readProject(module: string, project: Project, cwd: string): Proposal {
  const proposal = project.setting === null ? propose(module, project) : carryOver(module, project, cwd);
  // As `manage.py` and `--settings` say it; a process that is started without would ask another project, or none.
  const drafts = proposal.drafts.map((draft): Draft => {
    const own = draft.entry['ENV'] ?? {};
    const env = isMapping(own) ? { DJANGO_SETTINGS_MODULE: module, ...own } : own;
    return { ...draft, entry: { ...draft.entry, ENV: env } };
  });
  return finish({ ...proposal, drafts });
}

function carryOver(module: string, project: Project, cwd: string): Omit<Proposal, 'secrets'> {
  const doc = documentOf(module, project, (file) => shownFile(file, cwd));
  const section = (doc.value as Record<string, unknown>)[SECTION];
  const notes: Note[] = [];
  const whole = whereOf(doc, [SECTION], module);
  if (project.setting !== null && project.setting !== SECTION)
    notes.push({ where: whole, process: null, fact: { kind: 'setting-renamed', old: project.setting } });
  for (const { path, name } of project.refused) {
    const told = path.slice(1);
    const where = whereOf(doc, [SECTION, ...told], module);
    const process = typeof told[0] === 'string' ? told[0] : null;
    notes.push({
      where,
      process,
      fact: { kind: 'value-refused', path: told.slice(1).join('.') || String(told[0]), value: name },
    });
  }
  const names = new Names();
  const drafts = Object.entries(isMapping(section) ? section : {}).flatMap(([asked, value]): Draft[] => {
    const where = whereOf(doc, [SECTION, asked], module);
    const { name, facts } = names.take(asked);
    const add = (fact: NoteFact): void => void notes.push({ where, process: name, fact });
    facts.forEach(add);
    if (!isMapping(value)) {
      add({ kind: 'value-refused', path: asked, value: 'no mapping' });
      return [];
    }
    const given = isMapping(project.value) ? project.value[asked] : null;
    if ('APP' in value && isMapping(given) && !('APP' in given)) {
      const backend = OURS.find(String(value['BACKEND']));
      const setting = backend?.app === 'asgi' ? 'ASGI_APPLICATION' : 'WSGI_APPLICATION';
      add({ kind: 'app-from-setting', app: String(value['APP']), setting });
    }
    return [{ name, where, entry: withoutRefused(withMapping(value, add), asked, project) }];
  });
  return { drafts, notes, python: null };
}

function whereOf(doc: Document, path: (string | number)[], module: string): Where {
  const place = doc.place(path, 'key');
  return isInText(place) ? { file: place.file, line: place.line } : { file: module, line: null };
}

/** ARGS of django-prodserver 0.x were a command line. */
function withMapping(entry: Record<string, unknown>, add: (fact: NoteFact) => void): Record<string, unknown> {
  const { ARGS: given, ...rest } = entry;
  const backend = OURS.find(String(entry['BACKEND']));
  if (!Array.isArray(given) || backend === null) return entry;
  const words = given.map((token) => ({ text: String(token), splits: false }));
  const parsed = parseOptions(words, { backend: backend.name, options: backend.options(), shorts: {} });
  if (isUnfit(parsed) || parsed.positionals.length > 0)
    return { ...rest, EXTRA_ARGS: words.map(({ text }) => text) };
  add({ kind: 'args-list' });
  parsed.facts.forEach(add);
  const { BACKEND, APP, ...others } = rest;
  return {
    BACKEND,
    ...(APP === undefined ? {} : { APP }),
    ...(Object.keys(parsed.args).length === 0 ? {} : { ARGS: parsed.args }),
    ...(parsed.extra.length === 0 ? {} : { EXTRA_ARGS: parsed.extra }),
    ...others,
  };
}

/** What has no value that could be written is null in the answer: it goes out, and its note stays. */
function withoutRefused(
  entry: Record<string, unknown>,
  name: string,
  { refused }: Project,
): Record<string, unknown> {
  const gone = new Set(refused.map(({ path }) => JSON.stringify(path.slice(1))));
  const clean = (value: unknown, path: readonly (string | number)[]): unknown => {
    const kept = (step: string | number): boolean => !gone.has(JSON.stringify([...path, step]));
    if (Array.isArray(value))
      return value.flatMap((item, index) => (kept(index) ? [clean(item, [...path, index])] : []));
    if (!isMapping(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => (kept(key) ? [[key, clean(item, [...path, key])]] : [])),
    );
  };
  return clean(entry, [name]) as Record<string, unknown>;
}

/** In the order in which they are proposed where several are installed. */
const ASGI = {
  uvicorn: 'UvicornServer',
  daphne: 'DaphneServer',
  hypercorn: 'HypercornServer',
  granian: 'GranianASGIServer',
};
const WSGI = {
  gunicorn: 'GunicornServer',
  waitress: 'WaitressServer',
  granian: 'GranianWSGIServer',
  uvicorn: 'UvicornWSGIServer',
};

type Add = (name: string, entry: Draft['entry'], why: string) => void;
type Say = (fact: NoteFact, process?: string) => void;

/** The first application of which a server is installed; where none is, the one that the project says most of. */
function proposeServer(project: Project, add: Add, say: Say): void {
  const kinds = (['ASGI_APPLICATION', 'WSGI_APPLICATION'] as const).flatMap((setting) => {
    const app = project[setting];
    const known: Readonly<Record<string, string>> = setting === 'ASGI_APPLICATION' ? ASGI : WSGI;
    const server = Object.keys(known).find((one) => project.servers.includes(one)) ?? null;
    return app === null ? [] : [{ setting, app, known, server }];
  });
  const best = kinds.find(({ server }) => server !== null) ?? kinds[0];
  if (best === undefined) return;
  const { setting, app, known, server } = best;
  const backend = known[server ?? Object.keys(known)[0] ?? ''] ?? '';
  const target = app.includes(':') ? app : app.replace(/\.(\w+)$/, ':$1');
  add('web', { BACKEND: backend, APP: target }, server === null ? setting : `${setting} and ${server}`);
  for (const kind of kinds.filter((one) => one.server === null))
    say({ kind: 'server-missing', setting: kind.setting, tried: Object.keys(kind.known) }, 'web');
  say({ kind: 'address', backend }, 'web');
}

function propose(module: string, project: Project): Omit<Proposal, 'secrets'> {
  const notes: Note[] = [];
  const drafts: Draft[] = [];
  const where = { file: module, line: null };
  const add: Add = (name, entry, why) => {
    drafts.push({ name, where, entry });
    notes.push({ where, process: name, fact: { kind: 'proposed', why } });
  };
  const say = (fact: NoteFact, process: string | null = null): void =>
    void notes.push({ where, process, fact });

  proposeServer(project, add, say);
  const { celery, apps } = project;
  const database = apps.some((one) => /^django_celery_beat(\.|$)/.test(one));
  if (celery !== null && celery.app !== null) {
    const target = `${celery.module}.${celery.app}`;
    add('worker', { BACKEND: 'CeleryWorker', APP: target }, celery.module);
    const scheduler = 'django_celery_beat.schedulers:DatabaseScheduler';
    if (database)
      add('beat', { BACKEND: 'CeleryBeat', APP: target, ARGS: { scheduler } }, 'django_celery_beat');
    else if (celery.schedule) add('beat', { BACKEND: 'CeleryBeat', APP: target }, 'beat_schedule');
    else say({ kind: 'no-beat' });
  } else if (celery !== null) {
    const { module: broken } = celery;
    say(
      celery.broken === null
        ? { kind: 'celery-missing', module: broken }
        : { kind: 'celery-broken', module: broken, detail: celery.broken },
    );
  }
  if (apps.some((one) => /^django_q(\.|$)/.test(one)))
    add('qcluster', { BACKEND: 'DjangoQ2Worker' }, 'django_q');
  const tasks = apps.find((one) => /^django_tasks(_db|\.backends\.database)(\.|$)/.test(one));
  if (tasks !== undefined) add('tasks', { BACKEND: 'DjangoTasksWorker' }, tasks);
  return { drafts, notes, python: null };
}
