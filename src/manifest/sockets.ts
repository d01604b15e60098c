/** SOCKETS, and `${socket:NAME}`, which is the number that the socket has in the process it is handed to. */
import { resolve } from 'node:path';
import { failure, type Failure } from '../model/failure.ts';
import { FIRST_DESCRIPTOR, type HeldSocket } from '../model/sockets.ts';
import { nearest } from '../model/units.ts';
import type { Document, Path } from './document.ts';
import { kindOf, parseAt } from './problems.ts';
import { isName, NAME_RULE } from './schema.ts';
import { parseBind, socketSchema } from './schema-sockets.ts';

/** As many as gunicorn and uvicorn ask for by themselves; the kernel cuts it at net.core.somaxconn. */
const BACKLOG = 2048;

/** Entries that ask for sockets, and the sockets of each, in the order in which it asks. */
export type Uses = Map<string, string[]>;

const SECTION = 'PRODUCTION_PROCESSES';
const INSIDE = ['ARGS', 'EXTRA_ARGS', 'CMD', 'ENV'];

/** What `${socket:NAME}` at a place stands for; each use is noted. `declared`: the names under SOCKETS. */
export const newSocketReader =
  (declared: readonly string[], uses: Uses) =>
  (name: string, path: Path): string | Failure => {
    const [section, entry, key] = path.map(String);
    if (section !== SECTION || entry === undefined || !INSIDE.includes(key ?? ''))
      return failure('socket-misplaced', { name });
    if (!declared.includes(name))
      return failure('socket-unknown', { name, near: nearest(name, declared), names: declared });
    const used = uses.get(entry) ?? [];
    uses.set(entry, used);
    if (!used.includes(name)) used.push(name);
    return String(FIRST_DESCRIPTOR + used.indexOf(name));
  };

/** The names under SOCKETS, whatever else is wrong with them. */
export const declaredSockets = (root: unknown): string[] => {
  const section = (root as Record<string, unknown> | null)?.['SOCKETS'];
  return isMapping(section) ? Object.keys(section) : [];
};

export function readSockets(
  doc: Document,
  section: unknown,
  folder: string,
  uses: Uses,
): { readonly sockets: ReadonlyMap<string, HeldSocket>; readonly findings: Failure[] } {
  const sockets = new Map<string, HeldSocket>();
  if (section === undefined || section === null) return { sockets, findings: [] };
  if (!isMapping(section)) {
    const expected = 'a mapping of names to addresses';
    const facts = { key: 'SOCKETS', expected, got: kindOf(section), near: null };
    return { sockets, findings: [failure('value-wrong', facts, { place: doc.place(['SOCKETS'], 'value') })] };
  }
  const used = new Set([...uses.values()].flat());
  const findings = Object.entries(section).flatMap(([name, value]): Failure[] => {
    const base = ['SOCKETS', name];
    const place = doc.place(base, 'key');
    if (!isName(name)) return [failure('name-invalid', { name, rule: NAME_RULE }, { place })];
    const { value: input, failures } = parseAt(doc, socketSchema, value, base);
    if (input === null) return failures;
    const long = typeof input === 'string' ? { bind: input } : input;
    const bound = parseBind(long.bind);
    if (bound === null) return failures;
    sockets.set(name, {
      name,
      address: bound.kind === 'unix' ? { ...bound, path: resolve(folder, bound.path) } : bound,
      backlog: long.backlog ?? BACKLOG,
      reusePort: long['reuse-port'] ?? false,
      mode: long.mode ?? null,
      user: long.user ?? null,
      group: long.group ?? null,
    });
    const needless = bound.kind === 'unix' ? ['reuse-port'] : ['mode', 'user', 'group'];
    const keys = Object.keys(long).filter((key) => needless.includes(key));
    return [
      ...keys.map((key) => {
        const at = doc.place([...base, key], 'key');
        return failure('socket-key', { key, kind: bound.kind }, { place: at });
      }),
      ...(used.has(name) ? [] : [failure('socket-unused', { name }, { place })]),
    ];
  });
  return { sockets, findings };
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
