import type { RefusedKind } from '../model/failure.ts';
import { maskUrls } from '../model/mask.ts';
import { EXIT, exitText, type WordsFor } from './words.ts';

const exit = EXIT.manifest;

const said = (output: readonly string[]): string =>
  output.length === 0 ? '' : `; they said:\n  ${output.map(maskUrls).join('\n  ')}`;

export const settingsWords: WordsFor<
  | 'settings-silent'
  | 'settings-broken'
  | 'settings-unset'
  | 'settings-value'
  | 'settings-renamed'
  | 'settings-args-list'
> = {
  'settings-silent': {
    exit,
    about:
      "The project's Django settings were imported, to read PRODUCTION_PROCESSES, and did not end in time.",
    message: ({ module, seconds, output }) =>
      `the settings ${module} were not read within ${seconds} s${said(output)}`,
    hint: ({ module, python }) =>
      `look for something endless in them: ${python} -X importtime -c "import ${module}"`,
  },
  'settings-broken': {
    exit,
    about:
      "The project's Django settings could not be imported, so no process of the project would start either.",
    message: ({ module, exit: ended, output }) =>
      `the settings ${module} cannot be read (${exitText(ended)})${said(output)}`,
    hint: ({ module, python, output }) => brokenHint(module, python, output.at(-1) ?? null),
  },
  'settings-unset': {
    exit,
    about: 'The Django settings were read, and have no PRODUCTION_PROCESSES.',
    message: ({ module }) => `the settings ${module} have no PRODUCTION_PROCESSES`,
    hint: () => 'add it to them, or write prodserver.yaml here',
  },
  'settings-value': {
    exit,
    about:
      'A value in the Django settings that cannot be written down, such as a function: no program could be given it.',
    message: ({ setting, kind, name }) => refusedText(setting, kind, name),
    hint: ({ kind }) => {
      if (kind === 'key') return 'put it in quotes';
      return kind === 'function'
        ? 'call it, and write what it returns'
        : 'write a text, a number, a list or a mapping';
    },
  },
  'settings-renamed': {
    exit,
    about: 'The setting has the name that django-prodserver 0.x gave it, and later versions do not read.',
    message: ({ old }) => `${old} is the name of django-prodserver 0.x`,
    hint: ({ now }) => `write ${now}`,
  },
  'settings-args-list': {
    exit,
    about: 'ARGS is a list of tokens, as in django-prodserver 0.x. Since then it is a mapping of options.',
    message: ({ process }) => `ARGS of "${process}" must be a mapping of options, not a list of tokens`,
    hint: ({ instead }) =>
      instead === null
        ? 'write each long option as a key, such as {"bind": "0.0.0.0:8000"}, and other tokens in EXTRA_ARGS: [...]'
        : `write ${maskUrls(instead)}`,
  },
};

function brokenHint(module: string, python: string, last: string | null): string {
  if (last === null) return `see where it ends: ${python} -v -c "import ${module}"`;
  const missing = /^ModuleNotFoundError: No module named '([^']+)'/.exec(last)?.[1] ?? null;
  if (missing === 'django') {
    return `${python} has no Django: activate the project's virtual environment, or have it as .venv here`;
  }
  if (missing !== null && (module === missing || module.startsWith(`${missing}.`)))
    return 'check the name, and that this is the folder of manage.py';
  return `mend what it says; they were read by ${python}`;
}

function refusedText(setting: string, kind: RefusedKind, name: string): string {
  switch (kind) {
    case 'function':
    case 'class':
      return `"${setting}" is the ${kind} ${name}, which no program can be given`;
    case 'object':
      return `"${setting}" is an object of ${name}, which no program can be given`;
    case 'lazy':
      return `"${setting}" is a lazy text that cannot be had: ${name}`;
    case 'nest':
      return `"${setting}" is nested more than ${name} deep`;
    case 'key':
      return `the key ${name} is no text`;
    default:
      return kind satisfies never;
  }
}
