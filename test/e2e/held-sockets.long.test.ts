/** The same as held-sockets.test.ts, for longer. */
import { beforeAll, expect, test } from 'vitest';
import { Rig } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';
import { replaceUnderLoad, SERVERS } from './held-sockets.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

test('gunicorn and uvicorn are replaced twenty times under load, and no request fails', async () => {
  const loads = await replaceUnderLoad(new Rig(), python, SERVERS, 20);
  for (const [name, { asked, failed, pids, longest }] of Object.entries(loads)) {
    process.stderr.write(
      `held | ${name}: ${asked} requests of ${pids.size} processes, ${failed.length} failed (${failed.join(', ')}), the longest took ${Math.round(longest)} ms\n`,
    );
  }
  for (const load of Object.values(loads)) {
    expect(load.failed).toEqual([]);
    expect(load.pids.size).toBe(21);
  }
}, 600_000);
