/** What a project's settings hold, as a Document: its places are those of the Python text, where there is one. */
import * as z from 'zod';
import { OURS } from '../backends/registry.ts';
import type { Place } from '../model/failure.ts';
import type { Document, Path } from './document.ts';

const path = z.array(z.union([z.string(), z.number()]));
const span = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  /** On the same line. */
  endColumn: z.number(),
});

/** What python/prodserver_settings.py answers. */
export const answerSchema = z.object({
  v: z.literal(1),
  /** Null: neither of the two is set. */
  setting: z.enum(['PRODUCTION_PROCESSES', 'PROD_SERVERS']).nullable(),
  value: z.unknown(),
  WSGI_APPLICATION: z.string().nullable(),
  ASGI_APPLICATION: z.string().nullable(),
  places: z.array(z.object({ path, key: span.nullable(), value: span.nullable() })),
  /** By file and number, those that a place is on. */
  lines: z.record(z.string(), z.record(z.string(), z.string())),
  refused: z.array(
    z.object({
      path,
      kind: z.enum(['function', 'class', 'object', 'lazy', 'nest', 'key']),
      name: z.string(),
    }),
  ),
  /** Of the project: the modules that the settings are made of. */
  files: z.array(z.string()).optional(),
});

export type Answer = z.output<typeof answerSchema>;

export const SECTION = 'PRODUCTION_PROCESSES';

/** As a manifest of that section alone, whatever the setting is called; `shown` gives a file the name that people know. */
export function documentOf(module: string, answer: Answer, shown: (file: string) => string): Document {
  const known = new Map(answer.places.map((place) => [JSON.stringify(place.path), place]));
  const place = (asked: Path, target: 'key' | 'value'): Place => {
    const told = asInSettings(asked, answer);
    const here = known.get(JSON.stringify(told));
    const found = (target === 'key' ? here?.key : here?.value) ?? here?.key ?? here?.value ?? null;
    if (found === null) return { module, path: told };
    const { file, line } = found;
    const excerpt = answer.lines[file]?.[line] ?? '';
    return { ...found, file: shown(file), endLine: line, excerpt, path: told };
  };
  return { file: module, value: { [SECTION]: withApps(answer) }, place };
}

/** Path of the section as its project writes it. */
export const asInSettings = ([first, ...rest]: Path, { setting }: Answer): Path =>
  first === SECTION && setting !== null ? [setting, ...rest] : first === undefined ? [] : [first, ...rest];

/** Django's own settings say which application a web server has, unless its entry does. */
function withApps({ value, WSGI_APPLICATION: wsgi, ASGI_APPLICATION: asgi }: Answer): unknown {
  if (!isMapping(value)) return value;
  const apps = { wsgi, asgi } as const;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      if (!isMapping(entry) || typeof entry['BACKEND'] !== 'string' || 'APP' in entry) return [name, entry];
      const kind = OURS.find(entry['BACKEND'])?.app;
      const app = kind === 'wsgi' || kind === 'asgi' ? apps[kind] : null;
      return [name, app === null ? entry : { ...entry, APP: withColon(app) }];
    }),
  );
}

/** Django's dotted path names the object last: `project.wsgi.application`. */
const withColon = (app: string): string => (app.includes(':') ? app : app.replace(/\.(\w+)$/, ':$1'));

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
