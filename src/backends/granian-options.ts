/** Options whose values only Granian writes like that. */
import * as z from 'zod';
import { option, type Option, type Options } from './options.ts';

/** Seconds, or a duration such as 24h or 1h30m. */
export function seconds(limits: { readonly min: number; readonly max?: number }): Option {
  const { min, max = Number.MAX_SAFE_INTEGER } = limits;
  const range = limits.max === undefined ? `from ${min}` : `from ${min} to ${max}`;
  const build = () =>
    z
      .union([z.int().min(min).max(max), z.string().regex(/^(?=.)(\d+|(\d+d)?(\d+h)?(\d+m)?(\d+s)?)$/)])
      .describe(`seconds ${range}, or a duration such as "24h" or "1h30m"`);
  return option(build, (key, value) => [`--${key}=${String(value)}`]);
}

const TRUE = ['true', 'True', 'yes', 'Yes', 'on', 'On', '1'] as const;
const FALSE = ['false', 'False', 'no', 'No', 'off', 'Off', '0'] as const;

/** An on/off pair that django-prodserver gives to Granian by itself: there the words of an environment are understood. */
export function worded(key: string): Options {
  const build = () => z.union([z.boolean(), z.null(), z.enum([...TRUE, ...FALSE])]).describe('true or false');
  const off = (value: unknown): boolean => value === false || (FALSE as readonly unknown[]).includes(value);
  return {
    [key]: option(build, (_, value) => [off(value) ? `--no-${key}` : `--${key}`]),
    [`no-${key}`]: option(build, (_, value) => (off(value) ? [] : [`--no-${key}`])),
  };
}
