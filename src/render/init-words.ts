/** What a new manifest says about its own making: each decision, and all that could not be carried over. */
import type { NoteFact, Unfit } from '../manifest/init/note.ts';
import type { ShellReason } from '../manifest/init/shell.ts';
import { andList } from './words.ts';

type Words = { readonly [K in NoteFact['kind']]: (fact: Extract<NoteFact, { kind: K }>) => string };

const SHELL: Readonly<Record<ShellReason, string>> = {
  operator: 'it has an operator of the shell',
  substitution: 'it puts in the output of a command',
  pattern: 'it has a pattern of the shell',
  variable: 'it has a variable that only a shell puts in as it should',
  comment: 'it has a comment of the shell',
  keyword: 'it begins with a word that only a shell knows',
  unclosed: 'it has a quote that is never closed',
};

const WORDS: Words = {
  shell: ({ reason }) =>
    `run by sh -c, since ${SHELL[reason]}; a stop reaches sh first: write the program alone, or "exec" before the last one`,
  'folder-changed': ({ folder }) => `"cd ${folder} &&" became CWD`,
  'plain-command': ({ why }) => `kept as the command that it is, since ${unfitText(why)}`,
  extra: ({ tokens, backend }) =>
    `${andList(tokens)}: unknown to ${backend} or not as it wants it; passed on unchecked in EXTRA_ARGS`,
  'option-left': ({ option, why, instead }) => `${option} left out: ${why} (${instead})`,
  'option-twice': ({ option }) => `${option} is given several times: the last one counts, as it did`,
  interpreter: ({ program, python }) =>
    `SUPERVISOR.python is ${python}, since ${program} is run; all processes with a BACKEND of Python use it`,
  'interpreter-found': () =>
    'commands without a path are run by the interpreter that prodserver finds: VIRTUAL_ENV, else .venv or venv here, else python3; SUPERVISOR.python names another',
  secret: ({ place, variable }) =>
    `${place} looks like a secret and is not copied: set ${variable} in the environment`,
  variables: ({ names }) =>
    `set before "check" and "start": ${andList(names)}; a variable that is not set is an error here, where a shell takes it for empty; a default is written \${NAME:-default}`,
  renamed: ({ from }) => `was called "${from}", which is no name here`,
  'line-ignored': () => 'this line is not "name: command" and was ignored',
  release: () =>
    'release runs once before each deploy on Heroku: ONESHOT here; write DEPENDS_ON: [release] where others must wait for it',
  'no-counterpart': ({ key, value }) =>
    `${key}${value === null || value === '' ? '' : `=${value}`} has no counterpart and was left out`,
  section: ({ section }) => sectionText(section),
  'own-keys': ({ keys }) => `${andList(keys)} of [supervisord] left out: of no use to another supervisor`,
  priority: ({ value }) =>
    `priority=${value} left out: write DEPENDS_ON where one process needs another; what does not starts at the same time`,
  'stop-signal': ({ signal, own, backend }) =>
    `stopsignal=${signal} left out: ${backend} is stopped by ${own} first`,
  'stop-group': () =>
    'stopasgroup left out: the first signal goes to the main process alone, the last one (KILL) to all of its tree',
  'start-seconds': ({ value }) =>
    `startsecs=${value} left out: a Command counts as started after 1 s, others when they are ready (READY says otherwise)`,
  'exit-codes': ({ value }) =>
    `exitcodes=${value} left out: with RESTART.policy on-failure only 0 ends it for good`,
  'log-dropped': () => 'output was thrown away; now it goes to that of prodserver, or to LOG.file',
  'log-syslog': () =>
    'output went to syslog; now it goes to that of prodserver, for which systemd or the container has a journal',
  'log-joined': ({ file }) => `stdout and stderr went apart; now both go to ${file}`,
  'log-unbounded': () =>
    'a log file without a limit is not possible: it is rotated at 50MiB unless LOG.max-size says otherwise',
  'log-instance': ({ file }) => `each instance has a log file of its own: ${file}`,
  split: ({ count }) => `its ${count} copies differ by %(process_num): each has an entry of its own`,
  'one-word': ({ variable }) =>
    `\${${variable}} is one word here, where supervisord splits its value at spaces`,
  'host-name': () => '%(host_node_name)s became ${HOSTNAME}; in a node name of Celery %h says the same',
  here: ({ folder }) => `%(here)s is written out: ${folder}`,
  'user-of-all': ({ user }) =>
    `supervisord ran as ${user}: start prodserver as ${user}, or write USER in each entry`,
  included: ({ pattern, files }) => `[include] ${pattern}: ${files === 1 ? '1 file' : `${files} files`} read`,
  group: ({ group }) =>
    `[group:${group}] left out: there are no groups; its programs stand here by their own names`,
  defaults: () =>
    'where supervisord has other defaults than prodserver: programs without a directory ran where it was started, now in the folder of this file; their output went to files of its own, now to that of prodserver; 3 failed starts were the end, now it goes on trying unless RESTART.max-attempts says otherwise; autorestart=unexpected became RESTART.policy on-failure',
  'setting-renamed': ({ old }) => `${old} is the name of django-prodserver 0.x for PRODUCTION_PROCESSES`,
  'value-refused': ({ path, value }) => `${path} left out: ${value} cannot be written down`,
  'app-from-setting': ({ app, setting }) => `APP is ${app}, as ${setting} says`,
  'args-list': () => 'ARGS was a list of tokens, as in django-prodserver 0.x; now it is a mapping of options',
  proposed: ({ why }) => `proposed because the project has ${why}`,
  'server-missing': ({ setting, tried }) =>
    `no server for ${setting} is installed beside the project's interpreter: ${andList(tried)} are known`,
  address: ({ backend }) => `${backend} listens where it does by itself: ARGS may say another address`,
  'celery-missing': ({ module }) => `${module} has no Celery app: no worker proposed`,
  'celery-broken': ({ module, detail }) => `${module} cannot be imported (${detail}): no worker proposed`,
  'no-beat': () =>
    'no beat proposed: beat_schedule is empty and django_celery_beat is not installed as an app',
};

/** One note, as plain text without an end of line. */
export function noteText(fact: NoteFact): string {
  // The table's types tie each kind to its facts; TypeScript cannot see the pair.
  return (WORDS[fact.kind] as (fact: NoteFact) => string)(fact);
}

function unfitText(why: Unfit): string {
  switch (why.kind) {
    case 'option':
      return `${why.backend} does not know ${why.option}, or what belongs to it`;
    case 'global':
      return `${why.option} stands before the command of celery, where ARGS cannot put it`;
    case 'verb':
      return `no BACKEND is made for "${why.verb}"`;
    case 'app':
      return 'it does not name its application';
    case 'words':
      return 'it has words that are no options, or a variable that may be several words';
    case 'manage':
      return `${why.path} is not in the folder where it runs`;
    case 'interface':
      return 'it is not granian --interface asgi or wsgi';
    case 'python':
      return `its interpreter is ${why.python}, and a manifest has one (SUPERVISOR.python)`;
    default:
      return why satisfies never;
  }
}

function sectionText(section: string): string {
  if (/^(eventlistener|fcgi-program):/.test(section))
    return `[${section}] left out: prodserver runs no such program`;
  if (/^(unix_http_server|inet_http_server|supervisorctl|rpcinterface:.*)$/.test(section))
    return `[${section}] left out: prodserver has a socket of its own for status, stop and restart`;
  return `[${section}] left out: it means nothing here`;
}
