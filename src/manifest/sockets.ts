/** SOCKETS, and `${socket:NAME}`, which is the number that the socket has in the process it is handed to. */
import { resolve } from 'node:path';
import { failure, type Failure } from '../model/failure.ts';
import { FIRST_DESCRIPTOR, type HeldSocket } from '../model/sockets.ts';
import { nearest } from '../model/units.ts';
import type { Document, Path } from './document.ts';
import { isMeant, kindOf, parseAt } from './problems.ts';
import { entrySchema, isName, NAME_RULE } from './schema.ts';
import { parseBind, socketSchema } from './schema-sockets.ts';

/** As many as gunicorn and uvicorn ask for by themselves; the kernel cuts it at net.core.somaxconn. */
const BACKLOG = 2048;

const INSIDE = ['ARGS', 'EXTRA_ARGS', 'CMD', 'ENV'];
const OUTSIDE = ['SOCKETS', 'SUPERVISOR'];

export interface SocketTable {
  /** What `${socket:NAME}` at a place stands for; each use is noted. */
  read(name: string, path: Path): { readonly text: string; readonly problem: Failure | null };
  /** What is wrong with SOCKETS. */
  compile(doc: Document, section: unknown, folder: string): Failure[];
  /** Those of which nothing is wrong but that no entry asks for them. */
  unused(doc: Document): Failure[];
  /** Those that an entry asks for, in the order in which it does. */
  of(entry: string): HeldSocket[];
}

/** `root`: the manifest, in which the names under SOCKETS count whatever else is wrong with them. */
export function newSocketTable(root: unknown): SocketTable {
  const declared = declaredIn(root);
  const uses = new Map<string, string[]>();
  const sockets = new Map<string, HeldSocket>();

  return {
    read(name, path) {
      const [section = '', entry = '', key = ''] = path.map(String);
      const used = uses.get(entry) ?? [];
      uses.set(entry, used);
      if (!used.includes(name)) used.push(name);
      return {
        text: String(FIRST_DESCRIPTOR + used.indexOf(name)),
        problem: isMisplaced(section, key)
          ? failure('socket-misplaced', { name })
          : declared?.includes(name) === false && section === 'PRODUCTION_PROCESSES'
            ? failure('socket-unknown', { name, near: nearest(name, declared), names: declared })
            : null,
      };
    },
    compile(doc, section, folder) {
      if (section === undefined || section === null) return [];
      if (!isMapping(section)) {
        const expected = 'a mapping of names to addresses';
        const facts = { key: 'SOCKETS', expected, got: kindOf(section), near: null };
        return [failure('value-wrong', facts, { place: doc.place(['SOCKETS'], 'value') })];
      }
      return Object.entries(section).flatMap(([name, value]) => {
        const { socket, findings } = compileOne(doc, name, value, folder);
        if (socket === null) return findings;
        sockets.set(name, socket);
        return findings;
      });
    },
    unused(doc) {
      const used = new Set([...uses.values()].flat());
      return [...sockets.keys()]
        .filter((name) => !used.has(name))
        .map((name) => failure('socket-unused', { name }, { place: doc.place(['SOCKETS', name], 'key') }));
    },
    of: (entry) => (uses.get(entry) ?? []).map((name) => sockets.get(name) ?? unreadable(name)),
  };
}

/** Of a key that there is not that is told already, and what is under `x-` stands where it is meant as well. */
const isMisplaced = (section: string, key: string): boolean =>
  OUTSIDE.includes(section) ||
  (section === 'PRODUCTION_PROCESSES' && key in entrySchema.shape && !INSIDE.includes(key));

/** Null where that cannot be read, which is told already. */
function declaredIn(root: unknown): string[] | null {
  if (!isMapping(root)) return null;
  const key = Object.keys(root).find((one) => one === 'SOCKETS' || isMeant(one, 'SOCKETS'));
  const section = key === undefined ? null : root[key];
  if (isMapping(section)) return Object.keys(section);
  return section === null || section === undefined ? [] : null;
}

/** In the place of one of which it is told what is wrong with it. */
const unreadable = (name: string): HeldSocket => ({
  name,
  address: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  backlog: BACKLOG,
  reusePort: false,
  mode: null,
  user: null,
  group: null,
});

function compileOne(
  doc: Document,
  name: string,
  value: unknown,
  folder: string,
): { readonly socket: HeldSocket | null; readonly findings: Failure[] } {
  const base = ['SOCKETS', name];
  if (!isName(name)) {
    const place = doc.place(base, 'key');
    return { socket: null, findings: [failure('name-invalid', { name, rule: NAME_RULE }, { place })] };
  }
  const { value: input, failures } = parseAt(doc, socketSchema, value, base);
  if (input === null) return { socket: null, findings: failures };
  const long = typeof input === 'string' ? { bind: input } : input;
  const bound = parseBind(long.bind);
  if (bound === null) return { socket: null, findings: failures };
  const needless = bound.kind === 'unix' ? ['reuse-port'] : ['mode', 'user', 'group'];
  const keys = Object.keys(long).filter((key) => needless.includes(key));
  return {
    socket: {
      name,
      address: bound.kind === 'unix' ? { ...bound, path: resolve(folder, bound.path) } : bound,
      backlog: long.backlog ?? BACKLOG,
      reusePort: long['reuse-port'] ?? false,
      mode: long.mode ?? null,
      user: long.user ?? null,
      group: long.group ?? null,
    },
    findings: keys.map((key) =>
      failure('socket-key', { key, kind: bound.kind }, { place: doc.place([...base, key], 'key') }),
    ),
  };
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
