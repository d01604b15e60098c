/** Whether a message broker answers: a stopped or frozen one still takes TCP connections, for the kernel does that. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reachable } from './listen.ts';

/** What is said to a broker, and where. Null words: that it takes the connection is all that can be known. */
export interface BrokerDoor {
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls: boolean;
  readonly words: Buffer | null;
}

/** A Redis that wants a password answers this with an error, which is an answer. */
const PING = Buffer.from('PING\r\n');
/** The protocol header of AMQP 0-9-1; any broker answers it, one of another version with its own. */
const AMQP = Buffer.from('AMQP\0\0\t\u0001', 'latin1');

interface Kind {
  readonly port: number;
  readonly tls: boolean;
  readonly words: Buffer;
}

const redis = (tls: boolean, port = 6379): Kind => ({ port, tls, words: PING });
const amqp = (tls: boolean): Kind => ({ port: tls ? 5671 : 5672, tls, words: AMQP });
const KINDS: Readonly<Record<string, Kind>> = {
  redis: redis(false),
  rediss: redis(true),
  valkey: redis(false),
  valkeys: redis(true),
  sentinel: redis(false, 26_379),
  amqp: amqp(false),
  pyamqp: amqp(false),
  librabbitmq: amqp(false),
  amqps: amqp(true),
};

/** The doors of a broker's URL as kombu writes it, several with `;` between them; empty: there is nothing to ask. */
export const brokerDoors = (url: string): BrokerDoor[] => url.split(';').flatMap((one) => doorOf(one) ?? []);

function doorOf(url: string): BrokerDoor | null {
  const [, scheme = '', rest = ''] = /^([a-z0-9]+(?:\+[a-z0-9]+)?):\/\/(.*)$/i.exec(url.trim()) ?? [];
  if (scheme === 'redis+socket' || scheme === 'valkey+socket') {
    const path = rest.slice(rest.indexOf('@') + 1).replace(/\?.*$/, '');
    return { address: { path: `/${path.replace(/^\/+/, '')}` }, tls: false, words: PING };
  }
  const kind = KINDS[scheme.toLowerCase()];
  const place = rest.replace(/[/?].*$/, '').replace(/^.*@/, '');
  const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? [];
  const port = digits === undefined ? kind?.port : Number(digits);
  // Files, memory, and services in a cloud that have no port of ours.
  if (port === undefined || port > 65_535) return null;
  // kombu quotes the colons of an IPv6 address.
  const host = name.replaceAll(/%3a/gi, ':').replaceAll(/[[\]]/g, '') || 'localhost';
  return { address: { host: reachable(host), port }, tls: kind?.tls ?? false, words: kind?.words ?? null };
}

/** Whether one of the brokers that a URL names says anything within `timeoutMs`. Never rejects. */
export async function brokerAnswers(url: string, timeoutMs: number): Promise<boolean> {
  const doors = brokerDoors(url);
  if (doors.length === 0) return true;
  const answers = await Promise.all(doors.map((door) => doorAnswers(door, timeoutMs)));
  return answers.includes(true);
}

async function doorAnswers({ address, tls, words }: BrokerDoor, timeoutMs: number): Promise<boolean> {
  return new Promise((done) => {
    // The certificate does not matter: nothing is told but a greeting, and nothing of the answer is believed.
    const socket: Socket = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    const finish = (answers: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      done(answers);
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      if (words === null) finish(true);
      else socket.write(words);
    });
    socket.once('data', () => finish(true));
    socket.once('end', () => finish(false));
    // A broker that wants a certificate of ours refuses in words of TLS: it is there.
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code?.startsWith('ERR_SSL') === true));
  });
}
