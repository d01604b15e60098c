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

const byName = new Map(
  BACKENDS.flatMap((backend) => [backend.name, ...backend.paths].map((name) => [name, backend])),
);

export const backendNames: readonly string[] = BACKENDS.map((backend) => backend.name);

/** Every spelling of BACKEND that is understood. */
export const backendSpellings: readonly string[] = [...byName.keys()];

export const findBackend = (name: string): Backend | null => byName.get(name) ?? null;

export const allBackends = (): readonly Backend[] => BACKENDS;
