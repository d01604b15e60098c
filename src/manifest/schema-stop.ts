/** STOP: what takes the place of the first, gentle step of the backend's own ladder. */
import * as z from 'zod';
import { duration } from './schema-values.ts';

/** SIGKILL is no gentle step; it comes last by itself. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export const stop = z
  .strictObject({
    timeout: duration.optional(),
    signal: z
      .enum(SIGNALS)
      .describe(`one of ${SIGNALS.join(', ')}`)
      .optional(),
  })
  .describe('a mapping with timeout, signal');

export type StopInput = z.output<typeof stop>;
