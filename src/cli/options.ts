/** Options that several verbs have. */
import type { Command } from 'commander';

export const MANIFEST = [
  '-f, --manifest <file>',
  'the manifest (default: prodserver.yaml, .yml or .json here)',
] as const;
export const SETTINGS = [
  '--settings <module>',
  'the Django settings to take it from (default, where there is no manifest: DJANGO_SETTINGS_MODULE)',
] as const;

/** Of a verb that gives an order and waits for what comes of it. */
export const waiting = (one: Command, what = 'until it is done'): Command =>
  one
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--timeout <duration>', 'give up waiting after this long, for example 90s')
    .option('--wait', `wait ${what}; the default`)
    .option('--no-wait', 'do not wait for it')
    .option('--json', 'one JSON object');

// -f means what it means in `tail`, so the manifest has only its long name here.
export const following = (one: Command, what: string): Command =>
  one
    .option('-f, --follow', 'go on until the supervisor ends')
    .option('-n, --lines <count>', `so many of the last ${what}s, or all (default: 100; with --since all)`)
    .option('--since <time>', 'none that is older: 10m, or 2026-05-01T12:00')
    .option('-t, --timestamps', `the time in front of each ${what}`)
    .option('--manifest <file>', MANIFEST[1])
    .option(...SETTINGS)
    .option('--json', 'one JSON object a line');
