import { get } from 'node:http';

/** The status of a GET, redirects not followed; null without an answer in time. Never rejects. */
export async function httpStatus(url: string, timeoutMs: number): Promise<number | null> {
  return new Promise((done) => {
    const request = get(
      url,
      { timeout: timeoutMs, headers: { 'user-agent': 'prodserver' }, agent: false },
      (response) => {
        response.resume();
        done(response.statusCode ?? null);
      },
    );
    request.once('timeout', () => request.destroy());
    request.once('error', () => done(null));
    request.once('close', () => done(null));
  });
}
