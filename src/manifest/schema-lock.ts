/** LOCK: what must be held before an entry may run, and where. */
import * as z from 'zod';
import { isRedisUrl, REDIS_URL } from '../os/redis-url.ts';
import { duration, text } from './schema-values.ts';

const part = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/)])
  .transform((given) => (typeof given === 'number' ? given : Number(given.slice(0, -1)) / 100))
  .refine((given) => given >= 0 && given <= 0.1)
  .describe('a number from 0 to 0.1, or a percentage such as "1%"');

/** The numbers of a lease, in the manifest's words. */
export const timings = {
  ttl: duration.optional(),
  'renew-every': duration.optional(),
  'command-timeout': duration.optional(),
  'renew-deadline': duration.optional(),
  'kill-grace': duration.optional(),
  'kill-wait': duration.optional(),
  lag: duration.optional(),
  drift: part.optional(),
};

export const lock = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^{}\s]+$/)
      .describe('a name without spaces and braces, 200 characters at most')
      .optional(),
    redis: z.string().refine(isRedisUrl).describe(REDIS_URL).optional(),
    file: text('the path of a file').optional(),
    ...timings,
  })
  .describe('a mapping with name, redis or file, and for redis ttl and its like');

export type LockInput = z.output<typeof lock>;
