/** The tables of options against the programs themselves: each option is known or refused, of the same kind, and none is invented. */
import { describe } from 'vitest';
import { celeryBeat } from '../../src/backends/celery-beat.ts';
import { celeryFlower } from '../../src/backends/celery-flower.ts';
import { celeryWorker } from '../../src/backends/celery-worker.ts';
import { gunicornServer } from '../../src/backends/gunicorn.ts';
import { testTable, type Program } from './program.ts';
import { askPython } from './support.ts';

const CELERY = `
import importlib, json, sys
KINDS = {"IntParamType": "whole", "FloatParamType": "number"}
def options(verb):
    command = getattr(importlib.import_module("celery.bin." + verb), verb)
    for param in command.params:
        choices = getattr(param.type, "choices", None)
        kind = "flag" if param.is_flag else "choice" if choices else KINDS.get(type(param.type).__name__, "text")
        for name in [*param.opts, *param.secondary_opts]:
            if name.startswith("--"):
                yield name[2:], {"kind": kind, "choices": list(choices) if choices else None}
print(json.dumps({verb: dict(options(verb)) for verb in ("worker", "beat")}))
`;

const GUNICORN = `
import argparse, json
from gunicorn.config import Config
KINDS = {"auto_int": "whole", "int": "whole", "positiveinteger": "whole"}
def kind(action):
    if action.nargs == 0:
        return "flag"
    return KINDS.get(getattr(action.type, "__name__", ""), "text")
print(json.dumps({
    name[2:]: {"kind": kind(action), "choices": None}
    for action in Config().parser()._actions
    for name in action.option_strings
    if name.startswith("--")
}))
`;

const FLOWER = `
import json
import tornado.options, flower.options
KINDS = {"bool": "flag", "int": "whole", "float": "number"}
print(json.dumps({
    name: {"kind": "text" if option.multiple else KINDS.get(option.type.__name__, "text"), "choices": None}
    for name, option in tornado.options.options._options.items()
}))
`;

const celery = askPython(CELERY) as Record<'worker' | 'beat', Program>;
const gunicorn = askPython(GUNICORN) as Program;
const flower = askPython(FLOWER) as Program;

/** Options that the table leaves out, with the reason. */
const LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gunicorn: {
    help: 'shows and ends',
    version: 'shows and ends',
  },
  worker: {},
  beat: {},
  flower: { help: 'shows and ends', 'format-task': 'a function, so only a configuration file can give it' },
};

/** What each table does not know, and should; a line leaves when the table has it. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  gunicorn: [],
  worker: [],
  beat: [],
  flower: [],
};

/** Options that our table takes in another form than the program's parser, each with its reason. */
const KIND_DIFFERS: Readonly<Record<string, readonly string[]>> = {
  worker: [
    // Celery 5.7 parses the number itself, since it takes "auto" too.
    'concurrency: whole is text',
    // One or two numbers, which Celery parses itself.
    'autoscale: whole is text',
  ],
  beat: [],
  gunicorn: [
    // A closed list that gunicorn checks after parsing.
    'reload-engine: choice is text',
    // Octal, so it must reach gunicorn as it was written.
    'umask: text is whole',
    'log-level: choice is text',
    // A flag, or with one of gunicorn's modes.
    'proxy-protocol: flag is text',
    'cert-reqs: whole is text',
    'header-map: choice is text',
    // Octal as well.
    'control-socket-mode: text is whole',
  ],
  flower: [],
};

describe.each([
  ['worker', celeryWorker.options(), celery.worker],
  ['beat', celeryBeat.options(), celery.beat],
  ['gunicorn', gunicornServer.options(), gunicorn],
  ['flower', celeryFlower.options(), flower],
] as const)('the options of %s', (name, table, program) => {
  testTable(table, () => program, {
    leftOut: LEFT_OUT[name] ?? {},
    missing: MISSING[name] ?? [],
    kindDiffers: KIND_DIFFERS[name] ?? [],
    // tornado takes both spellings of each.
    ...(name === 'flower' ? { real: (option: string) => option.replaceAll('_', '-') } : {}),
  });
});
