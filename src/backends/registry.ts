import type { Backend } from './backend.ts';
import { celeryBeat } from './celery-beat.ts';
import { celeryFlower } from './celery-flower.ts';
import { celeryWorker } from './celery-worker.ts';
import { command } from './command.ts';
import { daphneRunserver } from './daphne-runserver.ts';
import { daphneServer } from './daphne.ts';
import { djangoCommand } from './django-command.ts';
import { djangoQ2Worker } from './django-q2-worker.ts';
import { djangoRunserver } from './django-runserver.ts';
import { djangoTasksWorker } from './django-tasks-worker.ts';
import { granianAsgiServer, granianWsgiServer } from './granian.ts';
import { gunicornServer } from './gunicorn.ts';
import { hypercornServer } from './hypercorn.ts';
import { uvicornServer, uvicornWsgiServer } from './uvicorn.ts';
import { waitressServer } from './waitress.ts';
import { werkzeugRunserver } from './werkzeug-runserver.ts';

/** One line a backend. */
const BACKENDS: readonly Backend[] = [
  gunicornServer,
  uvicornServer,
  uvicornWsgiServer,
  granianAsgiServer,
  granianWsgiServer,
  waitressServer,
  daphneServer,
  hypercornServer,
  celeryWorker,
  celeryBeat,
  celeryFlower,
  djangoTasksWorker,
  djangoQ2Worker,
  djangoRunserver,
  daphneRunserver,
  werkzeugRunserver,
  djangoCommand,
  command,
];

/** The backends that a manifest may name. A value: those that a manifest brings along are for that manifest alone. */
export interface Registry {
  readonly all: readonly Backend[];
  readonly names: readonly string[];
  /** Every spelling of BACKEND that is understood. */
  readonly spellings: readonly string[];
  find(spelling: string): Backend | null;
}

export function newRegistry(backends: readonly Backend[]): Registry {
  const bySpelling = new Map(
    backends.flatMap((backend) => spellingsOf(backend).map((spelling) => [spelling, backend] as const)),
  );
  return {
    all: backends,
    names: backends.map((backend) => backend.name),
    spellings: [...bySpelling.keys()],
    find: (spelling) => bySpelling.get(spelling) ?? null,
  };
}

export const spellingsOf = ({ name, paths }: Pick<Backend, 'name' | 'paths'>): readonly string[] => [
  name,
  ...paths,
];

/** Those of prodserver itself. */
export const OURS: Registry = newRegistry(BACKENDS);
