/** What an entry needs of its project, by its backend: packages, applications, management commands. */
import { hasBeat, poolOf } from '../backends/celery-worker-rules.ts';
import { isOn } from '../backends/findings.ts';
import { wsgiTarget } from '../backends/gunicorn.ts';
import { appTarget } from '../backends/web.ts';
import type { WebInterface } from '../model/deep.ts';
import type { Made } from './loaded.ts';

/** What is pointed at in the entry: `APP`, or an option of ARGS. */
export type Pointer = 'APP' | 'BACKEND' | 'CMD' | 'CWD' | 'USER' | 'ENV_FILE' | { readonly option: string };

export interface PackageNeed {
  /** As pip knows it. */
  readonly package: string;
  /** Null: the backend itself. */
  readonly forWhat: string | null;
  readonly at: Pointer;
}

export interface CeleryNeed {
  readonly kind: 'celery';
  readonly app: string;
  readonly role: 'worker' | 'beat' | 'flower';
  readonly include: readonly string[];
  /** Null: it sends no schedule. */
  readonly beat: { readonly scheduler: string | null } | null;
}

export interface WebNeed {
  readonly kind: 'web';
  readonly app: string;
  readonly target: string;
  readonly factory: boolean;
  readonly paths: readonly string[];
  /** Null: either will do. */
  readonly wants: WebInterface | null;
}

export interface DjangoNeed {
  readonly kind: 'django';
  readonly command: string;
  /** The application that has to bring the command; null: any may. */
  readonly owner: string | null;
  /** Of manage.py itself: `--settings` and `--pythonpath`. */
  readonly words: Readonly<Record<string, string>>;
}

export type Need = CeleryNeed | WebNeed | DjangoNeed;

export interface Needs {
  readonly packages: readonly PackageNeed[];
  /** Null: nothing that could be asked. */
  readonly need: Need | null;
  /** Where the program goes before it imports anything; null: it stays. */
  readonly chdir: string | null;
}

type Entry = Pick<Made['entry'], 'app' | 'args' | 'extraArgs' | 'cmd'>;

const NOTHING: Needs = { packages: [], need: null, chdir: null };
const GREEN: readonly string[] = ['gevent', 'eventlet'];
const WEB: Readonly<Record<string, { readonly package: string; readonly wants: WebInterface | null }>> = {
  GunicornServer: { package: 'gunicorn', wants: 'wsgi' },
  UvicornServer: { package: 'uvicorn', wants: 'asgi' },
  UvicornWSGIServer: { package: 'uvicorn', wants: 'wsgi' },
  GranianASGIServer: { package: 'granian', wants: 'asgi' },
  GranianWSGIServer: { package: 'granian', wants: 'wsgi' },
  WaitressServer: { package: 'waitress', wants: 'wsgi' },
  // Hypercorn looks for itself which of the two it is.
  HypercornServer: { package: 'hypercorn', wants: null },
  DaphneServer: { package: 'daphne', wants: 'asgi' },
};
/** Of a management command: the packages, the command and the application that must bring it. */
const COMMANDS: Readonly<
  Record<
    string,
    { readonly packages: readonly string[]; readonly command: string; readonly owner: string | null }
  >
> = {
  DjangoRunserver: { packages: ['django'], command: 'runserver', owner: null },
  DaphneRunserver: { packages: ['django', 'daphne'], command: 'runserver', owner: 'daphne' },
  WerkzeugRunserver: {
    packages: ['django', 'django-extensions', 'werkzeug'],
    command: 'runserver_plus',
    owner: 'django_extensions',
  },
  // Since its 0.9 the database's worker is a package of its own, so that the command tells more than a name.
  DjangoTasksWorker: { packages: ['django'], command: 'db_worker', owner: null },
  DjangoQ2Worker: { packages: ['django', 'django-q2'], command: 'qcluster', owner: 'django_q' },
};

export function needsOf(backend: string, entry: Entry): Needs {
  const web = WEB[backend];
  if (web !== undefined) return webNeeds(backend, web, entry);
  const command = COMMANDS[backend];
  if (command !== undefined) {
    const { packages, ...need } = command;
    return { ...NOTHING, packages: packages.map(ownPackage), need: djangoNeed(entry, need) };
  }
  switch (backend) {
    case 'CeleryWorker':
    case 'CeleryBeat':
    case 'CeleryFlower':
      return celeryNeeds(backend, entry);
    case 'DjangoCommand': {
      const [name] = entry.cmd ?? [];
      const need = name === undefined ? null : djangoNeed(entry, { command: name, owner: null });
      return { ...NOTHING, packages: [ownPackage('django')], need };
    }
    default:
      return NOTHING;
  }
}

const ownPackage = (name: string): PackageNeed => ({ package: name, forWhat: null, at: 'BACKEND' });

function celeryNeeds(backend: string, entry: Entry): Needs {
  const { args, extraArgs } = entry;
  const role = backend === 'CeleryWorker' ? 'worker' : backend === 'CeleryBeat' ? 'beat' : 'flower';
  const packages = [ownPackage('celery')];
  if (role === 'flower') packages.push(ownPackage('flower'));
  const pool = poolOf(entry);
  if (role === 'worker' && GREEN.includes(pool)) {
    packages.push({ package: pool, forWhat: `the pool ${pool}`, at: { option: 'pool' } });
  }
  const sends = role === 'beat' || (role === 'worker' && hasBeat({ args, extraArgs }));
  const scheduler = (args.get('scheduler') as string | undefined) ?? extraScheduler(extraArgs);
  const include = role === 'worker' ? ((args.get('include') as string[] | undefined) ?? []) : [];
  const beat = sends ? { scheduler } : null;
  return {
    ...NOTHING,
    packages,
    need: { kind: 'celery', app: entry.app ?? '', role, include, beat },
  };
}

const extraScheduler = (tokens: readonly string[]): string | null =>
  /(?:^| )(?:-S ?|--scheduler[ =])(\S+)/.exec(tokens.join(' '))?.[1] ?? null;

/** Of gunicorn's worker classes, those that call an ASGI application. */
const ASGI_WORKER = /uvicorn|(^|\.)asgi/i;
const GUNICORN_WORKERS: Readonly<Record<string, string>> = {
  gevent: 'gevent',
  gevent_wsgi: 'gevent',
  gevent_pywsgi: 'gevent',
  eventlet: 'eventlet',
  tornado: 'tornado',
};

function webNeeds(backend: string, web: (typeof WEB)[string], { app, args }: Entry): Needs {
  const texts = (option: string): string[] => {
    const value = args.get(option);
    return typeof value === 'string' ? value.split(',').filter((one) => one !== '') : [];
  };
  const packages = [ownPackage(web.package)];
  let { wants } = web;
  if (backend === 'GunicornServer') {
    const [worker = 'sync'] = texts('worker-class');
    const needed = GUNICORN_WORKERS[worker] ?? (/^uvicorn[._]/.test(worker) ? worker.split(/[._]/)[0] : null);
    if (needed !== undefined && needed !== null)
      packages.push({
        package: needed,
        forWhat: `the worker class ${worker}`,
        at: { option: 'worker-class' },
      });
    if (ASGI_WORKER.test(worker)) wants = 'asgi';
    // A class of the project's own, of which nothing is known.
    else if (worker.includes('.') && !worker.startsWith('gunicorn.')) wants = null;
  }
  const told = args.get('interface');
  if (backend === 'UvicornServer' && told === 'wsgi') wants = 'wsgi';
  const factory = isOn(args, 'factory') || isOn(args, 'call');
  const target = backend === 'GunicornServer' ? gunicornTarget(app ?? '') : appTarget(app ?? '');
  const paths = [...texts('pythonpath'), ...texts('app-dir')];
  const chdir = texts('chdir')[0] ?? texts('working-dir')[0] ?? null;
  return { packages, need: { kind: 'web', app: app ?? '', target, factory, paths, wants }, chdir };
}

/** The attribute that gunicorn itself adds. */
const gunicornTarget = (app: string): string => {
  const target = wsgiTarget(app);
  return target.includes(':') ? target : `${target}:application`;
};

function djangoNeed(
  { args, extraArgs, cmd }: Entry,
  need: { readonly command: string; readonly owner: string | null },
): DjangoNeed {
  const tokens = [...(cmd ?? []), ...extraArgs].join(' ');
  const words: Record<string, string> = {};
  for (const name of ['settings', 'pythonpath']) {
    const given = args.get(name) ?? new RegExp(`(?:^| )--${name}[ =](\\S+)`).exec(tokens)?.[1];
    if (typeof given === 'string') words[name] = given;
  }
  return { kind: 'django', ...need, words };
}
