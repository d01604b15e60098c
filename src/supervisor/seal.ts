/** Specs as they may be shown and compared: without their secrets, and so that another value of one can be told. */
import { createHmac, randomBytes } from 'node:crypto';
import { maskSpec } from '../model/mask.ts';
import type { ProcessSpec } from '../model/spec.ts';

export interface Sealed {
  /** Masked. */
  readonly spec: ProcessSpec;
  /** By the path of each masked text: equal where the texts are, with the same salt. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Each supervisor has its own, so that a digest tells nothing beside another one's. */
export const newSalt = (): string => randomBytes(16).toString('hex');

export function seal(whole: ProcessSpec, salt: string): Sealed {
  const { spec, secrets } = maskSpec(whole);
  const digests = [...secrets].map(([path, text]): [string, string] => [
    path,
    createHmac('sha256', salt).update(text).digest('hex'),
  ]);
  return { spec, digests: Object.fromEntries(digests) };
}
