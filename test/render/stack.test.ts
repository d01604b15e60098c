/** A stack names the sources, by the map beside the bundle. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { sourceStack } from '../../src/render/stack.ts';

const SOURCE = `interface Shop {
  readonly name: string;
}

/** Fails on line 7. */
export function fail(shop: Shop): never {
  throw new Error(\`no \${shop.name}\`);
}

export function wrap(shop: Shop): never {
  try {
    fail(shop);
  } catch (cause) {
    throw new Error('wrapped', { cause });
  }
}
`;

interface Thrown {
  readonly source: string;
  readonly file: string;
  /** As a Node of its own gives it: the test runner leads frames back by itself. */
  readonly error: Error;
}

function thrownBy(name: 'fail' | 'wrap'): Thrown {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'stack-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = join(folder, 'shop.ts');
  const file = join(folder, 'out', 'shop.js');
  writeFileSync(source, SOURCE);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  buildSync({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    minify: true,
    format: 'esm',
    sourcemap: true,
    sourcesContent: false,
  });
  const main = join(folder, 'main.js');
  writeFileSync(
    main,
    `import * as shop from './out/shop.js';
     try { shop.${name}({ name: 'shop' }); }
     catch (error) { console.log(JSON.stringify([error.stack, error.cause?.stack])); }`,
  );
  const run = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  const [stack, cause] = JSON.parse(run.stdout) as [string, string | null];
  const revive = (text: string): Error => Object.assign(new Error('revived'), { stack: text });
  const error = revive(stack);
  if (cause !== null) error.cause = revive(cause);
  return { source, file, error };
}

test('a bundled frame leads back to its file, line and column', () => {
  const { source, file, error } = thrownBy('fail');
  expect(error.stack).toContain(file);
  const stack = sourceStack(error);
  expect(stack).toContain('Error: no shop');
  expect(stack).toContain(`${source}:7:9`);
  expect(stack).not.toContain(file);
});

test('so do those of a cause', () => {
  const { source, error } = thrownBy('wrap');
  const [outer, inner] = sourceStack(error).split('\ncaused by: ');
  expect(outer).toContain(`${source}:14:11`);
  expect(inner).toContain(`${source}:7:9`);
});

test('frames without a map stay as they are', () => {
  const error = new Error('plain');
  error.stack = 'Error: plain\n    at x (/nowhere/lib.js:1:2)\n    at y (node:internal/z:3:4)';
  expect(sourceStack(error)).toBe(error.stack);
});

test('what is no error is told as it is', () => {
  expect(sourceStack('just text')).toBe('just text');
  expect(sourceStack(undefined)).toBe('undefined');
  expect(sourceStack(null)).toBe('null');
});

test('an error that is its own cause ends', () => {
  const error = new Error('circle');
  error.cause = error;
  expect(sourceStack(error)).toContain('circle');
});

test('a folder with a space in its name', () => {
  const error = new Error('spaced');
  error.stack = 'Error: spaced\n    at file:///a%20b/c.js:1:2';
  expect(sourceStack(error)).toBe(error.stack);
});
