/**
 * Cron patterns: minute, hour, day, month and weekday, with seconds in front where there are six fields. Loaded only
 * where a manifest has one.
 */
import { Cron } from 'croner';

/** The first instant of the pattern after this one, in that time zone (null: the machine's); null: there is none. */
export const nextRun = (pattern: string, timezone: string | null, after: Date): Date | null =>
  new Cron(pattern, { paused: true, ...(timezone === null ? {} : { timezone }) }).nextRun(after);

/** Whether it is one, and ever comes: the 30th of February does not. */
export function isCronPattern(text: string): boolean {
  // croner would also take a date, a year as the seventh field, and names such as @daily.
  if (!/^\S+( +\S+){4,5}$/.test(text)) return false;
  try {
    return nextRun(text, null, new Date()) !== null;
  } catch {
    return false; // that is how croner says that it is none
  }
}
