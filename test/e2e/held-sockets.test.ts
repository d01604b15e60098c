/** Web servers are replaced on a socket that the supervisor holds: nobody is refused. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { refusal } from '../../src/os/listen.ts';
import { said } from '../support/commands.ts';
import { freePort, Rig } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';
import { replaceUnderLoad, SERVERS } from './held-sockets.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

test('gunicorn and uvicorn are replaced three times under load, and no request fails', async () => {
  const loads = await replaceUnderLoad(new Rig(), python, SERVERS, 3, { clients: 2, pauseMs: 50 });
  for (const load of Object.values(loads)) {
    expect(load.failed).toEqual([]);
    // Each one served.
    expect(load.pids.size).toBe(4);
  }
});

test('what systemd has passed is used, and without koffi the rest is opened all the same', async () => {
  const rig = new Rig();
  const [http, app, spare] = [await freePort(), await freePort(), await freePort()];
  const show =
    'CMD: [sh, -c, "readlink /proc/self/fd/3 /proc/self/fd/4; exec sleep 1000", "${socket:http} ${socket:app}"]';
  const sockets = `SOCKETS: {http: "127.0.0.1:${http}", app: "127.0.0.1:${app}"}`;
  rig.manifest(`${sockets}\nPRODUCTION_PROCESSES: {show: {BACKEND: Command, ${show}}}\n`);
  const passed = `http=127.0.0.1:${http},shop.socket=127.0.0.1:${spare}`;
  const player = join(import.meta.dirname, '../support/listen_fds.py');
  const start = rig.spawn(['python3', player, passed, process.execPath, rig.bin, 'start', '--all'], {
    env: { PRODSERVER_NO_KOFFI: '1' },
  });
  await start.says(/show\.1 *\| socket:\[\d+\]\n.*show\.1 *\| socket:\[\d+\]\n/s);
  for (const port of [http, app, spare]) {
    expect(await refusal({ kind: 'tcp', host: '127.0.0.1', port }, 5000)).toBeNull();
  }
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(said(start).filter((line) => line.includes('[socket-'))).toEqual([
    `warning: the socket "shop.socket" (127.0.0.1:${spare}) that was passed at the start is not used [socket-spare]`,
  ]);
  expect(rig.survivors()).toEqual([]);
});
