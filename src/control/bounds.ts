/**
 * What the control socket allows those who ask: one request for each connection, so much time, so many at once, and an
 * answer in words to what is no request.
 */
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { PROTOCOL } from './protocol.ts';

export interface Bounds {
  /** From the connection to the end of the headers, and to that of the body. Milliseconds. */
  readonly headersMs: number;
  readonly bodyMs: number;
  /** How long who asked may leave an answer lying. Milliseconds. */
  readonly answerMs: number;
  /** Connections that have not asked for anything yet: the oldest has to go for one more. */
  readonly waiting: number;
}

/** Commands take milliseconds for all of this, and one that was stopped by hand only fails. */
const BOUNDS: Bounds = { headersMs: 10_000, bodyMs: 30_000, answerMs: 30_000, waiting: 200 };

export const complaint = (status: number, error: string) => ({ status, body: { protocol: PROTOCOL, error } });

/** A server that calls `listener` for the first request of each connection. */
export function newBoundedServer(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
  bounds: Bounds = BOUNDS,
): Server {
  const waiting = new Set<Duplex>();
  const answering = new WeakMap<Duplex, ServerResponse>();
  const options = {
    headersTimeout: bounds.headersMs,
    requestTimeout: bounds.bodyMs,
    connectionsCheckingInterval: bounds.headersMs / 10,
  };
  const server = createServer(options, (request, response) => {
    const { socket } = request;
    // What follows on the same connection was promised no answer, so it must not take effect.
    if (answering.has(socket)) return;
    answering.set(socket, response);
    if (request.method === 'GET') waiting.delete(socket);
    else request.once('end', () => waiting.delete(socket));
    response.once('finish', () => socket.setTimeout(0));
    response.once('prefinish', () => socket.setTimeout(bounds.answerMs, () => socket.destroy()));
    listener(request, response);
  });
  server.on('connection', (socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    const [oldest] = waiting;
    if (waiting.size > bounds.waiting) oldest?.destroy();
  });
  const refuse = (socket: Duplex, status: number, error: string): void => {
    if (!socket.writable || answering.get(socket)?.headersSent === true) {
      socket.destroy();
      return;
    }
    const text = `${JSON.stringify(complaint(status, error).body)}\n`;
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      () => socket.destroy(),
    );
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'HPE_HEADER_OVERFLOW') refuse(socket, 431, 'the headers are too large');
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
      refuse(socket, 408, 'the request took too long to come');
    else refuse(socket, 400, 'this is no HTTP request');
  });
  server.on('connect', (request, socket) => {
    refuse(socket, 404, `no such request: ${request.method} ${request.url}`);
  });
  return server;
}
