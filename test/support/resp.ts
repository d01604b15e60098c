/** As much of Redis' protocol as the tests need, without a library that would have timeouts and retries of its own. */
import { connect, type Socket } from 'node:net';

export type Reply = string | number | null | Error | readonly Reply[];

interface Parsed {
  readonly reply: Reply;
  /** Where the next one begins. */
  readonly next: number;
}

/** Text is bytes here (latin1), on its way in and out: lengths on the wire count bytes. */
const BYTES = 'latin1';

export class RedisClient {
  readonly #socket: Socket;
  #text = '';
  #waiting: { readonly done: (reply: Reply) => void; readonly failed: (error: Error) => void }[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay().setEncoding(BYTES);
    socket.on('data', (text: string) => this.#hear(text));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the connection to Redis was closed')));
  }

  static connect(port: number): Promise<RedisClient> {
    return new Promise((done, failed) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', failed).once('connect', () => {
        socket.off('error', failed);
        done(new RedisClient(socket));
      });
    });
  }

  /** What the server answers; an error that it tells is thrown. */
  command(...words: readonly string[]): Promise<Reply> {
    const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
    return new Promise((done, failed) => {
      if (this.#socket.destroyed) return failed(new Error('the connection to Redis is closed'));
      this.#waiting.push({ done, failed });
      this.#socket.write(`*${words.length}\r\n${parts.join('')}`, BYTES);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    this.#text += text;
    for (;;) {
      const parsed = parse(this.#text, 0);
      if (parsed === null) return;
      this.#text = this.#text.slice(parsed.next);
      const asked = this.#waiting.shift();
      if (parsed.reply instanceof Error) asked?.failed(parsed.reply);
      else asked?.done(parsed.reply);
    }
  }

  #end(error: Error): void {
    for (const { failed } of this.#waiting.splice(0)) failed(error);
  }
}

/** Null where the rest has not arrived yet. */
function parse(text: string, from: number): Parsed | null {
  const end = text.indexOf('\r\n', from);
  if (end === -1) return null;
  const line = text.slice(from + 1, end);
  const next = end + 2;
  switch (text[from]) {
    case '+':
      return { reply: line, next };
    case '-':
      return { reply: new Error(line), next };
    case ':':
      return { reply: Number(line), next };
    case '$': {
      const length = Number(line);
      if (length < 0) return { reply: null, next };
      if (text.length < next + length + 2) return null;
      return { reply: text.slice(next, next + length), next: next + length + 2 };
    }
    case '*':
      return parseAll(text, Number(line), next);
    default:
      throw new Error(`not a reply of Redis: ${text.slice(from, from + 40)}`);
  }
}

function parseAll(text: string, count: number, from: number): Parsed | null {
  if (count < 0) return { reply: null, next: from };
  const items: Reply[] = [];
  let next = from;
  while (items.length < count) {
    const item = parse(text, next);
    if (item === null) return null;
    items.push(item.reply);
    next = item.next;
  }
  return { reply: items, next };
}

/** One command on a connection of its own. */
export async function askRedis(port: number, ...words: readonly string[]): Promise<Reply> {
  const client = await RedisClient.connect(port);
  try {
    return await client.command(...words);
  } finally {
    client.close();
  }
}
