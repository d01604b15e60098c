/** The sources, and what each imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ROOT } from '../support/rig.ts';

const SRC = join(ROOT, 'src');

export interface Source {
  /** From `src`: `os/files.ts`. */
  readonly file: string;
  readonly room: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A file of `src`, or the name of a package. */
  readonly of: string;
  readonly ours: boolean;
  /** Gone at run time. */
  readonly typeOnly: boolean;
  /** Loaded when the program comes there. */
  readonly late: boolean;
}

/** Static and dynamic imports and re-exports; comments and strings hold none in this house. */
const IMPORT = /^\s*(import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;

export function readSources(): Source[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((file) => {
      const path = join(SRC, file);
      const text = readFileSync(path, 'utf8');
      const imports = [...text.matchAll(IMPORT)].map(([, , type, fixed, dynamic]): Import => {
        const from = fixed ?? dynamic ?? '';
        const ours = from.startsWith('.');
        return {
          of: ours ? relative(SRC, resolve(dirname(path), from)) : from,
          ours,
          typeOnly: type !== undefined,
          late: fixed === undefined,
        };
      });
      return { file, room: file.split('/')[0] ?? '', lines: text.split('\n').length - 1, imports };
    });
}

/** The packages that are loaded together with `file`. */
export function packagesOf(sources: readonly Source[], file: string): Set<string> {
  const files = new Set([file]);
  const packages = new Set<string>();
  for (const one of files) {
    const imports = sources.find((source) => source.file === one)?.imports ?? [];
    for (const { of, ours, typeOnly, late } of imports) {
      if (!typeOnly && !late) (ours ? files : packages).add(of);
    }
  }
  return packages;
}

/** The circles among `sources`, each as the files on its way; `follow` tells which imports count. */
export function circles(sources: readonly Source[], follow: (one: Import) => boolean): string[] {
  const next = new Map(
    sources.map((one) => [one.file, one.imports.filter((i) => i.ours && follow(i)).map((i) => i.of)]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file);
    if (at !== -1) found.add([...way.slice(at), file].join(' -> '));
    if (at !== -1 || done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const { file } of sources) visit(file, []);
  return [...found];
}
