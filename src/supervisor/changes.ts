/** What a new plan changes of one that runs. Pure. */
import type { ProcessSpec } from '../model/spec.ts';
import { differenceOf, partsOf, type Difference } from './difference.ts';
import { seal } from './seal.ts';

/** `live`: it takes effect under the running process; `restart`: only the next run has it. */
export type Effect = 'live' | 'restart';

/**
 * Of every part of a spec. What decides about the next start, the next end or the next look is live; what the running
 * program was given when it started is not.
 */
export const EFFECTS: Readonly<Record<keyof ProcessSpec, Effect>> = {
  name: 'restart',
  instance: 'restart',
  index: 'restart',
  backend: 'restart',
  argv: 'restart',
  // Tells which of `argv` are ours: a change of it alone changes nothing.
  added: 'live',
  env: 'restart',
  cwd: 'restart',
  identity: 'restart',
  envFiles: 'restart',
  autostart: 'live',
  sockets: 'restart',
  link: 'restart',
  readiness: 'live',
  readinessTiming: 'live',
  liveness: 'live',
  linkLiveness: 'live',
  recycle: 'live',
  // What its argv is read by, which would have changed too; or its lock.
  overlap: 'restart',
  stackDump: 'live',
  dependsOn: 'live',
  waitFor: 'live',
  oneshot: 'live',
  startTimeoutMs: 'live',
  stop: 'live',
  restart: 'live',
  reload: 'live',
  permanentExitCodes: 'live',
  singleton: 'restart',
  lockStore: 'restart',
  significant: 'live',
  log: 'live',
};

export type Change =
  | { readonly kind: 'added'; readonly spec: ProcessSpec }
  | { readonly kind: 'removed'; readonly spec: ProcessSpec }
  | {
      readonly kind: 'changed';
      readonly before: ProcessSpec;
      readonly spec: ProcessSpec;
      /** Those that differ, in the order of a spec. */
      readonly fields: readonly (keyof ProcessSpec)[];
      /** Of all of them together: a restart brings what is live too. */
      readonly effect: Effect;
      readonly difference: Difference;
    };

/** In the order of `after`, then what is not there any more. An instance is known by its name: `worker.1`. */
export function changesOf(before: readonly ProcessSpec[], after: readonly ProcessSpec[]): Change[] {
  const known = new Map(before.map((spec) => [spec.instance, spec]));
  const kept = new Set(after.map(({ instance }) => instance));
  return [
    ...after.flatMap((spec): Change[] => {
      const old = known.get(spec.instance);
      if (old === undefined) return [{ kind: 'added', spec }];
      // Of a thousand instances mostly none has changed.
      if (JSON.stringify(old) === JSON.stringify(spec)) return [];
      const difference = differenceOf(seal(old, ''), seal(spec, ''));
      if (difference === null) return [];
      const fields = fieldsOf(difference);
      return [{ kind: 'changed', before: old, spec, fields, effect: effectOf(difference), difference }];
    }),
    ...before
      .filter(({ instance }) => !kept.has(instance))
      .map((spec): Change => ({ kind: 'removed', spec })),
  ];
}

/** In the order of a spec. */
const fieldsOf = (difference: Difference): (keyof ProcessSpec)[] => {
  const parts = partsOf(difference);
  return (Object.keys(EFFECTS) as (keyof ProcessSpec)[]).filter((field) => parts.has(field));
};

export const effectOf = (difference: Difference): Effect =>
  fieldsOf(difference).some((field) => EFFECTS[field] === 'restart') ? 'restart' : 'live';
