/** Every spelling of BACKEND. */
import { describe, expect, test } from 'vitest';
import { celeryWorker } from '../../src/backends/celery-worker.ts';
import { gunicornServer } from '../../src/backends/gunicorn.ts';
import {
  allBackends,
  backendNames,
  backendSpellings,
  findBackend,
  isPlannedBackend,
} from '../../src/backends/registry.ts';
import { compile } from './support.ts';

describe('the registry', () => {
  test('a short name, both dotted families, nothing else', () => {
    const prefix = 'django_prodserver.backends';
    expect(findBackend('CeleryWorker')).toBe(celeryWorker);
    expect(findBackend(`${prefix}.celery.CeleryWorker`)).toBe(celeryWorker);
    expect(findBackend(`${prefix}.workers.celery.CeleryWorker`)).toBe(celeryWorker);
    expect(findBackend(`${prefix}.gunicorn.GunicornServer`)).toBe(gunicornServer);
    expect(findBackend(`${prefix}.servers.gunicorn.GunicornServer`)).toBe(gunicornServer);
    expect(findBackend('celeryworker')).toBeNull();
    expect(findBackend('other.CeleryWorker')).toBeNull();
    expect(findBackend('constructor')).toBeNull();
  });

  test('names are unique, and no planned backend is there already', () => {
    expect(new Set(backendSpellings).size).toBe(backendSpellings.length);
    expect(backendNames.filter(isPlannedBackend)).toEqual([]);
    expect(isPlannedBackend('django_prodserver.backends.dev.daphne.DaphneRunserver')).toBe(true);
  });

  test.each(allBackends().map((backend) => [backend.name, backend] as const))(
    '%s ends its ladder with KILL',
    (_, backend) => {
      expect(compile(backend, { cmd: ['date'] }).stop.at(-1)?.signal).toBe('SIGKILL');
    },
  );
});
