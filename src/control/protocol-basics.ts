/** What all of the protocol is made of. */
import * as z from 'zod';
import { STATE_NAMES, type StateName } from '../model/process.ts';

export const PROTOCOL = 1;

export const state = z.enum(STATE_NAMES as [StateName, ...StateName[]]);

export const failure = z.object({ code: z.string(), facts: z.record(z.string(), z.unknown()) });
