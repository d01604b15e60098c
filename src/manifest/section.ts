/** SUPERVISOR as a part of the plan. */
import type { Plan } from '../model/spec.ts';
import { httpOf } from './http.ts';
import type { SupervisorInput } from './schema.ts';

/** uWSGI's brake sleeps 2 s after as many deaths as it has workers; ten a second is what a small machine bears. */
const START_RATE = 10;

export const sectionOf = (
  input: SupervisorInput | null,
  folder: string,
): Pick<Plan, 'onFatal' | 'startRate' | 'http'> => ({
  onFatal: input?.['on-fatal'] ?? null,
  startRate: input?.['start-rate'] ?? START_RATE,
  http: httpOf(input, folder),
});
