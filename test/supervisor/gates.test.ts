import { describe, expect, test } from 'vitest';
import type { ProcessSpec, Target } from '../../src/model/spec.ts';
import type { Locker } from '../../src/singleton/holder.ts';
import { newDependencyGate, newTargetGate } from '../../src/supervisor/gates.ts';
import { FakeClock } from '../logs/support.ts';
import { spec } from './instance-support.ts';

const never = new AbortController().signal;
const inner = (wants = false): Locker => ({
  wants: () => wants,
  take: async () => ({ kind: 'held', hindrance: { kind: 'previous', pid: 7 } }),
  abandon: () => undefined,
});

describe('targets', () => {
  const db: Target = { kind: 'address', text: 'tcp://db:1', address: { kind: 'tcp', host: 'db', port: 1 } };
  const page: Target = { kind: 'http', text: 'http://x/' };
  const file: Target = { kind: 'file', text: 'file:/run/x', path: '/run/x' };

  const world = (timeoutMs: number | null, wants = false) => {
    const clock = new FakeClock();
    const state = {
      refusal: 'ECONNREFUSED' as string | null,
      status: 200 as number | null,
      written: 1 as number | null,
    };
    const gate = newTargetGate(
      inner(wants),
      {
        refusal: async () => state.refusal,
        get: async () => state.status,
        writtenAt: () => state.written,
      },
      clock,
    );
    const job: ProcessSpec = spec({ waitFor: { targets: [db, page, file], timeoutMs } });
    return { clock, state, gate, job, ask: async (waitedMs = 0) => gate.take(job, never, waitedMs) };
  };

  test('the first that does not answer is what stands in the way', async () => {
    const { ask, state } = world(null);
    const waits = async () => (await ask()) as { hindrance: { trouble: object } };
    expect((await waits()).hindrance.trouble).toEqual({ probe: 'tcp', target: 'db:1', got: 'ECONNREFUSED' });
    state.refusal = null;
    state.status = 503;
    expect((await waits()).hindrance.trouble).toEqual({
      probe: 'http',
      target: 'http://x/',
      got: 'status 503',
    });
    state.status = 204;
    state.written = null;
    expect((await waits()).hindrance.trouble).toEqual({
      probe: 'file',
      target: '/run/x',
      got: 'there is none',
    });
    state.written = 5;
    expect(await ask()).toEqual({ kind: 'acquired', grip: null });
  });

  test('then the next gate is asked, where it wants to be', async () => {
    const { ask, state } = world(null, true);
    state.refusal = null;
    expect(await ask()).toEqual({ kind: 'held', hindrance: { kind: 'previous', pid: 7 } });
  });

  test('the timeout counts from the first answer that was missing, and anew for another start', async () => {
    const { ask, clock } = world(3000);
    expect(await ask(0)).toMatchObject({ kind: 'held' });
    clock.pass(2999);
    expect(await ask(2999)).toMatchObject({ kind: 'held' });
    clock.pass(1);
    expect(await ask(3000)).toMatchObject({
      kind: 'failed',
      permanent: false,
      failure: { code: 'wait-timeout', facts: { ms: 3000, trouble: { target: 'db:1' } } },
    });
    clock.pass(1000);
    expect(await ask(0)).toMatchObject({ kind: 'held' });
    clock.pass(2999);
    expect(await ask(2999)).toMatchObject({ kind: 'held' });
  });

  test('only where there is something to wait for', () => {
    const { gate, job } = world(null);
    expect([gate.wants(job), gate.wants(spec())]).toEqual([true, false]);
  });
});

test('a dependency stands before all other gates', async () => {
  const job = spec({ dependsOn: [{ name: 'db', needs: 'ready' }] });
  const gate = newDependencyGate(inner(true), () => []);
  expect([gate.wants(job), newDependencyGate(inner(), () => []).wants(spec())]).toEqual([true, false]);
  // Nobody of that name is here, so the next gate is asked.
  expect(await gate.take(job, never, 0)).toEqual({ kind: 'held', hindrance: { kind: 'previous', pid: 7 } });
});
