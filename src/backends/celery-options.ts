/** Options whose values only Celery writes like that. */
import * as z from 'zod';
import { option, type Option } from './options.ts';

/** `--autoscale`: how many processes at most and at least. `swapped`: they were written the other way round. */
export interface Autoscale {
  readonly max: number;
  readonly min: number;
  readonly swapped: boolean;
}

const EXPECTS = 'the maximum and the minimum, as "10,3", [10, 3] or {max: 10, min: 3}, the maximum from 1';

const pair = ([first = 0, second = 0]: readonly number[]): Autoscale => ({
  max: Math.max(first, second),
  min: Math.min(first, second),
  swapped: second > first,
});

/** Celery sorts the two; one alone is the maximum, with a minimum of 0. */
export function autoscale(): Option {
  const count = z.union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number)]);
  const maximum = z.union([
    z.int().min(1),
    z
      .string()
      .regex(/^0*[1-9]\d*$/)
      .transform(Number),
  ]);
  const build = () =>
    z
      .union([
        maximum.transform((value) => [value]),
        z
          .string()
          .regex(/^\s*\d+\s*,\s*\d+\s*$/)
          .transform((value) => value.split(',').map(Number)),
        z.array(count).min(1).max(2),
        z.strictObject({ max: maximum, min: count.default(0) }).transform(({ max, min }) => [max, min]),
      ])
      .refine(
        (value) => value.every((item) => Number.isInteger(item) && item >= 0) && Math.max(...value) >= 1,
      )
      .transform(pair)
      .describe(EXPECTS);
  return option(build, (key, value) => {
    const { max, min } = value as Autoscale;
    return [`--${key}=${max},${min}`];
  });
}
