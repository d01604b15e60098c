/** What the rules on ports hold of each server, against the server itself. */
import { beforeAll, inject, test } from 'vitest';
import { daphneServer } from '../../../src/backends/daphne.ts';
import { granianAsgiServer } from '../../../src/backends/granian.ts';
import { gunicornServer } from '../../../src/backends/gunicorn.ts';
import { hypercornServer } from '../../../src/backends/hypercorn.ts';
import { uvicornServer } from '../../../src/backends/uvicorn.ts';
import { waitressServer } from '../../../src/backends/waitress.ts';
import { serverPython } from '../../support/server-python.ts';
import { judgePort, type Case } from './addresses.ts';
import { MAKING_MS } from './stage.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, MAKING_MS);

const CASES: readonly Case[] = [
  { backend: gunicornServer, args: { bind: '[::]:PORT' }, second: 'ends', dualStack: true },
  {
    backend: gunicornServer,
    args: { bind: '[::]:PORT', 'reuse-port': true },
    second: 'shares',
    dualStack: true,
  },
  { backend: uvicornServer, args: { host: '::', port: 'PORT' }, second: 'ends', dualStack: false },
  { backend: granianAsgiServer, args: { host: '::', port: 'PORT' }, second: 'shares', dualStack: true },
  { backend: hypercornServer, args: { bind: '[::]:PORT' }, second: 'ends', dualStack: true },
  { backend: waitressServer, args: { listen: '[::]:PORT' }, second: 'ends', dualStack: false },
  { backend: daphneServer, args: { bind: '::', port: 'PORT' }, second: 'ends', dualStack: true },
];

test.each(CASES.map((one) => [`${one.backend.name} ${JSON.stringify(one.args)}`, one] as const))(
  '%s',
  async (_, one) => judgePort(one.backend === gunicornServer ? inject('wholePython') : python, one),
);
