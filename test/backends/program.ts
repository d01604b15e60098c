/** A table of options against the program itself, as its own parser has it. */
import { expect, test } from 'vitest';
import type { Options } from '../../src/backends/options.ts';
import { choicesOf, kindOf, type Kind } from './support.ts';

export interface Real {
  readonly kind: Kind;
  readonly choices: readonly string[] | null;
}
/** By the option's long name. */
export type Program = Readonly<Record<string, Real>>;

export interface Exceptions {
  /** Options that the table leaves out, with the reason. */
  readonly leftOut?: Readonly<Record<string, string>>;
  /** What the table does not know, and should; a line leaves when the table has it. */
  readonly missing?: readonly string[];
  /** Options that our table takes in another form than the program's parser, each with its reason. */
  readonly kindDiffers?: readonly string[];
  /** How the program spells an option of the table. */
  readonly real?: (option: string) => string;
  /** Names in the table that are no options: arguments without a name. */
  readonly positional?: readonly string[];
}

/** Refused names that the program does not have: they are typos that documentation spreads. */
const typos = (table: Options): string[] =>
  Object.keys(table).filter((name) => table[name]?.refused?.why.includes('has no such option') === true);

/** Registers the three tests of a table; `program` is asked for when they run. */
export function testTable(table: Options, program: () => Program, exceptions: Exceptions = {}): void {
  const {
    leftOut = {},
    missing = [],
    kindDiffers = [],
    real = (option) => option,
    positional = [],
  } = exceptions;

  test('every option of the program is known or refused', () => {
    const unknown = Object.keys(program()).filter((option) => table[option] === undefined);
    expect(unknown.filter((option) => leftOut[option] === undefined).toSorted()).toEqual(missing.toSorted());
  });

  test('every option of the table is one of the program', () => {
    const gone = Object.keys(table).filter(
      (option) => program()[real(option)] === undefined && table[option]?.alias === undefined,
    );
    expect(gone.toSorted()).toEqual([...positional, ...typos(table)].toSorted());
  });

  test('they are of the same kind, with the same words', () => {
    const wrong = Object.entries(program()).flatMap(([option, parsed]) => {
      const ours = table[option];
      if (ours === undefined || ours.refused !== undefined) return [];
      const kind = kindOf(ours);
      if (kind !== parsed.kind) return [`${option}: ${kind} is ${parsed.kind}`];
      const same = parsed.choices === null || choicesOf(ours).join() === parsed.choices.join();
      return same ? [] : [`${option}: ${choicesOf(ours).join()} is ${parsed.choices?.join()}`];
    });
    expect(wrong).toEqual(kindDiffers);
  });
}
