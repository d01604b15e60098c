import type { Backend } from './backend.ts';
import { ALIVE, manage } from './django.ts';
import { compiled, termFor } from './web.ts';

/** Any management command: CMD without `python manage.py`. */
export const djangoCommand: Backend = {
  name: 'DjangoCommand',
  paths: [],
  app: 'none',
  cmd: 'required',
  singleton: false,
  options: () => ({}),
  package: null,
  rules: () => [],
  compile: (entry) =>
    compiled(ALIVE, {
      argv: manage(entry, ...(entry.cmd ?? ['help']), ...entry.extraArgs),
      stop: termFor(10),
      permanentExitCodes: [],
    }),
};
