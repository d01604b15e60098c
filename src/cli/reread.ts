import { run as update } from './update.ts';
import type { Verb } from './verb.ts';

/** supervisorctl's word for a look at what has changed. */
export const run: Verb = async (names, flags) => update(names, { ...flags, dryRun: true });
