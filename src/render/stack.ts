/** Stacks that name the sources. Node's own --enable-source-maps reads every map at every start; this one only when needed. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The stack of `error`, its cause's below it, with each bundled frame led back to its source file. */
export function sourceStack(error: unknown, seen: readonly unknown[] = []): string {
  if (!(error instanceof Error)) return String(error);
  const maps = new Map<string, SourceMap | null>();
  const stack = (error.stack ?? error.message).replaceAll(
    /(file:\/\/[^\s()]+|\/[^\s()]+\.js):(\d+):(\d+)/g,
    (whole: string, url: string, line: string, column: string) => {
      const file = url.startsWith('file:') ? fileURLToPath(url) : url;
      const origin = mapOf(file, maps)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (origin === undefined || !('originalSource' in origin)) return whole;
      const source = resolve(dirname(file), origin.originalSource);
      return `${source}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
    },
  );
  if (error.cause === undefined || seen.includes(error.cause) || error.cause === error) return stack;
  return `${stack}\ncaused by: ${sourceStack(error.cause, [...seen, error])}`;
}

function mapOf(file: string, maps: Map<string, SourceMap | null>): SourceMap | null {
  const known = maps.get(file);
  if (known !== undefined) return known;
  let map: SourceMap | null = null;
  try {
    map = new SourceMap(
      JSON.parse(readFileSync(`${file}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
    );
  } catch {
    map = null; // not ours, or shipped without its map: the frame stays as it is
  }
  maps.set(file, map);
  return map;
}
