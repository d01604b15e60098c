/** Replaces web servers on a held socket while clients ask, each by a connection of its own. */
import { get } from 'node:http';
import { expect } from 'vitest';
import { becomeReady } from '../support/commands.ts';
import { freePort, Rig } from '../support/rig.ts';

const PAGES: Readonly<Record<string, string>> = {
  'wsgi.py': `import os

def application(environ, start_response):
    body = str(os.getppid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
`,
  'asgi.py': `import os

async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body = str(os.getpid()).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
`,
};

/** Of each server: some hundred requests a second are as good a proof as all that the machine can do. */
export interface Clients {
  readonly clients: number;
  /** Between an answer and the next request. Milliseconds. */
  readonly pauseMs: number;
}

export interface Load {
  asked: number;
  /** What the others got in place of the page. */
  readonly failed: string[];
  readonly pids: Set<string>;
  /** Milliseconds. */
  longest: number;
}

/** What answers at a port: the page, or why there is none. */
const ask = async (port: number): Promise<{ readonly page: string } | { readonly error: string }> =>
  new Promise((done) => {
    const request = get({ host: '127.0.0.1', port, agent: false, timeout: 20_000 }, (answer) => {
      let page = '';
      answer.setEncoding('utf8').on('data', (part: string) => (page += part));
      answer.once('end', () =>
        done(answer.statusCode === 200 ? { page } : { error: `${answer.statusCode}` }),
      );
      answer.once('error', (error) => done({ error: error.message }));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error: NodeJS.ErrnoException) => done({ error: error.code ?? error.message }));
  });

/** Asks from now on; the returned function ends it and tells. */
function begin(port: number, { clients, pauseMs }: Clients): () => Promise<Load> {
  const load: Load = { asked: 0, failed: [], pids: new Set(), longest: 0 };
  let over = false;
  const client = async (): Promise<void> => {
    while (!over) {
      const at = performance.now();
      const got = await ask(port);
      load.asked += 1;
      load.longest = Math.max(load.longest, performance.now() - at);
      if ('page' in got) load.pids.add(got.page);
      else load.failed.push(got.error);
      await new Promise((done) => setTimeout(done, pauseMs));
    }
  };
  const all = Array.from({ length: clients }, client);
  return async () => {
    over = true;
    await Promise.all(all);
    return load;
  };
}

export const SERVERS = {
  gunicorn: 'BACKEND: GunicornServer, APP: wsgi, ARGS: {bind: "fd://${socket:gunicorn}", workers: 2}',
  uvicorn: 'BACKEND: UvicornServer, APP: asgi, ARGS: {fd: "${socket:uvicorn}"}',
};

/** Each of the servers is replaced so many times, one after the other, with so many clients; what these saw. */
export async function replaceUnderLoad(
  rig: Rig,
  python: string,
  servers: Readonly<Record<string, string>>,
  times: number,
  clients: Clients,
): Promise<Record<string, Load>> {
  const names = Object.keys(servers);
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  for (const [file, text] of Object.entries(PAGES)) rig.write(file, text);
  rig.manifest(
    [
      'PRODUCTION_PROCESSES:',
      ...names.map((name) => `  ${name}: {${servers[name]}}`),
      'SOCKETS:',
      ...names.map((name) => `  ${name}: "127.0.0.1:${ports.get(name)}"`),
      `SUPERVISOR: {python: ${python}, start-rate: 100}`,
      '',
    ].join('\n'),
  );
  const start = rig.start(['start', '--all']);
  await becomeReady(start, names.length);
  const ends = names.map((name) => [name, begin(ports.get(name) ?? 0, clients)] as const);
  for (let time = 0; time < times; time += 1) {
    expect(await rig.run(['restart', ...names])).toMatchObject({ code: 0 });
  }
  const loads = Object.fromEntries(
    await Promise.all(ends.map(async ([name, end]) => [name, await end()] as const)),
  );
  start.kill('SIGTERM');
  expect((await start.ended).code).toBe(143);
  expect(rig.survivors()).toEqual([]);
  return loads;
}
