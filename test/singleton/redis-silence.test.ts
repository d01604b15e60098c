/** What a server that does not answer leaves behind in one who asks it again and again: nothing. */
import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/os/clock.ts';
import { newRedisClient } from '../../src/singleton/redis-client.ts';
import { until } from '../support/rig.ts';

/** Takes connections and says nothing. */
async function silent(): Promise<{ port: number; open: Set<Socket>; taken: () => number }> {
  const open = new Set<Socket>();
  let taken = 0;
  const server: Server = createServer((socket) => {
    taken += 1;
    open.add(socket.resume());
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, open, taken: () => taken };
}

test('a connection on which nothing was answered is closed, at each try', async () => {
  const { port, open, taken } = await silent();
  const client = newRedisClient(`redis://127.0.0.1:${port}/0`, 100, systemClock);
  onTestFinished(() => client.close());
  for (let tries = 1; tries <= 3; tries += 1) {
    await expect(client.run('return 1', [], [])).rejects.toThrow('no answer within 0.1 s');
    await until(() => taken() === tries, `connection ${tries}`);
    await until(() => open.size === 0, 'it to be closed');
  }
});

test('two who ask at once share one connection, which ends with the client', async () => {
  const { port, open, taken } = await silent();
  const client = newRedisClient(`redis://127.0.0.1:${port}/0`, 60_000, systemClock);
  const asked = [client.run('return 1', [], []), client.run('return 2', [], [])];
  const ends = asked.map((one) => expect(one).rejects.toThrow('the connection was closed'));
  await until(() => taken() > 0, 'a connection');
  client.close();
  await Promise.all(ends);
  await until(() => open.size === 0, 'it to be closed');
  expect(taken()).toBe(1);
});
