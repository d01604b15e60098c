/** The same as held-sockets.test.ts, for longer. */
import { chmodSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';
import { replaceUnderLoad, SERVERS } from './held-sockets.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

/** Two beside each other, and one of another user: what it waits for is seen as well. */
const MORE = {
  pair: 'BACKEND: UvicornServer, APP: asgi, ARGS: {fd: "${socket:pair}"}, INSTANCES: 2',
  nobody: 'BACKEND: UvicornServer, APP: asgi, ARGS: {fd: "${socket:nobody}"}, USER: nobody',
};

test('gunicorn and uvicorn are replaced twenty times under load, and no request fails', async () => {
  const rig = new Rig();
  chmodSync(rig.folder, 0o755);
  const loads = await replaceUnderLoad(rig, python, { ...SERVERS, ...MORE }, 20, 4);
  for (const [name, { asked, failed, pids, longest }] of Object.entries(loads)) {
    process.stderr.write(
      `held | ${name}: ${asked} requests of ${pids.size} processes, ${failed.length} failed (${failed.join(', ')}), the longest took ${Math.round(longest)} ms\n`,
    );
  }
  for (const [name, load] of Object.entries(loads)) {
    expect(load.failed).toEqual([]);
    expect(load.pids.size).toBe(name === 'pair' ? 42 : 21);
  }
}, 600_000);
