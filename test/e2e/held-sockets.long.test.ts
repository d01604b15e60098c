/** The same as held-sockets.test.ts, for longer. */
import { beforeAll, expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';
import { replaceUnderLoad, SERVERS } from './held-sockets.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

/** Two beside each other on one socket. */
const PAIR = {
  pair: 'BACKEND: UvicornServer, APP: asgi, ARGS: {fd: "${socket:pair}"}, INSTANCES: 2',
};

test('gunicorn and uvicorn are replaced twenty times under load, and no request fails', async () => {
  const loads = await replaceUnderLoad(new Rig(), python, { ...SERVERS, ...PAIR }, 20, {
    clients: 4,
    pauseMs: 10,
  });
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
