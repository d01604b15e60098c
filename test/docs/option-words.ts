/** The words of the JSON Schema: `options.txt` and `keys.txt`, read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaWords, Words } from '../../src/manifest/json-schema-words.ts';

/** By backend, the sections of options.txt that speak of it. */
export const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  GunicornServer: ['gunicorn'],
  UvicornServer: ['uvicorn'],
  UvicornWSGIServer: ['uvicorn'],
  GranianASGIServer: ['granian'],
  GranianWSGIServer: ['granian'],
  WaitressServer: ['waitress'],
  DaphneServer: ['daphne'],
  HypercornServer: ['hypercorn'],
  CeleryWorker: ['celery-worker'],
  CeleryBeat: ['celery-beat'],
  CeleryFlower: ['flower'],
  DjangoTasksWorker: ['django-tasks', 'django'],
  DjangoQ2Worker: ['django-q2', 'django'],
  DjangoRunserver: ['runserver', 'django'],
  DaphneRunserver: ['daphne-runserver', 'runserver', 'django'],
  WerkzeugRunserver: ['werkzeug', 'runserver', 'django'],
};

export type Told = ReadonlyMap<string, ReadonlyMap<string, Words>>;

/** From the repository's root, where the generator runs too. */
const read = (name: string): Told =>
  sectionsOf(readFileSync(join(process.cwd(), 'test', 'docs', name), 'utf8'));
export const OPTIONS = read('options.txt');
export const KEYS = read('keys.txt');

export const schemaWords = (): SchemaWords => ({
  option: (backend, name) =>
    (SECTIONS[backend] ?? [])
      .map((section) => OPTIONS.get(section)?.get(name))
      .find((one) => one !== undefined) ?? null,
  key: (section, path) => KEYS.get(section)?.get(path) ?? null,
});

/** `## SECTION`, and below it `NAME | DEFAULT | EXAMPLE | ABOUT`. */
function sectionsOf(text: string): Map<string, Map<string, Words>> {
  const sections = new Map<string, Map<string, Words>>();
  let here = new Map<string, Words>();
  for (const line of text.split('\n')) {
    const heading = /^## (.+)$/.exec(line)?.[1];
    if (heading !== undefined) sections.set(heading, (here = new Map()));
    else if (line !== '' && !line.startsWith('#')) {
      const [name = '', standard = '', example = '', ...about] = line.split('|').map((cell) => cell.trim());
      if (here.has(name)) throw new Error(`${name} stands twice in one section`);
      here.set(name, {
        about: about.join('|'),
        ...(standard === '' ? {} : { standard: valueOf(standard) }),
        ...(example === '' ? {} : { example: valueOf(example) }),
      });
    }
  }
  return sections;
}

function valueOf(cell: string): unknown {
  // Octal digits are a text.
  if (/^0\d/.test(cell)) return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell; // no JSON: a text
  }
}
