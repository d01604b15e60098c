import type { RequestOptions } from 'node:http';

/** The status of a GET, redirects not followed; null without an answer in time. Never rejects. */
export async function httpStatus(url: string, timeoutMs: number): Promise<number | null> {
  const { get } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    // Of the whole, where `timeout` would begin again with every byte.
    signal: AbortSignal.timeout(timeoutMs),
    headers: { 'user-agent': 'prodserver' },
    agent: false,
    // Whether it answers is asked, not who it is: a server on loopback has a certificate for its public name.
    rejectUnauthorized: false,
  };
  return new Promise((done) => {
    const request = get(url, options, (response) => {
      response.resume();
      done(response.statusCode ?? null);
    });
    request.once('error', () => done(null));
    request.once('close', () => done(null));
  });
}
