/**
 * A host's way to a server, as a proxy that can be slow or broken in one direction. What it holds back is not lost, as TCP
 * loses nothing: it arrives late when the wire is mended, unless the connection is closed then.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** `requests` go to the server, `replies` come from it. */
export type Direction = 'requests' | 'replies';

export type Fault =
  | { readonly kind: 'none' }
  /** Every reply takes this much longer. Milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** What goes these ways does not arrive; the connections stay open. */
  | { readonly kind: 'cut'; readonly directions: readonly Direction[] };

interface Pipe {
  readonly to: Socket;
  readonly direction: Direction;
  /** Nothing may overtake what is late. */
  held: { readonly chunk: Buffer; readonly due: number }[];
  emptied(): void;
}

export class Wire {
  readonly port: number;
  #upstream: number;
  #fault: Fault = { kind: 'none' };
  #pipes = new Set<Pipe>();

  private constructor(server: Server, upstream: number) {
    this.port = (server.address() as { port: number }).port;
    this.#upstream = upstream;
    server.on('connection', (socket) => this.#join(socket));
    onTestFinished(() => {
      server.close();
      this.hangUp();
    });
  }

  static async to(upstream: number): Promise<Wire> {
    const server = createServer();
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    return new Wire(server, upstream);
  }

  /** From now on; what was held for the fault before goes on its way. */
  set(fault: Fault): void {
    this.#fault = fault;
    for (const pipe of this.#pipes) this.#flush(pipe);
  }

  /** Every connection is closed, and what they held is lost. New ones are taken. */
  hangUp(): void {
    const open = [...this.#pipes];
    this.#pipes.clear();
    for (const pipe of open) {
      pipe.held = [];
      pipe.to.destroy();
    }
  }

  /** New connections go there, and the old ones are closed. */
  leadTo(upstream: number): void {
    this.#upstream = upstream;
    this.hangUp();
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#upstream, host: '127.0.0.1' });
    const requests: Pipe = { to: far, direction: 'requests', held: [], emptied: () => undefined };
    const replies: Pipe = { to: near, direction: 'replies', held: [], emptied: () => undefined };
    // What was sent before a connection was closed still arrives, as it does in a network.
    const part = (): void => {
      near.destroy();
      this.#pipes.delete(replies);
      if (requests.held.length === 0) far.destroy();
    };
    for (const socket of [near, far]) socket.setNoDelay().on('error', part).on('close', part);
    far.on('close', () => this.#pipes.delete(requests));
    requests.emptied = () => void (near.destroyed && far.end());
    this.#pipes.add(requests).add(replies);
    near.on('data', (chunk: Buffer) => this.#carry(requests, chunk));
    far.on('data', (chunk: Buffer) => this.#carry(replies, chunk));
  }

  #carry(pipe: Pipe, chunk: Buffer): void {
    const slow = this.#fault.kind === 'slow' && pipe.direction === 'replies' ? this.#fault.ms : 0;
    pipe.held.push({ chunk, due: performance.now() + slow });
    this.#flush(pipe);
  }

  #flush(pipe: Pipe): void {
    const isCut = this.#fault.kind === 'cut' && this.#fault.directions.includes(pipe.direction);
    while (!isCut && pipe.held.length > 0) {
      const [{ chunk, due } = { chunk: Buffer.alloc(0), due: 0 }] = pipe.held;
      const wait = due - performance.now();
      if (wait > 0) return void setTimeout(() => this.#flush(pipe), Math.ceil(wait));
      pipe.held.shift();
      pipe.to.write(chunk);
      if (pipe.held.length === 0) pipe.emptied();
    }
  }
}
