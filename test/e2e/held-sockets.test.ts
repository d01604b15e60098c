/** Web servers are replaced on a socket that the supervisor holds: nobody is refused. */
import { beforeAll, expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';
import { replaceUnderLoad, SERVERS } from './held-sockets.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

test('gunicorn and uvicorn are replaced three times under load, and no request fails', async () => {
  const loads = await replaceUnderLoad(new Rig(), python, SERVERS, 3);
  for (const load of Object.values(loads)) {
    expect(load.failed).toEqual([]);
    // Each one served.
    expect(load.pids.size).toBe(4);
  }
});
