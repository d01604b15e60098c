/** Every spelling of BACKEND. */
import { describe, expect, test } from 'vitest';
import { celeryWorker } from '../../src/backends/celery-worker.ts';
import { gunicornServer } from '../../src/backends/gunicorn.ts';
import { OURS } from '../../src/backends/registry.ts';
import { compile } from './support.ts';

describe('the registry', () => {
  test('a short name, both dotted families, nothing else', () => {
    const prefix = 'django_prodserver.backends';
    expect(OURS.find('CeleryWorker')).toBe(celeryWorker);
    expect(OURS.find(`${prefix}.celery.CeleryWorker`)).toBe(celeryWorker);
    expect(OURS.find(`${prefix}.workers.celery.CeleryWorker`)).toBe(celeryWorker);
    expect(OURS.find(`${prefix}.gunicorn.GunicornServer`)).toBe(gunicornServer);
    expect(OURS.find(`${prefix}.servers.gunicorn.GunicornServer`)).toBe(gunicornServer);
    expect(OURS.find('celeryworker')).toBeNull();
    expect(OURS.find('other.CeleryWorker')).toBeNull();
    expect(OURS.find('constructor')).toBeNull();
  });

  test('names are unique', () => {
    expect(new Set(OURS.spellings).size).toBe(OURS.spellings.length);
  });

  /** By the module of 2.x, or the shim in its place, and by that of 3.0. */
  test.each([
    ['GunicornServer', 'gunicorn', 'servers.gunicorn'],
    ['UvicornServer', 'uvicorn', 'servers.uvicorn'],
    ['UvicornWSGIServer', 'uvicorn', 'servers.uvicorn'],
    ['GranianASGIServer', 'granian', 'servers.granian'],
    ['GranianWSGIServer', 'granian', 'servers.granian'],
    ['WaitressServer', 'waitress', 'servers.waitress'],
    ['CeleryWorker', 'celery', 'workers.celery'],
    ['CeleryBeat', 'celery', 'workers.celery'],
    ['CeleryFlower', 'celery', 'servers.flower'],
    ['CeleryFlower', 'celery', 'workers.celery'],
    ['DjangoTasksWorker', 'django_tasks', 'workers.django_tasks'],
    ['DjangoQ2Worker', 'django_q2', 'workers.django_q2'],
    ['DjangoRunserver', 'django_runserver', 'dev.django_runserver'],
    ['DaphneRunserver', 'daphne', 'dev.daphne'],
    ['WerkzeugRunserver', 'werkzeug', 'dev.werkzeug'],
  ])('%s of django-prodserver, in %s and in %s', (name, older, newer) => {
    for (const spelling of [name, `${older}.${name}`, `${newer}.${name}`]) {
      const dotted = spelling === name ? name : `django_prodserver.backends.${spelling}`;
      expect([dotted, OURS.find(dotted)?.name]).toEqual([dotted, name]);
    }
  });

  test('what there is beside them', () => {
    expect(OURS.find('RunserverPlus')?.name).toBe('WerkzeugRunserver');
    expect(
      ['HypercornServer', 'DaphneServer', 'DjangoCommand', 'Command'].filter(
        (name) => OURS.find(name) === null,
      ),
    ).toEqual([]);
  });

  test.each(OURS.all.map((backend) => [backend.name, backend] as const))(
    '%s ends its ladder with KILL',
    (_, backend) => {
      expect(compile(backend, { cmd: ['date'] }).stop.at(-1)?.signal).toBe('SIGKILL');
    },
  );
});
