/**
 * Never two beats at one instant of true time, whatever happens to hosts, network and server; and the same trials show
 * it where a part of the protection is taken away. `PRODSERVER_TEST_SEED` tries others.
 */
import { describe, expect, test } from 'vitest';
import { campaign, type Report, secondsAt } from './simulation/campaign.ts';
import { BROKEN, DEFAULTS, MIXED, only, PATIENT, TIGHT } from './simulation/plans.ts';
import type { Plan } from './simulation/trial.ts';

const SEED = Number(process.env['PRODSERVER_TEST_SEED'] ?? 20_260_601);
/** The long tier runs this file too, by lease-simulation.long.test.ts. */
const SCALE = process.env['PRODSERVER_TEST_TIER'] === 'long' ? 10 : 0.25;

/** Seconds of one core, but of a machine that has other tests to run. Milliseconds. */
const PATIENCE = { timeout: 900_000 * Math.max(1, SCALE) };

function told(name: string, report: Report): Report {
  const { trials, faults, starts, handovers, overlaps, worstMs, gaps } = report;
  process.stdout.write(
    `lease, ${name}: ${trials} trials from seed ${SEED}, ${faults} faults, ${starts} beats, ${handovers} handovers, ` +
      `${overlaps} overlaps, the worst ${Math.round(worstMs)} ms; ` +
      `without a beat ${secondsAt(gaps, 0.5)} s (median), ${secondsAt(gaps, 1)} s (worst)\n`,
  );
  return report;
}

describe('no two beats', PATIENCE, () => {
  const sound: ReadonlyArray<[string, number, Plan]> = [
    ['defaults', 80_000, DEFAULTS],
    ['the longest stop that is allowed', 12_000, TIGHT],
    ['another TTL on each host', 6000, MIXED],
    ['late answers', 2000, PATIENT],
  ];
  test.each(sound)('%s', (name, count, plan) => {
    const report = told(name, campaign(SEED, count * SCALE, plan));
    expect(report.guilty).toEqual([]);
    expect(report.overlaps).toBe(0);
    expect(report.handovers).toBeGreaterThan(report.trials * 0.4);
    expect(report.faults).toBeGreaterThan(report.trials * 2);
  });
});

describe('without a part of it there are two', PATIENCE, () => {
  test.each(Object.entries<Plan>(BROKEN))('%s', (name, plan) => {
    const report = told(name, campaign(SEED, 20_000, plan, 3));
    expect(report.overlaps).toBeGreaterThanOrEqual(3);
  });
});

describe('another takes over', PATIENCE, () => {
  test('of a host that is gone when its lease has run out, at the next look', () => {
    const { takeovers, overlaps } = campaign(SEED, 1000, only('host lost'));
    process.stdout.write(
      `lease, after a host was lost: ${takeovers.length} takeovers, ${secondsAt(takeovers, 0.5)} s (median), ` +
        `${secondsAt(takeovers, 1)} s (worst)\n`,
    );
    expect(overlaps).toBe(0);
    expect(takeovers.length).toBeGreaterThan(300);
    expect(secondsAt(takeovers, 1)).toBeLessThan(33);
  });

  test('of a beat that was stopped, at the next look', () => {
    const { gaps, overlaps } = campaign(SEED, 1000, only('moved away'));
    process.stdout.write(
      `lease, after a stop: ${gaps.length} takeovers, ${secondsAt(gaps, 0.5)} s (median), ${secondsAt(gaps, 1)} s (worst)\n`,
    );
    expect(overlaps).toBe(0);
    expect(gaps.length).toBeGreaterThan(300);
    expect(secondsAt(gaps, 1)).toBeLessThan(3);
  });
});
