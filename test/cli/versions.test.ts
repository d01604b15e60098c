/** A command and a supervisor of different versions: what a user sees of it. */
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { manifestId } from '../../src/control/protocol.ts';
import { Rig } from '../support/rig.ts';
import { GOOD, run } from './support.ts';

/** A supervisor that speaks another protocol: there is no other version to install yet. */
async function speaking(protocol: number): Promise<Rig> {
  const rig = new Rig();
  const manifest = rig.manifest(GOOD);
  const server = createServer((request, response) => {
    const known = request.url?.startsWith('/v1/') === true && protocol < 2;
    const body = known ? { protocol, supervisor: { pid: 4711 } } : { protocol, error: 'no such request' };
    response.writeHead(known ? 200 : 404).end(JSON.stringify(body));
  });
  mkdirSync(join(rig.folder, 'run'), { mode: 0o700 });
  const socket = join(rig.folder, 'run', `${manifestId(realpathSync(manifest))}.4711.sock`);
  await new Promise<void>((done) => void server.listen({ path: socket }, done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return rig;
}

const told = async (rig: Rig, ...args: string[]): Promise<string> =>
  (await run(rig, ...args)).replace(/[0-9a-f]{16}\.4711/, 'ID.4711');

test('an older command meets a newer supervisor', async () => {
  const rig = await speaking(2);
  const first = await told(rig, 'status');
  expect(first).toMatchInlineSnapshot(`
    "exit 1
    --- stderr
    error: the supervisor at FOLDER/run/ID.4711.sock is newer than this command: it speaks protocol 2, this command 1 [control-version]
      use the version of prodserver that started it, pid 4711"
  `);
  for (const args of [['stop'], ['logs', 'web']]) expect(await told(rig, ...args)).toBe(first);
});

test('a newer command meets an older supervisor', async () => {
  expect(await told(await speaking(0), 'restart', 'web', '--json')).toMatchInlineSnapshot(`
    "exit 1
    --- stderr
    error: the supervisor at FOLDER/run/ID.4711.sock is older than this command: it speaks protocol 0, this command 1 [control-version]
      start it anew with this version; end it in order with "kill 4711""
  `);
});
