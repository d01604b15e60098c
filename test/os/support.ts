/** Real children, and programs of the sources for what must happen in a process of its own. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buildSync } from 'esbuild';
import { spawnChild, type Child, type SpawnFailure, type SpawnOrder } from '../../src/os/spawn.ts';
import { type Rig, ROOT } from '../support/rig.ts';

type Change = Partial<Omit<SpawnOrder, 'argv'>>;

const order = (rig: Rig, argv: SpawnOrder['argv'], change: Change): SpawnOrder => ({
  argv,
  cwd: rig.folder,
  extra: [],
  ...change,
  // The mark by which the rig ends what is left behind.
  env: { PRODSERVER_TEST_RIG: rig.folder, ...change.env },
});

/** A child in the rig's folder, which must start. */
export async function start(rig: Rig, argv: SpawnOrder['argv'], change: Change = {}): Promise<Child> {
  const result = await spawnChild(order(rig, argv, change));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** Why a child cannot start, which it must not. */
export async function refused(
  rig: Rig,
  argv: SpawnOrder['argv'],
  change: Change = {},
): Promise<SpawnFailure> {
  const result = await spawnChild(order(rig, argv, change));
  if (result.ok) throw new Error('it was started');
  return result.error;
}

/** All that a stream says until its end. */
export async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The first line of a stream, which goes on. */
export async function lineOf(stream: Readable): Promise<string> {
  return new Promise((done, refuse) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n')) done(text.split('\n')[0] ?? '');
    });
    stream.once('close', () => refuse(new Error(`it ended with ${JSON.stringify(text)}`)));
  });
}

/** Bundles a program; `$os` in its imports is the folder of the sources. Gives its path. */
export function program(rig: Rig, source: string): string {
  const entry = rig.write('program.ts', source.replaceAll('$os', join(ROOT, 'src', 'os')));
  const outfile = join(rig.folder, 'program.mjs');
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  });
  symlinkSync(join(ROOT, 'node_modules'), join(rig.folder, 'node_modules'));
  return outfile;
}
