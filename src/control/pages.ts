/** What monitors ask for: `/metrics`, `/healthz` and `/readyz`. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Vitality {
  /** The loop turns, or this would not be asked, and every process that is said to live is seen. */
  healthy(): boolean;
  /** The set is where it was to come to. */
  ready(): boolean;
  /** The exposition, in the format that `accept` of the request wants. */
  metrics(accept: string): Promise<{ readonly type: string; readonly text: string }>;
}

/** True: it is one of them, and seen to. */
export function page(request: IncomingMessage, response: ServerResponse, vitality: Vitality): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const say = (status: number, type: string, text: string): void => {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  const word = (well: boolean, other: string): void =>
    say(well ? 200 : 503, 'text/plain; charset=utf-8', well ? 'ok\n' : `${other}\n`);
  switch (request.url?.split('?', 1)[0]) {
    case '/healthz':
      word(vitality.healthy(), 'not healthy');
      return true;
    case '/readyz':
      word(vitality.ready(), 'not ready');
      return true;
    case '/metrics':
      void vitality.metrics(request.headers.accept ?? '').then(
        ({ type, text }) => say(200, type, text),
        (error: unknown) => say(500, 'text/plain; charset=utf-8', `${String(error)}\n`),
      );
      return true;
    default:
      return false;
  }
}
