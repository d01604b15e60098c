/** The control plane over TCP: the same answers as over the Unix socket, for those whom the guard lets in. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { failure, type Result } from '../model/failure.ts';
import { httpAddressText } from '../model/http-door.ts';
import { newGuard, type GuardedDoor, type Refusal } from './http-guard.ts';
import { PROTOCOL } from './protocol.ts';
import { answerAll, type Control } from './server.ts';

/** How long the head of a request may take, and the whole of it. Milliseconds. */
const HEAD_MS = 5000;
const WHOLE_MS = 10_000;
/** One who neither reads nor says anything is cut off; a stream has its own patience. Milliseconds. */
const IDLE_MS = 30_000;
/** A kept connection waits so long for its next request. Milliseconds. */
const KEEP_MS = 5000;
/** Each costs a descriptor and some 20 KiB. */
const MOST_CONNECTIONS = 100;
/** Fewer than there may be of all, so that the owner's own commands always find room. */
const MOST_STREAMS = 16;
/** Of the head of a request. Bytes. */
const HEAD_BYTES = 16 * 1024;
/** A peer that is gone without a word is found out by the kernel. Milliseconds. */
const PROBE_MS = 60_000;

export interface Listener {
  /** From now on it answers; before it says that it is not ready. */
  serve(control: Control): void;
  close(): void;
}

/** Resolves when it listens, or says why it cannot. */
export async function openListener(door: GuardedDoor): Promise<Result<Listener>> {
  const guard = newGuard(door);
  let control: Control | null = null;
  let streams = 0;
  const server = createServer(
    {
      headersTimeout: HEAD_MS,
      requestTimeout: WHOLE_MS,
      keepAliveTimeout: KEEP_MS,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: HEAD_BYTES,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_MS,
    },
    (request, response) => {
      const path = request.url?.split('?', 1)[0] ?? '';
      const refusal = guard({ method: request.method ?? '', path, headers: request.headers });
      if (refusal !== null) return refuse(request, response, refusal);
      if (control === null) return plain(response, 503, 'it has not begun');
      if (request.method === 'GET' && (path === '/v1/logs' || path === '/v1/events')) {
        if (streams >= MOST_STREAMS) return plain(response, 503, 'too many readers follow already');
        streams += 1;
        response.once('close', () => (streams -= 1));
        request.socket.setTimeout(0);
      }
      return answerAll(request, response, control);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.timeout = IDLE_MS;
  const trouble = await bound(server, door);
  if (trouble !== null) {
    const facts = { address: httpAddressText(door), errno: trouble.code ?? trouble.message };
    return { ok: false, error: failure('http-refused', facts, { cause: trouble }) };
  }
  return {
    ok: true,
    value: {
      serve: (given) => void (control = given),
      close() {
        server.close();
        server.closeAllConnections();
      },
    },
  };
}

async function bound(server: Server, { host, port }: GuardedDoor): Promise<NodeJS.ErrnoException | null> {
  return new Promise((done) => {
    server.once('error', done);
    server.listen({ host, port }, () => {
      server.off('error', done);
      // A connection that could not be accepted (no descriptor is left) is its own loss.
      server.on('error', () => undefined);
      done(null);
    });
  });
}

/** Its body is not read, so that the connection is of no more use. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, error, headers }: Refusal,
): void {
  request.resume();
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  plain(response, status, error);
}

function plain(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`${JSON.stringify({ protocol: PROTOCOL, error })}\n`);
}
