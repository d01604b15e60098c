import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  PROTOCOL,
  restartRequest,
  stopRequest,
  type PlanAnswer,
  type RestartAnswer,
  type StatusAnswer,
  type StopAnswer,
} from './protocol.ts';

/** What the supervisor lets commands do. */
export interface Control {
  status(): StatusAnswer;
  plan(): PlanAnswer;
  /** Null stops everything and the supervisor; `asker` is the pid of who waits for it. */
  stop(names: readonly string[] | null, asker?: number): StopAnswer;
  /** Null restarts everything. */
  restart(names: readonly string[] | null): RestartAnswer;
}

/** A request's body: names at most. Bytes. */
const BODY_LIMIT = 1024 * 1024;

class BadRequest extends Error {}

/** Listens on the socket, for this user alone; resolves when it does. */
export async function serveControl(path: string, control: Control): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, control).then(({ status, body }) => send(response, status, body));
  });
  await new Promise<void>((done, refuse) => {
    server.once('error', refuse);
    // bind(2) happens inside listen(), and the socket's mode comes from the umask of that moment.
    const before = process.umask(0o177);
    server.listen({ path }, done);
    process.umask(before);
  });
  return server;
}

async function answer(request: IncomingMessage, control: Control): Promise<{ status: number; body: object }> {
  const complaint = (status: number, error: string) => ({ status, body: { protocol: PROTOCOL, error } });
  try {
    switch (`${request.method} ${request.url}`) {
      case 'GET /v1/status':
        return { status: 200, body: control.status() };
      case 'GET /v1/plan':
        return { status: 200, body: control.plan() };
      case 'POST /v1/stop': {
        const parsed = stopRequest.safeParse(await readJson(request));
        if (!parsed.success)
          return complaint(400, 'names must be a list of names, or null; asker a pid, or nothing');
        return { status: 200, body: control.stop(parsed.data.names, parsed.data.asker) };
      }
      case 'POST /v1/restart': {
        const parsed = restartRequest.safeParse(await readJson(request));
        if (!parsed.success) return complaint(400, 'names must be a list of names, or null');
        return { status: 200, body: control.restart(parsed.data.names) };
      }
      default:
        return complaint(404, `no such request: ${request.method} ${request.url}`);
    }
  } catch (error) {
    if (error instanceof BadRequest) return complaint(400, error.message);
    return complaint(500, error instanceof Error ? error.message : String(error));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new BadRequest('the body is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new BadRequest('the body is no JSON');
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}
