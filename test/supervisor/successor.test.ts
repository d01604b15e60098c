import { describe, expect, test } from 'vitest';
import { failure } from '../../src/model/failure.ts';
import type { WorkerVitals } from '../../src/model/vitals.ts';
import { PROOF_MS, proofOf } from '../../src/supervisor/successor.ts';
import { IDLE_WORKER, LINK_LIVENESS } from '../support/spec.ts';

const VITALS: WorkerVitals = { ...IDLE_WORKER, slots: 4, canaries: 0 };
const celery = { linkLiveness: LINK_LIVENESS };

describe('a successor that is ready has proved itself', () => {
  test.each<[string, Partial<WorkerVitals>]>([
    ['by a canary', { canaries: 1 }],
    ['where there are no canaries', { canaries: null }],
    [
      'by a task, which may hold a slot from the first moment on',
      { counts: { ...VITALS.counts, received: 1 } },
    ],
  ])('%s', (_how, vitals) => {
    expect(proofOf(celery, { ...VITALS, ...vitals }, 0)).toBe('proven');
  });

  test('by reporting for half a minute, since it may be its broker that is late', () => {
    expect(proofOf(celery, VITALS, PROOF_MS - 1)).toBe('open');
    expect(proofOf(celery, VITALS, PROOF_MS)).toBe('proven');
  });

  test('not by silence', () => {
    expect(proofOf(celery, null, PROOF_MS - 1)).toBe('open');
    const why = { kind: 'failure', failure: failure('successor-silent', { ms: PROOF_MS }) };
    expect(proofOf(celery, null, PROOF_MS)).toEqual(why);
  });

  test('at once where nobody reports', () => {
    expect(proofOf({ linkLiveness: null }, null, 0)).toBe('proven');
  });
});
