import { andList, EXIT, type WordsFor } from './words.ts';

const exit = EXIT.failure;

/** What keeps `prodserver init` from writing a manifest. */
export const initWords: WordsFor<
  'init-exists' | 'init-nothing' | 'init-empty' | 'init-source' | 'init-unreadable' | 'init-unwritten'
> = {
  'init-exists': {
    exit,
    about: '`prodserver init` does not write over a file.',
    message: ({ path }) => `${path} exists`,
    hint: () =>
      'look at the new one with --stdout; write it elsewhere with --output FILE, or over this one with --force',
  },
  'init-nothing': {
    exit,
    about: '`prodserver init` found nothing of which it could make a manifest.',
    message: ({ folder, searched }) => `nothing to make a manifest of in ${folder}: no ${andList(searched)}`,
    hint: () =>
      'name a file: prodserver init FILE; or the settings of a Django project: prodserver init --settings myproject.settings',
  },
  'init-empty': {
    exit,
    about: 'The source of `prodserver init` names no process.',
    message: ({ path }) => `${path} names no process`,
    hint: () => 'name another source: prodserver init --from django, procfile or supervisord',
  },
  'init-source': {
    exit,
    about: 'The source of `prodserver init` is malformed: its own program would refuse it too.',
    message: ({ detail }) => detail,
    hint: () => null,
  },
  'init-unreadable': {
    exit,
    about: 'The source of `prodserver init` could not be read.',
    message: ({ path, errno }) => `cannot read ${path}: ${errno}`,
    hint: ({ errno }) =>
      errno === 'ENOENT' ? 'check its name' : 'check the permissions of the file and of its folders',
  },
  'init-unwritten': {
    exit,
    about: 'The new manifest could not be written.',
    message: ({ path, errno }) => `cannot write ${path}: ${errno}`,
    hint: () => 'check the folder, its permissions and the space on its disk; --stdout prints it instead',
  },
};
