import { EXIT, type WordsFor } from './words.ts';

const exit = EXIT.manifest;

/** `HttpServer.compile().argv`; the whole of it where nothing inside is meant. */
const subject = (backend: string | null, field: string): string =>
  [backend, field].filter((part) => part !== null && part !== '').join('.');

export const backendWords: WordsFor<
  | 'backend-unknown'
  | 'backend-file-missing'
  | 'backend-file-broken'
  | 'backend-shape'
  | 'backend-taken'
  | 'backend-failed'
  | 'stop-signal'
> = {
  'backend-unknown': {
    exit,
    about: 'BACKEND names nothing that is known.',
    message: ({ backend }) => `unknown BACKEND "${backend}"`,
    hint: ({ near, known }) =>
      near === null
        ? `known: ${known.join(', ')}; any other program runs by BACKEND: Command with CMD: [program, argument], ` +
          'a management command by BACKEND: DjangoCommand with CMD: [name], a backend of your own by SUPERVISOR.backends'
        : `write "${near}"`,
  },
  'backend-file-missing': {
    exit,
    about: 'A file of SUPERVISOR.backends is not there.',
    message: ({ path }) => `there is no file ${path}`,
    hint: () => "write its path as seen from the manifest's folder, for example ./my-backend.mjs",
  },
  'backend-file-broken': {
    exit,
    about: 'A file of SUPERVISOR.backends could not be run.',
    message: ({ path, detail }) =>
      detail === null ? `${path} did not end within 10 s` : `${path} cannot be loaded: ${detail}`,
    hint: ({ path, detail }) => (detail === null ? 'leave out what it awaits' : `try it alone: node ${path}`),
  },
  'backend-shape': {
    exit,
    about:
      'A backend of SUPERVISOR.backends, or what a method of it gave, has not the form that it must have.',
    message: ({ path, backend, field, expected, got }) => {
      const what = subject(backend, field);
      const key = what === '' ? 'its default export' : what;
      return got === 'unknown'
        ? `${path}: ${key} means nothing here`
        : `${path}: ${key} must be ${expected}, not ${got}`;
    },
    hint: ({ got, expected }) =>
      got === 'unknown' ? `write ${expected}` : 'docs/backends.md has the whole form, with an example',
  },
  'backend-taken': {
    exit,
    about: 'A backend of SUPERVISOR.backends has a name, or a path, that another one has already.',
    message: ({ path, name, owner }) =>
      `${path}: "${name}" is ${owner === null ? 'a backend of prodserver itself' : `already that of ${owner}`}`,
    hint: () => 'give it a name of its own',
  },
  'backend-failed': {
    exit,
    about: 'A method of a backend of SUPERVISOR.backends threw an error.',
    message: ({ path, backend, method, detail }) => `${backend}.${method}() of ${path} failed: ${detail}`,
    hint: () => 'mend it there; what it was called with is in this entry',
  },
  'stop-signal': {
    exit,
    about: 'STOP.signal names a signal that is no gentle way to stop this program.',
    message: ({ signal, backend, why }) => `${signal} is no good way to stop ${backend}: ${why}`,
    hint: ({ own }) => `leave it out: its own is ${own}`,
  },
};
