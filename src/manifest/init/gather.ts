/** What a folder has of which a manifest could be made, and what is made of it. */
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { failure, type Failure, type Result } from '../../model/failure.ts';
import { fileExists, filesLike, readPlain, readText, realPath } from '../../os/files.ts';
import { shownFile, type AskSettings } from '../django.ts';
import type { Environment } from '../interpolate.ts';
import { askForProject, readProject, settingsOfManage, type Project } from './django.ts';
import type { From, Proposal } from './note.ts';
import { readProcfile } from './procfile.ts';
import { readSupervisord } from './supervisord.ts';

export interface InitOrder {
  /** Null: what is found first. */
  readonly from: From | null;
  readonly file: string | null;
  readonly settings: string | null;
  readonly cwd: string;
  readonly env: Environment;
  /** Where the manifest will be. */
  readonly folder: string;
}

export interface Gathered {
  readonly source: Source;
  readonly proposal: Proposal;
  /** What was found as well. */
  readonly others: readonly Source[];
  /** Settings that could not be read, where something else was taken instead. */
  readonly trouble: Failure | null;
}

export interface Source {
  readonly from: From;
  readonly shown: string;
}

const CONFS = ['supervisord.conf', 'etc/supervisord.conf'];
const PROCFILES = ['Procfile'];

export async function gather(
  order: InitOrder,
  ask: AskSettings,
): Promise<Result<Gathered, readonly Failure[]>> {
  const here = (files: readonly string[]): string | null =>
    files.find((file) => fileExists(resolve(order.cwd, file))) ?? null;
  const from = order.from ?? (order.settings === null ? kindOf(order.file) : 'django');
  if (order.file !== null && from !== 'django') {
    if (from === null)
      return misused(`what is ${order.file}? Say it: --from django, procfile or supervisord`);
    return alone(order, from, order.file);
  }
  const conf = from === 'django' || from === 'procfile' ? null : here(CONFS);
  const procfile = from === 'django' || from === 'supervisord' ? null : here(PROCFILES);
  const module = from === null || from === 'django' ? settingsOf(order) : null;
  const project = module === null ? null : await askProject(order, module, ask);
  const set = project?.ok === true && project.value.setting !== null;
  const found: Source[] = [];
  if (module !== null && set) found.push({ from: 'django', shown: module });
  if (conf !== null) found.push({ from: 'supervisord', shown: conf });
  if (procfile !== null) found.push({ from: 'procfile', shown: procfile });
  if (module !== null && !set && project?.ok === true) found.push({ from: 'django', shown: module });
  const [first, ...others] = found;
  const trouble = project?.ok === false ? project.error : null;
  if (first === undefined) {
    const searched = { django: ['manage.py'], supervisord: CONFS, procfile: PROCFILES };
    const all = from === null ? [...CONFS, ...PROCFILES, ...searched.django] : searched[from];
    return { ok: false, error: [trouble ?? failure('init-nothing', { folder: order.cwd, searched: all })] };
  }
  if (first.from !== 'django') {
    const read = await alone(order, first.from, first.shown);
    return read.ok ? { ok: true, value: { ...read.value, others, trouble } } : read;
  }
  if (module === null || project?.ok !== true) return misused('no settings are known');
  const runs = projectFolder(order);
  const proposal = runningIn(readProject(module, project.value, runs), runs, order);
  return filled({ source: first, proposal, others, trouble: null });
}

const misused = (detail: string): { ok: false; error: Failure[] } => ({
  ok: false,
  error: [failure('usage', { detail })],
});

/** By its name; null: it tells nothing. */
function kindOf(file: string | null): From | null {
  if (file === null) return null;
  const name = basename(file);
  if (/procfile/i.test(name)) return 'procfile';
  if (name === 'manage.py') return 'django';
  return /\.(conf|ini)$/.test(name) ? 'supervisord' : null;
}

/** As manage.py would: what the environment says wins. */
function settingsOf({ settings, file, cwd, env }: InitOrder): string | null {
  const manage = readText(resolve(cwd, file ?? 'manage.py'));
  const set = env['DJANGO_SETTINGS_MODULE'] ?? '';
  return settings ?? (set !== '' ? set : manage === null ? null : settingsOfManage(manage));
}

const projectFolder = ({ cwd, file }: InitOrder): string =>
  file === null ? cwd : dirname(resolve(cwd, file));

const askProject = (order: InitOrder, module: string, ask: AskSettings): Promise<Result<Project>> => {
  const cwd = projectFolder(order);
  return askForProject({ module, cwd, env: order.env, abort: new AbortController().signal }, ask);
};

/** A file that is not Django's. */
async function alone(
  order: InitOrder,
  from: 'procfile' | 'supervisord',
  file: string,
): Promise<Result<Gathered, readonly Failure[]>> {
  const path = resolve(order.cwd, file);
  const shown = (of: string): string => shownFile(of, order.cwd);
  const text = read(path, shown(path));
  if (!text.ok) return { ok: false, error: [text.error] };
  const io = { interpreterOf: (program: string) => interpreterOf(program, dirname(path)) };
  const source = { from, shown: shown(path) };
  if (from === 'procfile') {
    const proposal = runningIn(readProcfile(source.shown, text.value, io), dirname(path), order);
    return filled({ source, proposal, others: [], trouble: null });
  }
  const proposal = readSupervisord(path, text.value, {
    ...io,
    read: (of) => read(of, shown(of)),
    glob: filesLike,
    shown,
    env: order.env,
    folder: order.folder,
  });
  return proposal.ok ? filled({ source, proposal: proposal.value, others: [], trouble: null }) : proposal;
}

function read(path: string, shown: string): Result<string> {
  const found = readPlain(path);
  return 'text' in found
    ? { ok: true, value: found.text }
    : { ok: false, error: failure('init-unreadable', { path: shown, errno: found.errno }) };
}

function filled(gathered: Gathered): Result<Gathered, readonly Failure[]> {
  if (gathered.proposal.drafts.length > 0) return { ok: true, value: gathered };
  return { ok: false, error: [failure('init-empty', { path: gathered.source.shown })] };
}

/** `#!/srv/venv/bin/python`: pip writes it into each program that it installs. */
function interpreterOf(program: string, folder: string): string | null {
  const first = readText(resolve(folder, program))?.split('\n', 1)[0] ?? '';
  const named = /^#!(\/\S*\/python[\d.]*)$/.exec(first.trim())?.[1] ?? null;
  // A path within the project stays one.
  if (named === null || isAbsolute(program)) return named;
  const sibling = join(dirname(program), basename(named));
  return realPath(dirname(resolve(folder, program))) === realPath(dirname(named)) ? sibling : named;
}

/** Where the source's own program would run them, seen from the manifest. */
function runningIn(proposal: Proposal, runs: string, { folder }: InitOrder): Proposal {
  if (resolve(runs) === resolve(folder)) return proposal;
  const near = relative(folder, runs);
  const base = near.startsWith('..') ? resolve(runs) : near;
  const drafts = proposal.drafts.map((draft) => {
    const own = draft.entry['CWD'];
    const cwd = typeof own !== 'string' ? base : isAbsolute(own) ? own : join(base, own);
    return { ...draft, entry: { ...draft.entry, CWD: cwd } };
  });
  const { python } = proposal;
  // A name alone is looked up, wherever it runs.
  const fixed = python === null || !python.includes('/') || isAbsolute(python) ? python : join(base, python);
  return { ...proposal, drafts, python: fixed };
}
