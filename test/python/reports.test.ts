/** The writing of a report by itself, in the middle of somebody's process: what it costs and what it hides. */
import { describe, expect, inject, test } from 'vitest';
import { newLinkReader } from '../../src/health/link.ts';
import { Rig } from '../support/rig.ts';
import { HELPERS } from './harness.ts';

const python = inject('python');

/** Runs a Python program that has a link of its own, and gives what it printed as JSON. */
async function inPython<T>(program: string): Promise<T> {
  const rig = new Rig();
  const file = rig.write('program.py', PREAMBLE + program);
  const ended = await rig.spawn([python, file], {
    env: { PYTHONPATH: HELPERS, PYTHONDONTWRITEBYTECODE: '1' },
  }).ended;
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout) as T;
}

const PREAMBLE = `
import json, os, signal, socket, statistics, time
from kombu import Connection
from prodserver_report import Link, scrub, uri

supervisor, ours = socket.socketpair()
link = Link(ours.detach())
supervisor.setblocking(False)

def drain():
    data = b""
    try:
        while chunk := supervisor.recv(1 << 20):
            data += chunk
    except BlockingIOError:
        pass
    return data.decode()
`;

interface Cost {
  readonly median: number;
  readonly p99: number;
}

describe('a report', () => {
  test('costs microseconds, also when nobody reads', async () => {
    const cost = await inPython<Record<'read' | 'unread' | 'lost', Cost>>(`
def measure(act, after=lambda: None):
    times = []
    for _ in range(5000):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
        after()
    times.sort()
    return {"median": times[2500] * 1e6, "p99": times[4950] * 1e6}

broker = Connection("redis://user:sesame@one.invalid/0;redis://:other@two.invalid/0")
error = OSError("Error 111 connecting to redis://user:sesame@one.invalid/0")
ready = lambda: link.send("ready", node="w1@test")
print(json.dumps({
    "read": measure(ready, drain),
    "lost": measure(lambda: link.lost(broker, error, 2.0), drain),
    "unread": measure(ready),
}))
`);
    for (const [kind, { median, p99 }] of Object.entries(cost)) {
      process.stderr.write(`a report (${kind}): ${median.toFixed(1)} us, p99 ${p99.toFixed(1)} us\n`);
      expect(median).toBeLessThan(1000);
    }
  });

  test('of the work costs microseconds, with tasks that run', async () => {
    const cost = await inPython<Record<'idle' | 'busy', Cost>>(`
from types import SimpleNamespace
from celery.worker import state
from prodserver_vitals import Vitals

class Request:
    name, prodserver_since = "orders.tasks.slow", time.monotonic()

def measure():
    times = []
    for _ in range(5000):
        start = time.perf_counter()
        vitals.tick()
        times.append(time.perf_counter() - start)
        drain()
    times.sort()
    return {"median": times[2500] * 1e6, "p99": times[4950] * 1e6}

vitals = Vitals(link)
vitals.consumer = SimpleNamespace(
    hub=None, task_consumer=None, pool=SimpleNamespace(is_green=False, num_processes=16))
idle = measure()
running = [Request() for _ in range(16)]
state.active_requests.update(running)
print(json.dumps({"idle": idle, "busy": measure()}))
`);
    for (const [kind, { median, p99 }] of Object.entries(cost)) {
      process.stderr.write(`a tick (${kind}): ${median.toFixed(1)} us, p99 ${p99.toFixed(1)} us\n`);
      expect(median).toBeLessThan(1000);
    }
  });

  test('what finds no room is dropped and counted, and leaves no half line behind', async () => {
    const told = await inPython<{
      readonly before: string;
      readonly after: string;
      readonly dropped: number;
    }>(`
while not link.dropped:
    link.send("ready", node="é" * 700)
for _ in range(4):
    link.send("ready", node=None)
dropped = link.dropped
before = drain()
link.send("stopped")
link.send("stopped")
print(json.dumps({"before": before, "after": drain(), "dropped": dropped}))
`);
    expect(told.dropped).toBe(5);
    const reader = newLinkReader();
    expect(reader.push(Buffer.from(told.before)).length).toBeGreaterThan(10);
    const after = reader.push(Buffer.from(told.after));
    expect(after.map((report) => report.event)).toEqual(['stopped', 'stopped']);
    expect(told.after.match(/"dropped":5/g)).toHaveLength(1);
    // At most the one line of which only a part was written.
    expect(reader.garbled()).toBeLessThanOrEqual(1);
  });

  test('no line is longer than the reader takes', async () => {
    const { text } = await inPython<{ readonly text: string }>(`
link.send("broker-lost", url="x" * 3000, error="é" * 3000, retry_in=None)
print(json.dumps({"text": drain()}))
`);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    const reader = newLinkReader();
    expect(reader.push(Buffer.from(text))).toMatchObject([{ event: 'broker-lost' }]);
  });

  test('a dead supervisor kills nobody, even where SIGPIPE would', async () => {
    const told = await inPython<{ readonly fd: number; readonly alive: boolean }>(`
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
supervisor.close()
link.send("ready", node=None)
link.send("ready", node=None)
print(json.dumps({"fd": link.fd, "alive": True}))
`);
    expect(told).toEqual({ fd: -1, alive: true });
  });

  test('a number that came to mean another file is let go', async () => {
    const { text } = await inPython<{ readonly text: string }>(`
number = link.fd
reading, writing = os.pipe()
os.dup2(writing, number)
link.send("ready", node=None)
link.close()
os.write(number, b"still open")
print(json.dumps({"text": os.read(reading, 100).decode()}))
`);
    expect(text).toBe('still open');
  });
});

describe('a password', () => {
  test.each([
    ['redis://:p%40ss%2Fword@h:1/0', {}, 'AUTH p@ss/word refused'],
    ['redis://:p%40ss%2Fword@h:1/0', {}, 'cannot reach redis://:p%40ss%2Fword@h:1/0'],
    ['redis://one/0;redis://:p%40ss%2Fword@two/0', {}, 'two refuses p@ss/word'],
    ['sentinel://h/0', { sentinel_kwargs: { password: 'p@ss/word' } }, "{'password': 'p@ss/word'}"],
    ['amqp://h//', {}, 'GET https://key:p%40ss%2Fword@h/queue failed'],
    ['amqp://h//', {}, 'GET https://h/queue?access_token=p%40ss%2Fword failed'],
  ])('%s %j: %s', async (url, options, error) => {
    const { told } = await inPython<{ readonly told: string[] }>(`
broker = Connection(${JSON.stringify(url)}, transport_options=json.loads('${JSON.stringify(options)}'))
print(json.dumps({"told": [scrub(OSError(${JSON.stringify(error)}), broker), uri(broker)]}))
`);
    expect(told[0]).toContain('**');
    expect(told.join(' ')).not.toMatch(/p@ss|p%40ss/);
  });

  test.each([
    ['redis://h:1/0', 'redis://h:1/0'],
    ['redis://user@h:1/0', 'redis://user@h:1/0'],
    ['redis://:secret@h:1/0', 'redis://:**@h:1/0'],
    ['redis://user:secret@h:1/0', 'redis://user:**@h:1/0'],
  ])('%s is told as %s', async (url, told) => {
    const said = await inPython(`print(json.dumps(uri(Connection(${JSON.stringify(url)}))))`);
    expect(said).toBe(told);
  });
});
