/** What the measurements share. */
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

export const ROOT = process.cwd();
export const BIN = join(ROOT, 'bin', 'prodserver');
export const SHOP = join(ROOT, 'fixtures', 'shop');

export const say = (text: string): boolean => process.stdout.write(`${text}\n`);
export const sleep = async (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => void server.close(() => done()));
  return port;
}
