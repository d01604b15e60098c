/** What `check` says of ARGS, and what the program itself says to them. */
import { createServer, type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { daphneServer } from '../../../src/backends/daphne.ts';
import { djangoRunserver } from '../../../src/backends/django-runserver.ts';
import { granianAsgiServer } from '../../../src/backends/granian.ts';
import { gunicornServer } from '../../../src/backends/gunicorn.ts';
import { hypercornServer } from '../../../src/backends/hypercorn.ts';
import { uvicornServer } from '../../../src/backends/uvicorn.ts';
import { waitressServer } from '../../../src/backends/waitress.ts';
import { werkzeugRunserver } from '../../../src/backends/werkzeug-runserver.ts';
import { entry, told } from '../../manifest/support.ts';
import { freePort, until } from '../../support/rig.ts';
import { serverPython } from '../../support/server-python.ts';
import { MAKING_MS, open } from './stage.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, MAKING_MS);

type Args = Readonly<Record<string, unknown>>;
type Case = readonly [backend: Backend, args: Args, code: string, says: RegExp];

const verdict = (backend: Backend, args: Args): string =>
  told(entry('web', `BACKEND: ${backend.name}`, 'APP: app', `ARGS: ${JSON.stringify(args)}`));
const title = (cases: readonly Case[]) =>
  cases.map((one) => [`${one[0].name} ${JSON.stringify(one[1])}`, ...one] as const);

/** PORT stands for a free one. */
const withPort = async (args: Args): Promise<Args> => {
  const port = await freePort();
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      value === 'PORT' ? port : typeof value === 'string' ? value.replace(':PORT', `:${port}`) : value,
    ]),
  );
};

describe('an error: the program ends of it', () => {
  test.each(
    title([
      [
        waitressServer,
        { listen: '*:PORT', port: 'PORT' },
        'option-refused',
        /host or port may not be set if listen/,
      ],
      [
        waitressServer,
        { 'unix-socket': 'a', host: '::1' },
        'option-refused',
        /unix_socket may not be set if host/,
      ],
      [
        waitressServer,
        { 'unix-socket': 'a', listen: '*:PORT' },
        'option-refused',
        /unix_socket may not be set if listen/,
      ],
      [
        waitressServer,
        { 'trusted-proxy-count': 1 },
        'option-refused',
        /no meaning without setting trusted_proxy/,
      ],
      [
        waitressServer,
        { 'trusted-proxy-headers': 'forwarded' },
        'option-refused',
        /no meaning without setting trusted/,
      ],
      [
        granianAsgiServer,
        { 'blocking-threads': 2 },
        'option-refused',
        /Blocking threads > 1 is not supported/,
      ],
      [
        hypercornServer,
        { reload: true, workers: 0, bind: '127.0.0.1:PORT' },
        'option-refused',
        /Cannot reload without/,
      ],
      [granianAsgiServer, { host: 'localhost' }, 'option-refused', /invalid IP address syntax/],
      [daphneServer, { 'proxy-headers-host': 'X' }, 'option-refused', /--proxy-headers has to be passed/],
    ]),
  )('%s', async (_, backend, args, code, says) => {
    const real = await withPort(args);
    expect(verdict(backend, real)).toContain(`[${code}]`);
    const { server } = open(backend, python, real);
    const { stdout, stderr } = await server.ended;
    expect(`${stdout}${stderr}`).toMatch(says);
  });
});

test.each([
  ['GunicornServer', gunicornServer, 'pid', /Already running on PID/],
  ['GranianASGIServer', granianAsgiServer, 'pid-file', /PID file .*left\.pid already exists/],
] as const)('%s ends of a pid file that was left behind', async (_, backend, option, says) => {
  const whose = backend === gunicornServer ? inject('wholePython') : python;
  const { server } = open(backend, whose, {}, [`--${option}=left.pid`]);
  const { code, stdout, stderr } = await server.ended;
  expect(code).not.toBe(0);
  expect(`${stdout}${stderr}`).toMatch(says);
  expect(verdict(backend, { [option]: 'left.pid' })).toContain('[option-refused]');
});

test('runserver ends where its port is taken, also by IPv6', async () => {
  const holder = createServer();
  onTestFinished(() => void holder.close());
  const port = await new Promise<number>((done) => {
    holder.listen(0, '127.0.0.1', () => done((holder.address() as AddressInfo).port));
  });
  const args = { addrport: `[::]:${port}`, ipv6: true, noreload: true, settings: 'settings' };
  const { server } = open(djangoRunserver, python, args);
  const { code, stderr } = await server.ended;
  expect([code, stderr]).toEqual([1, expect.stringContaining('That port is already in use')]);
});

test('runserver_plus ends of noreload', async () => {
  const options = { noreload: true, settings: 'settings' };
  const port = await freePort();
  const { server } = open(werkzeugRunserver, python, { addrport: `127.0.0.1:${port}`, ...options });
  expect((await server.ended).stderr).toContain("KeyError: 'WERKZEUG_SERVER_FD'");
  const text = entry('web', 'BACKEND: WerkzeugRunserver', `ARGS: ${JSON.stringify(options)}`);
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:4:12: error: "noreload" cannot be used: runserver_plus of django-extensions 4.1 ends of it with Werkzeug 3 [option-refused]
        4 |     ARGS: {"noreload":true,"settings":"settings"}
          |            ^^^^^^^^^^
          = leave it out, or use BACKEND: DjangoRunserver"
  `);
});

describe('a warning: the program runs, and does otherwise', () => {
  test.each(
    title([
      [uvicornServer, { uds: 'a.sock', port: 'PORT' }, 'option-ignored', /running on unix socket a\.sock/],
      [uvicornServer, { 'reload-dir': '.', port: 'PORT' }, 'option-ignored', /will not reload/],
      [
        uvicornServer,
        { reload: true, workers: 2, port: 'PORT' },
        'option-ignored',
        /"workers" flag is ignored/,
      ],
      [
        waitressServer,
        { 'trusted-proxy': '*', port: 'PORT' },
        'option-otherwise',
        /Implicitly trusting X-Forwarded-Proto/,
      ],
      [
        granianAsgiServer,
        { 'ssl-keyfile': 'key.pem', port: 'PORT' },
        'option-otherwise',
        /Listening at: http:/,
      ],
    ]),
  )('%s', async (_, backend, args, code, says) => {
    const real = await withPort(args);
    expect(verdict(backend, real)).toContain(`[${code}]`);
    const { server } = open(backend, python, real);
    await until(
      () => server.over || says.test(`${server.stdout}${server.stderr}`),
      `${backend.name} to say ${says}`,
    );
    expect(`${server.stdout}${server.stderr}`).toMatch(says);
    expect(server.over).toBe(false);
  });
});
