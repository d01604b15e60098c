/** The beat inside a worker. */
import type { Proof } from './proof.ts';
import { fileIn, ONE, stats } from './proof-sights.ts';
import { until } from '../../support/rig.ts';
import type { Stage } from './stage.ts';

const EVERY = { PROVING_PERIOD: '0.5' };
const FILES = ['celerybeat-schedule', 'periods'] as const;

const ticks = async (stage: Stage): Promise<number> => (await stats(stage)).total['tick'] ?? 0;

/** Which schedule files there are once a periodic task has run. */
async function schedules(stage: Stage): Promise<string[]> {
  await until(async () => (await ticks(stage)) > 0, 'a periodic task');
  return FILES.filter((name) => ['', '.db', '.dat'].some((suffix) => fileIn(stage, name + suffix) !== null));
}

const scheduleProof = (option: 'schedule' | 'schedule-filename', tier: Pick<Proof, 'tier'>): Proof => ({
  option,
  pool: 'prefork',
  verdict: 'works',
  title: 'the file of the embedded beat',
  ...tier,
  setting: { args: { ...ONE, beat: true, [option]: 'periods' }, env: EVERY },
  see: schedules,
  with: ['periods'],
  without: ['celerybeat-schedule'],
});

const beatProof = (pool: 'prefork' | 'threads' | 'solo', tier: Pick<Proof, 'tier'>): Proof => ({
  option: 'beat',
  pool,
  verdict: 'works',
  title: 'periodic tasks are sent',
  ...tier,
  setting: { args: { ...ONE, beat: true }, env: EVERY },
  see: async (stage) => {
    // Longer than several periods: what was sent meanwhile waits behind it, before the next.
    await stage.client.run('span', [4]);
    await stage.client.run('whoami');
    return (await ticks(stage)) > 0;
  },
  with: true,
  without: false,
});

export const embeddedBeatProofs: readonly Proof[] = [
  beatProof('prefork', {}),
  beatProof('threads', { tier: 'long' }),
  beatProof('solo', { tier: 'long' }),
  scheduleProof('schedule', {}),
  scheduleProof('schedule-filename', { tier: 'long' }),
  {
    option: 'scheduler',
    pool: 'prefork',
    verdict: 'works',
    title: 'the class of the embedded beat: this one keeps no file',
    tier: 'long',
    setting: { args: { ...ONE, beat: true, scheduler: 'celery.beat:Scheduler' }, env: EVERY },
    see: schedules,
    with: [],
    without: ['celerybeat-schedule'],
  },
  {
    option: 'schedule',
    pool: 'solo',
    verdict: 'ignored',
    title: 'there is none without beat',
    tier: 'long',
    setting: { args: { ...ONE, schedule: 'periods' }, env: EVERY },
    see: async (stage) => {
      await stage.client.run('whoami');
      return FILES.some((name) => fileIn(stage, name) !== null);
    },
    with: false,
  },
];
