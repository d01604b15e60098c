/** Servers with children of their own, and sockets of Unix, which cost as much again. */
import { beforeAll, inject, test } from 'vitest';
import { daphneServer } from '../../../src/backends/daphne.ts';
import { granianAsgiServer } from '../../../src/backends/granian.ts';
import { gunicornServer } from '../../../src/backends/gunicorn.ts';
import { hypercornServer } from '../../../src/backends/hypercorn.ts';
import { uvicornServer } from '../../../src/backends/uvicorn.ts';
import { waitressServer } from '../../../src/backends/waitress.ts';
import { serverPython } from '../../support/server-python.ts';
import { judgePort, judgeSocket, type Case } from './addresses.ts';
import { MAKING_MS } from './stage.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, MAKING_MS);

const UVICORN = { host: '::', port: 'PORT' };
const CASES: readonly Case[] = [
  { backend: uvicornServer, args: { ...UVICORN, workers: 2 }, second: 'ends', dualStack: true },
  { backend: uvicornServer, args: { ...UVICORN, reload: true }, second: 'ends', dualStack: true },
  {
    backend: granianAsgiServer,
    args: { host: '::', port: 'PORT', workers: 2 },
    second: 'shares',
    dualStack: true,
  },
  { backend: hypercornServer, args: { bind: '[::]:PORT', workers: 2 }, second: 'shares', dualStack: true },
];

test.each(CASES.map((one) => [`${one.backend.name} ${JSON.stringify(one.args)}`, one] as const))(
  '%s',
  async (_, one) => judgePort(python, one),
);

test.each([
  ['GunicornServer', gunicornServer, 'bind', 'takes'],
  ['UvicornServer', uvicornServer, 'uds', 'takes'],
  ['HypercornServer', hypercornServer, 'bind', 'takes'],
  ['WaitressServer', waitressServer, 'unix-socket', 'takes'],
  ['GranianASGIServer', granianAsgiServer, 'uds', 'ends'],
  ['DaphneServer', daphneServer, 'unix-socket', 'ends'],
] as const)('a socket of %s', async (_, backend, option, second) =>
  judgeSocket(backend === gunicornServer ? inject('wholePython') : python, backend, option, second),
);
