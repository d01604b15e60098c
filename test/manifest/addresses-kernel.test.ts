/** What the rules hold to be one address, against what the kernel lets two sockets have. */
import { spawnSync } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { meet, type Socket } from '../../src/manifest/addresses.ts';

/** For each pair: a socket listens; whether a second one can. Servers set SO_REUSEADDR. */
const BINDER = `
import json, socket, sys

def listen(host, dual, shares, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shares:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
    try:
        sock.bind((host, port))
        sock.listen(1)
        return sock
    except OSError:
        sock.close()
        return None

verdicts = []
for first, second in json.loads(sys.stdin.read()):
    one = listen(*first, 0)
    if one is None:
        sys.exit(f"cannot listen on {first}")
    two = listen(*second, one.getsockname()[1])
    verdicts.append(two is None)
    for sock in (one, two):
        if sock is not None:
            sock.close()
print(json.dumps(verdicts))
`;

type Bound = readonly [host: string, dualStack: boolean, sharesPort: boolean];

const HOSTS = [
  ['', false],
  ['0.0.0.0', false],
  ['127.0.0.1', false],
  ['127.0.0.2', false],
  ['localhost', false],
  ['::', true],
  ['::', false],
  ['::1', false],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', false],
  ['::ffff:127.0.0.1', true],
] as const;
const SOCKETS = HOSTS.flatMap(([host, dual]): Bound[] => [
  [host, dual, false],
  [host, dual, true],
]);
const PAIRS = SOCKETS.flatMap((one) => SOCKETS.map((other) => [one, other] as const));

const socketOf = ([host, dualStack, sharesPort]: Bound): Socket => ({
  address: { kind: 'tcp', host, port: 8000 },
  dualStack,
  sharesPort,
  user: null,
});

test('every pair of addresses, with and without SO_REUSEPORT', () => {
  const { stdout, stderr } = spawnSync(inject('wholePython'), ['-IS', '-c', BINDER], {
    encoding: 'utf8',
    input: JSON.stringify(PAIRS),
  });
  expect(stderr).toBe('');
  const refused = JSON.parse(stdout) as boolean[];
  const otherwise = PAIRS.filter(
    ([one, other], index) => (meet(socketOf(one), socketOf(other)) === 'taken') !== refused[index],
  );
  expect(otherwise).toEqual([]);
  expect(refused.filter(Boolean).length).toBeGreaterThan(50);
});

test('sockets of two users do not share a port', () => {
  const one = socketOf(['127.0.0.1', false, true]);
  expect(meet(one, one)).toBe('shared');
  expect(meet(one, { ...one, user: 'www-data' })).toBe('taken');
});

test('what is not certain is no error', () => {
  const at = (host: string): Socket => socketOf([host, false, false]);
  expect(meet(at('web.internal'), at('0.0.0.0'))).toBe('apart');
  expect(meet(at('web.internal'), at('WEB.internal'))).toBe('taken');
  expect(meet(at('localhost'), at('::1'))).toBe('apart');
});
