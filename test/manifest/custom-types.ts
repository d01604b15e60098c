/** types/index.d.ts, which is written by hand, against what it tells of. Nothing here runs: it compiles, or it does not. */
import type * as z from 'zod';
import type * as told from '../../types/index.d.ts';
import type { Entry, Finding, Subject } from '../../src/backends/backend.ts';
import type { Options } from '../../src/backends/options.ts';
import type { Toolkit } from '../../src/backends/toolkit.ts';
import type { backendSchema, compiledSchema } from '../../src/manifest/custom-schema.ts';

type Is<Given extends Wanted, Wanted> = Given;

/** What we hand out has all that is promised. */
export type Handed = [
  Is<Toolkit, told.Toolkit>,
  Is<Entry, told.Entry>,
  Is<Subject, told.Subject>,
  Is<Options, told.Options>,
  Is<Finding, told.Finding>,
];

/** Neither side has a field that the other does not know. */
type Same<A, B> = [Exclude<A, B>, Exclude<B, A>];
export type Known = [
  Is<Same<keyof told.Toolkit, keyof Toolkit>, [never, never]>,
  Is<Same<keyof told.Compiled, keyof z.input<typeof compiledSchema>>, [never, never]>,
  Is<Same<keyof told.Backend, keyof z.input<typeof backendSchema>>, [never, never]>,
  Is<Same<keyof told.Subject, keyof Subject>, [never, never]>,
  // Where our own helpers are is nobody else's business.
  Is<Same<keyof told.Entry, Exclude<keyof Entry, 'helpers'>>, [never, never]>,
  Is<
    Same<told.Readiness['kind'], NonNullable<z.input<typeof compiledSchema>['readiness']>['kind']>,
    [never, never]
  >,
];
