/** The tables of the web servers and of Django's commands against the programs themselves, as `tables.test.ts`. */
import { beforeAll, describe } from 'vitest';
import { daphneRunserver } from '../../src/backends/daphne-runserver.ts';
import { daphneServer } from '../../src/backends/daphne.ts';
import { djangoQ2Worker } from '../../src/backends/django-q2-worker.ts';
import { djangoRunserver } from '../../src/backends/django-runserver.ts';
import { djangoTasksWorker } from '../../src/backends/django-tasks-worker.ts';
import { granianAsgiServer, granianWsgiServer } from '../../src/backends/granian.ts';
import { hypercornServer } from '../../src/backends/hypercorn.ts';
import { uvicornServer, uvicornWsgiServer } from '../../src/backends/uvicorn.ts';
import { waitressServer } from '../../src/backends/waitress.ts';
import { werkzeugRunserver } from '../../src/backends/werkzeug-runserver.ts';
import { serverPython } from '../support/server-python.ts';
import { testTable, type Exceptions, type Program } from './program.ts';
import { askPython } from './support.ts';

/** pip fetches what is not there yet. Milliseconds. */
const MAKING_MS = 900_000;

const CLICK = `
import importlib, json
KINDS = {"IntParamType": "whole", "IntRange": "whole", "FloatParamType": "number"}
def options(module, command):
    for param in getattr(importlib.import_module(module), command).params:
        choices = getattr(param.type, "choices", None)
        flag = getattr(param, "is_flag", False)
        kind = "flag" if flag else "choice" if choices else KINDS.get(type(param.type).__name__, "text")
        for name in [*param.opts, *param.secondary_opts]:
            if name.startswith("--"):
                yield name[2:], {"kind": kind, "choices": list(choices) if choices else None}
`;

/** What a parser of argparse has; `make` is an expression that gives it. */
const argparse = (make: string, prepare = ''): string => `
import argparse, json
${prepare}
def kind(action):
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return "flag"
    if action.choices and not isinstance(next(iter(action.choices)), int):
        return "choice"
    return {"int": "whole", "float": "number"}.get(getattr(action.type, "__name__", ""), "text")
print(json.dumps({
    name[2:]: {"kind": kind(action), "choices": list(action.choices) if kind(action) == "choice" else None}
    for action in ${make}._actions
    for name in action.option_strings
    if name.startswith("--")
}))
`;

const WAITRESS = `
import json
from waitress.adjustments import Adjustments, asbool
found = {"call": "flag"}
for name, cast in Adjustments._params:
    name = name.replace("_", "-")
    if cast is asbool:
        found[name] = found["no-" + name] = "flag"
    else:
        found[name] = "whole" if cast is int else "text"
print(json.dumps({name: {"kind": kind, "choices": None} for name, kind in found.items()}))
`;

/** Hypercorn makes its parser inside main(). */
const HYPERCORN = argparse(
  'seen[0]',
  `
import sys, hypercorn.__main__
seen = []
def parse_args(self, *rest):
    seen.append(self)
    raise SystemExit
argparse.ArgumentParser.parse_args = parse_args
try:
    hypercorn.__main__.main(["x:y"])
except SystemExit:
    pass
`,
);

/** A management command of a project with these apps. */
const django = (command: string, ...apps: readonly string[]): string =>
  argparse(
    `command.create_parser("manage.py", ${JSON.stringify(command)})`,
    `
import django, warnings
from django.conf import settings
warnings.simplefilter("ignore")
settings.configure(
    SECRET_KEY="x",
    INSTALLED_APPS=${JSON.stringify(apps)} + ["django.contrib.contenttypes", "django.contrib.staticfiles"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
    Q_CLUSTER={"retry": 120, "timeout": 60, "orm": "default"},
)
django.setup()
from django.core.management import get_commands, load_command_class
command = load_command_class(get_commands()[${JSON.stringify(command)}], ${JSON.stringify(command)})
`,
  );

const ENDS = 'shows and ends';
const COMMAND: Exceptions = { leftOut: { help: ENDS, version: ENDS } };

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, MAKING_MS);

/** Asked once, when the first test wants it. */
function from(code: string): () => Program {
  let program: Program | null = null;
  return () => (program ??= askPython(code, python) as Program);
}

const click = (module: string, command: string): (() => Program) =>
  from(`${CLICK}\nprint(json.dumps(dict(options(${JSON.stringify(module)}, ${JSON.stringify(command)}))))`);

const uvicorn = click('uvicorn.main', 'main');
// A boolean with a value.
const UVICORN: Exceptions = { kindDiffers: ['ws-per-message-deflate: whole is text'] };
describe('the options of UvicornServer', () => testTable(uvicornServer.options(), uvicorn, UVICORN));
describe('the options of UvicornWSGIServer', () => testTable(uvicornWsgiServer.options(), uvicorn, UVICORN));

// Whole seconds or a duration in words, which a type of Granian's own reads.
const SECONDS =
  'blocking-threads-idle-timeout http2-keep-alive-timeout rss-sample-interval workers-lifetime workers-kill-timeout ' +
  'static-path-expires metrics-scrape-interval';
const GRANIAN: Exceptions = { kindDiffers: SECONDS.split(' ').map((option) => `${option}: whole is text`) };
const granian = click('granian.cli', 'cli');
describe('the options of GranianASGIServer', () => testTable(granianAsgiServer.options(), granian, GRANIAN));
describe('the options of GranianWSGIServer', () => testTable(granianWsgiServer.options(), granian, GRANIAN));

describe('the options of WaitressServer', () => testTable(waitressServer.options(), from(WAITRESS)));

describe('the options of HypercornServer', () =>
  testTable(hypercornServer.options(), from(HYPERCORN), {
    leftOut: { help: ENDS },
    // Closed lists that Hypercorn checks after parsing.
    kindDiffers: ['worker-class: choice is text', 'log-level: choice is text', 'verify-mode: choice is text'],
  }));

const DAPHNE = argparse('CommandLineInterface().parser', 'from daphne.cli import CommandLineInterface');
describe('the options of DaphneServer', () =>
  testTable(daphneServer.options(), from(DAPHNE), { leftOut: { help: ENDS } }));

const dev: Exceptions = { ...COMMAND, positional: ['addrport'] };
describe('the options of DjangoRunserver', () =>
  testTable(djangoRunserver.options(), from(django('runserver')), dev));
describe('the options of DaphneRunserver', () =>
  testTable(daphneRunserver.options(), from(django('runserver', 'daphne')), dev));
describe('the options of WerkzeugRunserver', () =>
  testTable(werkzeugRunserver.options(), from(django('runserver_plus', 'django_extensions')), {
    ...dev,
    // Closed lists, by their help.
    kindDiffers: ['reloader-type: choice is text', 'startup-messages: choice is text'],
  }));
describe('the options of DjangoTasksWorker', () =>
  testTable(
    djangoTasksWorker.options(),
    from(django('db_worker', 'django_tasks', 'django_tasks_db')),
    // Numbers that db_worker parses by functions of its own.
    { ...COMMAND, kindDiffers: ['interval: number is text', 'max-tasks: whole is text'] },
  ));
describe('the options of DjangoQ2Worker', () =>
  testTable(djangoQ2Worker.options(), from(django('qcluster', 'django_q')), COMMAND));
