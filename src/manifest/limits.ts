/** LIMITS: the resources of prlimit(1), each in the unit that a person would write. */
import * as z from 'zod';
import { parseDuration, parseSize } from '../model/units.ts';

interface Kind {
  /** What an error says was expected. */
  readonly expects: string;
  /** One side of a limit as prlimit takes it; null where it is none. */
  read(text: string): number | null;
}

const PAIR = 'or soft:hard of them; "unlimited" is one too';
const SIZE = `a size such as 512MiB, 4GiB or 0, ${PAIR}`;

export const isLimitText = (expected: string): boolean => expected.endsWith(PAIR);

const count: Kind = {
  expects: `a whole number from 0, ${PAIR}`,
  read: (text) => (/^\d+$/.test(text) ? Number(text) : null),
};
const size: Kind = { expects: SIZE, read: (text) => (text === '0' ? 0 : parseSize(text)) };
/** The kernel counts in units of `ms` milliseconds, times `factor`. */
const time = (ms: number, factor: number, example: string): Kind => ({
  expects: `a duration such as ${example}, ${PAIR}`,
  read: (text) => {
    const duration = parseDuration(text);
    return duration === null || duration === 0 || duration % ms !== 0 ? null : (duration / ms) * factor;
  },
});

const KINDS: Readonly<Record<string, Kind>> = {
  as: size,
  core: size,
  cpu: time(1000, 1, '60s or 1h (whole seconds)'),
  data: size,
  fsize: size,
  locks: count,
  memlock: size,
  msgqueue: size,
  nice: count,
  nofile: count,
  nproc: count,
  rss: size,
  rtprio: count,
  rttime: time(1, 1000, '500ms'),
  sigpending: count,
  stack: size,
};

/** `soft:hard`, or one for both, in prlimit's own units; null where it is none, or soft is above hard. */
function readLimit(kind: Kind, written: string | number): string | null {
  const sides = String(written).split(':');
  if (sides.length > 2) return null;
  const values = sides.map((side) => (side === 'unlimited' ? Infinity : kind.read(side)));
  const [soft = null, hard = soft] = values;
  if (soft === null || hard === null || soft > hard) return null;
  // Beyond this a number is no longer exact.
  if (values.some((value) => value !== Infinity && !Number.isSafeInteger(value))) return null;
  return values.map((value) => (value === Infinity ? 'unlimited' : String(value))).join(':');
}

const limit = (kind: Kind) =>
  z
    .union([z.string(), z.number()])
    .refine((written) => readLimit(kind, written) !== null)
    .transform((written) => readLimit(kind, written) ?? '')
    .describe(kind.expects)
    .optional();

/** The same numbers with a unit, where `expected` is a limit that needs one; null where it needs none, or has it. */
export function withUnit(expected: string, written: unknown): string | null {
  if (!isLimitText(expected) || expected === count.expects) return null;
  // A mapping with a key of that name cannot be made a text.
  if (typeof written !== 'string' && typeof written !== 'number') return null;
  if (!/^\d+(:\d+)?$/.test(String(written))) return null;
  // Six digits were meant for bytes, as prlimit itself takes them.
  const unit = (digits: string): string => (expected !== SIZE ? 's' : digits.length < 6 ? 'MiB' : 'B');
  return String(written).replaceAll(/\d+/g, (digits) => digits + unit(digits));
}

/** One schema a kind: each costs the start of every command. */
const schemas = new Map([...new Set(Object.values(KINDS))].map((kind) => [kind, limit(kind)]));

export const limits = z
  .strictObject(
    Object.fromEntries(
      Object.entries(KINDS).flatMap(([name, kind]) => {
        const schema = schemas.get(kind);
        return schema === undefined ? [] : [[name, schema]];
      }),
    ),
  )
  .describe('a mapping of limits, such as nofile: 65536');
