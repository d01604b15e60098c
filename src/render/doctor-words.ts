/** The form of what `doctor` says, and what its tables of words share. */
import type { FactsByCheck } from '../doctor/verdict.ts';

/** One line, and the remedy; null where there is nothing to do. */
export type Said = readonly [text: string, remedy: string | null];
export type SaidOf<C extends keyof FactsByCheck> = { readonly [K in C]: (facts: FactsByCheck[K]) => Said };

export const count = (number: number): string => number.toLocaleString('en-US');
export const plural = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;
/** The first line of what may be several, without the announcement of those that are left out. */
export const line = (text: string): string => (text.split('\n')[0] ?? '').replace(/; it said:$|:$/, '');
