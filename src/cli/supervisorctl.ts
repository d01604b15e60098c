/** What users of supervisorctl type where we have another word. Not in the list of `--help`. */
import type { Command } from 'commander';
import { following, MANIFEST, SETTINGS } from './options.ts';
import type { Verb } from './verb.ts';

type AddVerb = (
  usage: string,
  about: string,
  example: string,
  load: () => Promise<{ run: Verb }>,
  where: { readonly hidden: boolean },
) => Command;

/** What `--help` says of them. */
export const WORDS = `supervisorctl's words work too: tail, reread, pid, avail; and "all" for every name.`;

const HIDDEN = { hidden: true };

export function addWords(verb: AddVerb): void {
  following(
    verb(
      'tail <names...>',
      'The same as logs.',
      'prodserver tail -f worker',
      () => import('./logs.ts'),
      HIDDEN,
    ),
    'line',
  );
  const asking = (
    usage: string,
    about: string,
    example: string,
    load: () => Promise<{ run: Verb }>,
  ): Command =>
    verb(usage, about, example, load, HIDDEN)
      .option(...MANIFEST)
      .option(...SETTINGS)
      .option('--json', 'one JSON object');
  asking('reread', 'The same as update --dry-run.', 'prodserver reread', () => import('./reread.ts'));
  asking(
    'pid [names...]',
    'Print the pid of the supervisor, or of processes; 0 and exit 3: does not run.',
    'prodserver pid worker.2',
    () => import('./pid.ts'),
  );
  asking(
    'avail',
    'Print what the manifest has: in use or avail, started by itself (auto) or by hand (manual).',
    'prodserver avail',
    () => import('./avail.ts'),
  );
}
