/** What a rule of a backend may say of an option. */
import { failure } from '../model/failure.ts';
import type { Finding } from './backend.ts';

type Verdict = 'option-ignored' | 'option-otherwise' | 'option-unwise' | 'option-refused';

const telling =
  (code: Verdict) =>
  (option: string, why: string, instead: string): Finding => ({
    option,
    failure: failure(code, { option, why, instead }),
  });

/** A warning that an option does nothing. */
export const ignored = telling('option-ignored');
/** A warning that the program takes an option to mean something else than it says. */
export const otherwise = telling('option-otherwise');
/** A warning that an option does what it says, to the harm of who wrote it. */
export const unwise = telling('option-unwise');
/** An error: the program refuses the option here, or ends of it later. */
export const barred = telling('option-refused');

export const conflict = (option: string, other: string, why: string): Finding => ({
  option,
  failure: failure('option-conflict', { option, other, why }),
});

/** A flag as it was parsed: null and true give it. */
export const isOn = (args: ReadonlyMap<string, unknown>, option: string): boolean =>
  args.has(option) && args.get(option) !== false && args.get(option) !== 'false';

/** Both words of an on/off pair, of which the program would take the last. */
export const contradictions = (args: ReadonlyMap<string, unknown>): Finding[] =>
  [...args.keys()]
    .filter((option) => option.startsWith('no-') && args.has(option.slice(3)))
    .map((option) => conflict(option, option.slice(3), 'the last of the two would win'));
