/** What `check --deep` finds in a project. */
import type { DeepStep, RaisedFacts } from '../model/deep.ts';
import { maskText, maskUrls } from '../model/mask.ts';
import { doorWords } from './words-doors.ts';
import { EXIT, exitText, meant, type WordsFor } from './words.ts';

const exit = EXIT.manifest;

const lines = (output: readonly string[]): string =>
  output.length === 0 ? '' : `:\n  ${output.map(maskText).join('\n  ')}`;

const raised = ({ error, trace }: RaisedFacts): string => `${maskText(error)}${lines(trace)}`;

/** What to do about what the project raised; `names` are dotted names that the manifest has. */
function remedy({ missing, at, python, cwd, trace }: RaisedFacts, names: readonly string[] = []): string {
  const own = missing !== null && names.some((name) => name === missing || name.startsWith(`${missing}.`));
  if (own) return `check the name, and that the project is in ${cwd} (CWD)`;
  const where = at === null ? '' : maskText(at);
  const more = trace.length === 0 ? '; --verbose shows the traceback' : '';
  if (missing === null) return (where === '' ? `it is not in the project's own code` : `see ${where}`) + more;
  return `install what has it for ${python}${where === '' ? '' : `, or mend ${where}`}${more}`;
}

const SAID: Readonly<Record<DeepStep, string>> = {
  packages: 'its packages were looked up',
  app: 'it was imported',
  tasks: 'its tasks were imported',
  schedule: 'its schedule was read',
  scheduler: 'the schedule that its scheduler keeps was read',
  broker: 'its broker was asked',
  results: 'its result backend was asked',
  web: 'it was imported',
  setup: 'Django was set up',
  commands: 'its management commands were looked up',
  migrations: 'its migrations were compared with the database',
};

const EVENT = { settings: 'beat_schedule', database: 'the database', redis: 'Redis' } as const;
const TASK_REMEDY =
  'have the module with the task imported (app.autodiscover_tasks, include), or mend the entry in';

const INTERFACES = {
  wsgi: 'a WSGI application',
  asgi: 'an ASGI application',
} as const;
const SERVERS = {
  wsgi: 'GunicornServer, UvicornWSGIServer, GranianWSGIServer or WaitressServer',
  asgi: 'UvicornServer, GranianASGIServer, DaphneServer or HypercornServer',
} as const;

/** What pip calls the packages of modules that schedulers are in. */
const SCHEDULERS: Readonly<Record<string, string>> = {
  django_celery_beat: 'django-celery-beat',
  redbeat: 'celery-redbeat',
};

/** Where commands come from that a backend runs. */
const COMMAND_APPS: Readonly<Record<string, string>> = { db_worker: 'django_tasks_db' };

/** Applications that keep nothing in the database. */
const TABLELESS: ReadonlySet<string> = new Set(['daphne', 'django_extensions']);

type Codes =
  | 'app-import'
  | 'app-none'
  | 'app-silent'
  | 'app-ended'
  | 'app-interface'
  | 'tasks-none'
  | 'schedule-task-unknown'
  | 'schedule-task-foreign'
  | 'scheduler-missing'
  | 'broker-unreachable'
  | 'broker-alternate'
  | 'results-unreachable'
  | 'connection-wrong'
  | 'package-missing'
  | 'django-setup'
  | 'django-app-missing'
  | 'migrations-missing'
  | 'database-unreachable'
  | 'command-unknown';

export const deepWords: WordsFor<Codes> = {
  ...doorWords,
  'app-import': {
    exit,
    about: "APP, or the modules with its tasks, cannot be imported by the project's interpreter.",
    message: (facts) =>
      `${facts.what === 'tasks' ? `the tasks of "${facts.app}"` : `"${facts.app}"`} cannot be imported: ${raised(facts)}`,
    hint: (facts) => remedy(facts, facts.what === 'app' ? [facts.app] : []),
  },
  'app-none': {
    exit,
    about: 'The module of APP can be imported, and has no application in it.',
    message: ({ app, detail }) => `"${app}" names no application: ${maskText(detail)}`,
    hint: () => 'write it with its attribute: myproject.celery.app, myproject.wsgi.application',
  },
  'app-silent': {
    exit,
    about: "The project's own code did not come to an end in the time that --deep-timeout gives.",
    message: ({ app, step, seconds, stack }) =>
      `"${app}" did not answer within ${seconds} s while ${SAID[step]}${lines(stack)}`,
    hint: ({ at }) =>
      `${at === null ? '' : `it stands at ${maskText(at)}; `}where it is only slow, give it more time with --deep-timeout`,
  },
  'app-ended': {
    exit,
    about: "The project's own code ended its interpreter.",
    message: ({ app, step, exit: ended, output }) =>
      step === null
        ? `the interpreter for "${app}" ended before it could be asked (${exitText(ended)})${lines(output)}`
        : `"${app}" ended its interpreter while ${SAID[step]} (${exitText(ended)})${lines(output)}`,
    hint: () => null,
  },
  'app-interface': {
    exit,
    about: 'APP can be imported, and is not what its server calls: WSGI and ASGI are two things.',
    message: ({ app, backend, wants, got, is }) =>
      got === null || wants === null
        ? `"${app}" is ${is}, which cannot be called`
        : `"${app}" is ${INTERFACES[got]} (${is}), and ${backend} calls ${INTERFACES[wants]}`,
    hint: ({ wants, got }) =>
      got === null || wants === null
        ? 'name the application itself, such as myproject.wsgi.application'
        : `name ${INTERFACES[wants]} (usually myproject.${wants}), or use ${SERVERS[got]}`,
  },
  'tasks-none': {
    exit,
    about: "Tasks were not discovered: the application has none but Celery's own, so a worker does nothing.",
    message: ({ app }) =>
      `tasks not discovered: "${app}" has none but Celery's own, and a worker drops what it does not know`,
    hint: ({ django }) =>
      django
        ? 'call app.autodiscover_tasks() in its module, and have the applications with a tasks.py in INSTALLED_APPS'
        : 'name the modules with tasks: Celery("name", include=[...]), app.autodiscover_tasks([...]), or include in ARGS',
  },
  'schedule-task-unknown': {
    exit,
    about:
      "Beat's schedule sends a task that the application does not have, although others of that name's beginning are its own.",
    message: ({ entry, task, app, near }) =>
      `beat's entry "${entry}" sends "${task}", a task that "${app}" does not have${meant(near)}`,
    hint: ({ near, from }) =>
      near === null
        ? `${TASK_REMEDY} ${EVENT[from]}`
        : `write "${near}" in ${EVENT[from]}, or have its module imported`,
  },
  'schedule-task-foreign': {
    exit,
    about:
      "Beat's schedule sends a task that the application does not have. That may be another project's: then all is well.",
    message: ({ entry, task, app }) =>
      `beat's entry "${entry}" sends "${task}", a task that "${app}" does not have`,
    hint: ({ from }) => `where no other project's worker has it, ${TASK_REMEDY} ${EVENT[from]}`,
  },
  'scheduler-missing': {
    exit,
    about: "Beat's scheduler cannot be imported, or what it keeps cannot be read.",
    message: (facts) => `the scheduler ${facts.scheduler} cannot be used: ${raised(facts)}`,
    hint: (facts) => {
      const name = SCHEDULERS[facts.missing?.split('.')[0] ?? ''];
      return name === undefined
        ? remedy(facts, [facts.scheduler])
        : `install it: ${facts.python} -m pip install ${name}`;
    },
  },
  'connection-wrong': {
    exit,
    about: 'The address of the broker or of the result backend cannot be understood.',
    message: (facts) =>
      `the ${facts.which === 'broker' ? 'broker' : 'result backend'} of "${facts.app}" cannot be used: ${raised(facts)}`,
    hint: (facts) => {
      const mend = `mend ${facts.which === 'broker' ? 'broker_url' : 'result_backend'} in the application's configuration`;
      return facts.missing === null
        ? mend
        : `${mend}, or install what has "${facts.missing}" for ${facts.python}`;
    },
  },
  'package-missing': {
    exit,
    about: "A program or a library that an entry needs is not installed beside the project's interpreter.",
    message: ({ package: name, backend, forWhat, python }) =>
      `${python} has no ${name}, which ${forWhat ?? backend} needs`,
    hint: ({ package: name, python }) => `install it: ${python} -m pip install ${name}`,
  },
  'django-setup': {
    exit,
    about: 'Django cannot be set up, so that none of its management commands would run.',
    message: (facts) => `Django cannot be set up: ${raised(facts)}`,
    hint: (facts) =>
      /DJANGO_SETTINGS_MODULE|not configured/.test(facts.error)
        ? `name the settings in ENV: {DJANGO_SETTINGS_MODULE: ...}, or set CWD to the folder of manage.py (it is ${facts.cwd})`
        : remedy(facts),
  },
  'django-app-missing': {
    exit,
    about: "Django's INSTALLED_APPS lack an application that the entry needs, or have it too late.",
    message: ({ app, owner, other }) =>
      other === null
        ? `${owner} needs "${app}" in INSTALLED_APPS`
        : `${owner} needs "${app}" before "${other}" in INSTALLED_APPS, whose command of that name is found now`,
    hint: ({ app, other }) =>
      other === null
        ? `add "${app}" to INSTALLED_APPS${TABLELESS.has(app) ? '' : ', and run manage.py migrate'}`
        : `put "${app}" first`,
  },
  'migrations-missing': {
    exit,
    about: 'Tables that the entry needs are not in the database as they should be.',
    message: ({ app, unapplied, database }) =>
      `${unapplied.length === 1 ? `the migration ${unapplied[0]}` : `${unapplied.length} migrations`} of "${app}" not applied in ${maskUrls(database)}`,
    hint: ({ app }) => `run manage.py migrate ${app}, by hand or as an entry with ONESHOT: true`,
  },
  'database-unreachable': {
    exit,
    about: 'The database that an entry needs does not answer.',
    message: ({ app, database, detail }) =>
      `the database ${maskUrls(database)}, where "${app}" keeps its data, does not answer: ${maskText(detail)}`,
    hint: () => 'start it, or mend DATABASES in the settings and the variables that they read',
  },
  'command-unknown': {
    exit,
    about: 'The project has no management command of that name.',
    message: ({ command, near }) => `manage.py has no command "${command}"${meant(near)}`,
    hint: ({ command, near }) => {
      const app = COMMAND_APPS[command];
      if (app !== undefined) return `add "${app}" to INSTALLED_APPS, and run manage.py migrate`;
      return near === null ? 'have the application that brings it in INSTALLED_APPS' : `write "${near}"`;
    },
  },
};
