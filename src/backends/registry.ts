import type { Backend } from './backend.ts';
import { celeryBeat } from './celery-beat.ts';
import { celeryFlower } from './celery-flower.ts';
import { celeryWorker } from './celery-worker.ts';
import { command } from './command.ts';
import { daphneServer } from './daphne.ts';
import { granianAsgiServer, granianWsgiServer } from './granian.ts';
import { gunicornServer } from './gunicorn.ts';
import { hypercornServer } from './hypercorn.ts';
import { uvicornServer, uvicornWsgiServer } from './uvicorn.ts';
import { waitressServer } from './waitress.ts';

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
  command,
];

/** Backends of django-prodserver that have no table here yet: named, so that the error can tell them from a typo. */
const PLANNED: readonly string[] =
  'DjangoTasksWorker DjangoQ2Worker DjangoRunserver DaphneRunserver WerkzeugRunserver'.split(' ');

const byName = new Map(
  BACKENDS.flatMap((backend) => [backend.name, ...backend.paths].map((name) => [name, backend])),
);

export const backendNames: readonly string[] = BACKENDS.map((backend) => backend.name);

/** Every spelling of BACKEND that is understood. */
export const backendSpellings: readonly string[] = [...byName.keys()];

export const findBackend = (name: string): Backend | null => byName.get(name) ?? null;

export const isPlannedBackend = (name: string): boolean => PLANNED.includes(name.split('.').at(-1) ?? '');

export const allBackends = (): readonly Backend[] => BACKENDS;
