/** Commands to one Redis, each bounded in time. After one that failed the connection is made anew: what comes late is lost. */
import type { Clock } from '../model/clock.ts';
import { parseRedisUrl } from '../os/redis-url.ts';
import { load, openLine, type Line } from './redis-line.ts';

export interface RedisClient {
  /** Runs a script. Rejects with an error whose message is for people. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** For good: who still waits for an answer gets an error. */
  close(): void;
}

const CLOSED = 'the connection was closed';

export function newRedisClient(url: string, timeoutMs: number, clock: Clock): RedisClient {
  let line: Line | null = null;
  let closed = false;
  /** Connections made so far. */
  let turn = 0;

  const lineNow = (ioredis: Awaited<ReturnType<typeof load>>): Line => {
    if (closed) throw new Error(CLOSED);
    if (line !== null) return line;
    const address = parseRedisUrl(url);
    if (address === null) throw new Error('it is no URL of a Redis');
    // One that does not answer must not be the first for ever.
    const first = turn++ % Math.max(1, address.nodes.length);
    const nodes = [...address.nodes.slice(first), ...address.nodes.slice(0, first)];
    const made = openLine(ioredis, { ...address, nodes }, timeoutMs);
    line = made;
    // The next command need not find out that the server hung up.
    made.onEnd(() => leave(made));
    return made;
  };
  /** Nothing more is asked over it; who waits there for an answer still has the rest of the time for it. */
  const leave = (one: Line): void => {
    if (line === one) line = null;
    if (one.waiting === 0) one.hangUp();
  };

  return {
    async run(script, keys, args) {
      // Our own slowness is not the server's.
      const ioredis = await load();
      const one = lineNow(ioredis);
      one.waiting += 1;
      let isOver = false;
      let cancel = (): void => undefined;
      const late = new Promise<never>((_, fail) => {
        const silent = (): void => fail(new Error(`no answer within ${timeoutMs / 1000} s`));
        cancel = clock.after(timeoutMs, silent);
      });
      try {
        const act = async (): Promise<unknown> => {
          await one.ready;
          return isOver ? null : one.link.eval(script, keys.length, ...keys, ...args);
        };
        const acting = act();
        // Where the time is up first, nobody else looks at how it ends.
        acting.catch(() => undefined);
        return await Promise.race([acting, late]);
      } catch (error) {
        if (line === one) line = null;
        throw new Error(closed ? CLOSED : textOf(error), { cause: error });
      } finally {
        isOver = true;
        cancel();
        one.waiting -= 1;
        if (line !== one) leave(one);
      }
    },
    close() {
      closed = true;
      line?.hangUp();
      line = null;
    },
  };
}

/** Of Redis without what it says of the place in our script, which means nothing to anybody else. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of a name with several addresses, none of which answers.
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((one) => textOf(one)).join(', ');
  const text = error.message.replace(/ script: [0-9a-f]{40}, on @user_script:\d+\.?$/, '');
  if (text.startsWith('NOAUTH ')) return `it asks for a password, and the URL has none (${text.slice(0, 6)})`;
  if (/RESP type|^Protocol error/.test(text)) return `what answers there is no Redis (${text})`;
  return text.startsWith('MOVED ')
    ? `it is part of a cluster, whose URL is redis+cluster://... (${text})`
    : text;
}
