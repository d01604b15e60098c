import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const long = process.env['PRODSERVER_TEST_TIER'] === 'long';

/** Those that take longest, first, so that none of them is alone at the end; without it a small file counts as a short one. */
const LONGEST = [
  'lease-faults',
  'chaos',
  'shop',
  'celery/beat',
  'beat-lock',
  'lease-simulation',
  'hangs',
  'python/vitals',
  'brokers',
  'stopped-work',
  'manifests',
  'worker-bootsteps',
  'replacement',
  'python/link',
  'no-task-lost',
  'exits',
  'supervisor-death',
  'python/worker',
  'worker-limits',
  'peers/pm2',
  'killed-main',
  'output',
  'restarts',
  'pid1',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.includes(`/${name}.`));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: long ? ['test/**/*.long.test.ts'] : ['test/**/*.test.ts'],
    exclude: long ? [] : ['test/**/*.long.test.ts'],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait for real processes, some of them for leases that run out: seven at once keep two cores busy.
    maxWorkers: 7,
    // The files of one worker share their modules: loading these anew for each took a third of the unit tests' time.
    isolate: false,
    testTimeout: long ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
  },
});
