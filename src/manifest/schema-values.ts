/** Kinds of values that several keys of the manifest share. The description is what an error says was expected. */
import * as z from 'zod';
import { parseDuration, parseSize } from '../model/units.ts';

const DURATION = 'a duration such as 30s, 5m or 1h30m';

export const isDurationText = (expected: string): boolean => expected === DURATION;

export const duration = z
  .string()
  .refine((text) => parseDuration(text) !== null)
  .transform((text) => parseDuration(text) ?? 0)
  .describe(DURATION);

const SIZE = 'a size such as 50MiB or 1GB';

export const isSizeText = (expected: string): boolean => expected === SIZE;

export const size = z
  .string()
  .refine((text) => (parseSize(text) ?? 0) > 0)
  .transform((text) => parseSize(text) ?? 0)
  .describe(SIZE);

export const whole = (min: number, expects: string, max = Infinity): z.ZodType<number> =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
    .refine((value) => Number.isInteger(value) && value >= min && value <= max)
    .describe(expects);

export const text = (expects: string): z.ZodString => z.string().min(1).describe(expects);

/** Interpolation makes texts, so "true" and "false" are understood as well. */
export const yesNo = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
  .describe('true or false');

/** YAML reads `sleep 10` in a list as a number; a program gets text. */
export const token = z.union([z.string(), z.number().transform(String)]);
