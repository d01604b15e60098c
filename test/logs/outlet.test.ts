/** The sink on a real stdout: what stands behind it must not matter. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/rig.ts';

/** A program that writes 200 lines of 1 KiB in one turn, and then ends. */
const PROGRAM = `
  import { newSink } from '${ROOT}/src/logs/sink.ts';
  import { openOutlet } from '${ROOT}/src/os/outlet.ts';
  import { systemClock } from '${ROOT}/src/os/clock.ts';
  const sink = newSink(openOutlet(1, systemClock), systemClock, {
    lost: (count) => count + ' lost\\n',
    whenFull: 'drop',
  });
  for (let line = 0; line < 200; line += 1) sink.write(Buffer.from('x'.repeat(1023) + '\\n'), 1);
  void sink.close(2000);
`;

/** The bytes that a reader who reads at once gets; Node makes its child's stdout a socket, `cat` puts a pipe there. */
async function bytesRead(through: 'socket' | 'pipe'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'outlet-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = join(folder, 'program.ts');
  const program = join(folder, 'program.mjs');
  writeFileSync(source, PROGRAM);
  buildSync({
    entryPoints: [source],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
  });
  const command = `'${process.execPath}' '${program}'${through === 'pipe' ? ' | cat' : ''}`;
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await new Promise((done) => child.once('close', done));
  return bytes;
}

test('a pipe gets everything', async () => {
  expect(await bytesRead('pipe')).toBe(200 * 1024);
});

test('a socket gets everything', async () => {
  expect(await bytesRead('socket')).toBe(200 * 1024);
});
