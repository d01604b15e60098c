/** RECYCLE: when a process that works well is replaced by a new one. */
import * as z from 'zod';
import { duration, size, whole } from './schema-values.ts';

export const SCHEDULE = 'a cron pattern of five or six fields that some day matches, such as "0 4 * * *"';

export const recycle = z
  .strictObject({
    'max-memory': size.optional(),
    'max-memory-hard': size.optional(),
    memory: z.enum(['pss', 'rss', 'main']).describe('one of pss, rss, main').optional(),
    'max-tasks': whole(1, 'a whole number from 1').optional(),
    'max-age': duration.optional(),
    // Whether it is one is checked after all the rest, by `checkSchedules`.
    schedule: z.string().describe(SCHEDULE).optional(),
    timezone: z
      .string()
      .refine(isTimezone)
      .describe('the name of a time zone, such as Europe/Berlin')
      .optional(),
    jitter: z.number().min(0).max(1).describe('a number from 0 to 1').optional(),
    'min-uptime': duration.optional(),
  })
  .refine((given) =>
    (['max-memory', 'max-memory-hard', 'max-tasks', 'max-age', 'schedule'] as const).some(
      (key) => given[key] !== undefined,
    ),
  )
  .describe(
    'a mapping with at least one of max-memory, max-memory-hard, max-tasks, max-age, schedule; ' +
      'and memory, timezone, jitter, min-uptime',
  );

export type RecycleInput = z.output<typeof recycle>;

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // that is how Intl says that it knows no such zone
  }
}
