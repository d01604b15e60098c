/** What the exit codes mean, for the pages that tell of them. */
import { EXIT } from '../../src/render/words.ts';

export const EXITS: readonly (readonly [string, string])[] = [
  [`${EXIT.ok}`, 'done'],
  [`${EXIT.failure}`, 'failure'],
  [`${EXIT.usage}`, 'usage: the command line is wrong'],
  [`${EXIT.someDown}`, '`status`: something is down'],
  [`${EXIT.unknown}`, 'unknown name, or no supervisor runs'],
  [`${EXIT.lockHeld}`, 'another process holds the lock (`start --no-wait`)'],
  [`${EXIT.manifest}`, 'the manifest is invalid or missing'],
  ['128 + n', 'ended by signal n'],
];
