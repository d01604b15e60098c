/** What becomes of a request when a server is told to end by the first rung of its ladder. */
import { beforeAll, expect, test } from 'vitest';
import { daphneServer } from '../../../src/backends/daphne.ts';
import { granianAsgiServer, granianWsgiServer } from '../../../src/backends/granian.ts';
import { hypercornServer } from '../../../src/backends/hypercorn.ts';
import { uvicornServer, uvicornWsgiServer } from '../../../src/backends/uvicorn.ts';
import { waitressServer } from '../../../src/backends/waitress.ts';
import { refusal } from '../../../src/os/listen.ts';
import { freePort, until } from '../../support/rig.ts';
import { serverPython } from '../../support/server-python.ts';
import { MAKING_MS, open } from './stage.ts';

/** Milliseconds. */
const LOOK_MS = 1000;

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, MAKING_MS);

const ANSWERED = 200;
const DROPPED = 'dropped';

test.each([
  ['UvicornServer', uvicornServer, {}, ANSWERED],
  ['UvicornServer with workers', uvicornServer, { workers: 2 }, ANSWERED],
  ['UvicornWSGIServer', uvicornWsgiServer, {}, ANSWERED],
  ['GranianASGIServer', granianAsgiServer, {}, ANSWERED],
  ['GranianWSGIServer', granianWsgiServer, {}, ANSWERED],
  ['HypercornServer', hypercornServer, { 'graceful-timeout': 60 }, ANSWERED],
  ['WaitressServer', waitressServer, {}, ANSWERED],
  ['DaphneServer', daphneServer, {}, DROPPED],
] as const)('%s: a request is answered or dropped as its ladder says', async (_, backend, args, becomes) => {
  const port = await freePort();
  const where = backend === hypercornServer ? { bind: `127.0.0.1:${port}` } : { port };
  const { rig, server, compiled } = open(backend, python, { ...where, ...args });
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const accepts = async (): Promise<boolean> => (await refusal(address, LOOK_MS)) === null;
  await until(accepts, `${backend.name} to listen`);

  const asked = fetch(`http://127.0.0.1:${port}/`).then(
    ({ status }) => status,
    () => DROPPED,
  );
  await server.says(/asked/);
  server.kill(compiled.stop[0].signal);
  // With workers uvicorn's parent holds the port, and each of them tells; waitress goes on to listen until it ends.
  const heard = async (): Promise<boolean> =>
    'workers' in args
      ? server.stderr.split('Shutting down').length > args.workers
      : server.over || !(await accepts());
  if (backend !== waitressServer) await until(heard, `${backend.name} to hear the signal`);
  rig.write('go', '');
  expect(await asked).toBe(becomes);
  const { code, signal } = await server.ended;
  // uvicorn ends by the signal that it was sent.
  expect(code ?? signal).toBe(signal === null ? 0 : 'SIGTERM');
});
