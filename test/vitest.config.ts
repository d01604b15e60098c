import { defineConfig } from 'vitest/config';

const long = process.env['PRODSERVER_TEST_TIER'] === 'long';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: long ? ['test/**/*.long.test.ts'] : ['test/**/*.test.ts'],
    exclude: long ? [] : ['test/**/*.long.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait for real processes most of the time: four at once keep two cores half busy.
    maxWorkers: 4,
    testTimeout: long ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
  },
});
