/** LIVE.celery: what it makes of a process, and what is said where it is wrong. */
import { describe, expect, test } from 'vitest';
import { beat, job, processes, told, worker } from './support.ts';

const linkOf = (text: string): object | null | undefined => processes(text)[0]?.linkLiveness;

describe('who reports from inside is judged by it', () => {
  test.each([
    ['prefork', 'beside'],
    ['processes', 'beside'],
    ['threads', 'beside'],
    ['solo', 'between'],
    ['gevent', 'with'],
    ['eventlet', 'with'],
  ])('a worker with the pool %s', (pool, loop) => {
    expect(linkOf(worker(`ARGS: {pool: ${pool}}`))).toEqual({
      loop,
      loopMs: 30_000,
      canaryMs: 30_000,
      pollingMs: 15_000,
      beatMs: 30_000,
      taskMs: null,
      stuck: 'report',
    });
  });

  test('a pool of the user is judged the least, and that of EXTRA_ARGS counts', () => {
    const own = worker('ARGS: {pool: custom}', 'ENV: {CELERY_CUSTOM_WORKER_POOL: "a:B"}');
    expect(linkOf(own)).toMatchObject({ loop: 'between' });
    expect(linkOf(worker('EXTRA_ARGS: [-P, solo]'))).toMatchObject({ loop: 'between' });
  });

  test('a beat', () => expect(linkOf(beat())).toMatchObject({ loop: 'beat', beatMs: 30_000 }));

  test('nothing else', () => expect(linkOf(job())).toBeNull());
});

test('each time can be given', () => {
  const all = '{loop: 1m, canary: 2m, polling: 3m, task: 4m, stuck: restart}';
  expect(linkOf(worker(`LIVE: {celery: ${all}}`))).toMatchObject({
    loopMs: 60_000,
    canaryMs: 120_000,
    pollingMs: 180_000,
    taskMs: 240_000,
    stuck: 'restart',
  });
  expect(linkOf(beat('LIVE: {celery: {beat: 5m}}'))).toMatchObject({ beatMs: 300_000 });
});

test('canaries can be turned off alone', () => {
  const [one] = processes(worker('LIVE: {celery: {canary: off}}'));
  expect([one?.linkLiveness?.canaryMs, one?.linkLiveness?.pollingMs]).toEqual([null, 15_000]);
  expect(one?.env).toMatchObject({ PRODSERVER_CANARY: 'off' });
  expect(processes(worker())[0]?.env).not.toHaveProperty('PRODSERVER_CANARY');
});

test.each(['off', 'false', '"off"', '"false"'])('%s turns it off', (word) => {
  expect(linkOf(worker(`LIVE: {celery: ${word}}`))).toBeNull();
});

test('probes stand beside it, or are not there', () => {
  const [both] = processes(worker('LIVE: {celery: {loop: 1m}, file: alive}'));
  expect([both?.liveness?.probes.length, both?.linkLiveness?.loopMs]).toEqual([1, 60_000]);
  const [one] = processes(worker('LIVE: {celery: {loop: 1m}}'));
  expect(one?.liveness).toBeNull();
  const [other] = processes(worker('LIVE: {celery: off, file: alive}'));
  expect([other?.liveness?.probes.length, other?.linkLiveness]).toEqual([1, null]);
});

test.each([
  ['a word that is none', worker('LIVE: {celery: on}')],
  ['nothing', worker('LIVE: {celery: }')],
  ['a time without a unit', worker('LIVE: {celery: {loop: 30}}')],
  ['an unknown key', worker('LIVE: {celery: {cannary: 30s}}')],
  ['another fate', worker('LIVE: {celery: {task: 1h, stuck: kill}}')],
  ['stuck without a limit', worker('LIVE: {celery: {stuck: restart}}')],
  ["what is beat's, of a worker", worker('LIVE: {celery: {beat: 30s, loop: 30s}}')],
  ["what is a worker's, of beat", beat('LIVE: {celery: {canary: 30s, task: 1h, stuck: report}}')],
  ['a command', job('LIVE: {celery: off}')],
  ['the timing of probes that there are not', worker('LIVE: {celery: {loop: 30s}, period: 5s}')],
])('%s', (_, text) => {
  expect(told(text)).toMatchSnapshot();
});
