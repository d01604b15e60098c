import { failure } from '../model/failure.ts';
import { readSchema } from '../os/files.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { fail, print } from './output.ts';

export async function run(_names: readonly string[], flags: Flags): Promise<number> {
  const asked = String(flags['draft']);
  const draft = asked === '2020-12' ? asked : /^(draft-)?0?7$/.test(asked) ? 'draft-07' : null;
  if (draft === null)
    return fail(failure('usage', { detail: `--draft must be 2020-12 or 07, not "${asked}"` }));
  print(readSchema(draft).trimEnd());
  return EXIT.ok;
}
