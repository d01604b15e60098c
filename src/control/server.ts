import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type * as z from 'zod';
import { signalNumber } from '../os/signals.ts';
import { complaint, newBoundedServer, type Bounds } from './bounds.ts';
import {
  reloadRequest,
  restartRequest,
  scaleRequest,
  signalRequest,
  startRequest,
  stopRequest,
  updateRequest,
  type PlanAnswer,
  type ReloadAnswer,
  type RestartAnswer,
  type ReviseAnswer,
  type SignalAnswer,
  type StartAnswer,
  type StatusAnswer,
  type StopAnswer,
} from './protocol.ts';
import { page, type Vitality } from './pages.ts';
import type { StreamReader } from './pour.ts';
import { askedOf, type StreamAsked } from './records.ts';

/** Null: everything. */
type Names = readonly string[] | null;

/** What the supervisor lets commands do. */
export interface Control {
  status(): StatusAnswer;
  plan(): PlanAnswer;
  start(names: Names): StartAnswer;
  /** Null stops the supervisor too; `asker` is the pid of who waits for it. */
  stop(names: Names, asker?: number): StopAnswer;
  restart(names: Names): RestartAnswer;
  reload(names: Names): ReloadAnswer;
  signal(names: Names, signal: NodeJS.Signals): SignalAnswer;
  scale(counts: Readonly<Record<string, number>>): Promise<ReviseAnswer>;
  update(dry: boolean): Promise<ReviseAnswer>;
  /** Sends what is asked for until its end; false: there are too many readers already. */
  stream(kind: 'logs' | 'events', asked: StreamAsked, reader: StreamReader): boolean;
  readonly vitality: Vitality;
}

const NAMES = 'names must be a list of names, or null';

/** A request's body: names at most. Bytes. */
const BODY_LIMIT = 1024 * 1024;
/** So much of a larger one is thrown away, so that who sends it comes to read the answer. Bytes. */
const DISCARD_LIMIT = 64 * 1024 * 1024;

class BadRequest extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** Listens on the socket, for this user alone; resolves when it does. */
export async function serveControl(path: string, control: Control, bounds?: Bounds): Promise<Server> {
  const server = newBoundedServer((request, response) => answerAll(request, response, control), bounds);
  await new Promise<void>((done, refuse) => {
    server.once('error', refuse);
    // bind(2) happens inside listen(), and the socket's mode comes from the umask of that moment.
    const before = process.umask(0o177);
    server.listen({ path }, done);
    process.umask(before);
  });
  return server;
}

/** Whoever it comes from: that is judged before. */
export function answerAll(request: IncomingMessage, response: ServerResponse, control: Control): void {
  if (page(request, response, control.vitality) || stream(request, response, control)) return;
  void answer(request, control).then(({ status, body }) => send(response, status, body));
}

/** True: it asks for a stream, and is seen to. */
function stream(request: IncomingMessage, response: ServerResponse, control: Control): boolean {
  const [path, query] = request.url?.split('?', 2) ?? [];
  const kind = path === '/v1/logs' ? 'logs' : path === '/v1/events' ? 'events' : null;
  if (request.method !== 'GET' || kind === null) return false;
  const refuse = (status: number, error: string): void =>
    send(response, status, complaint(status, error).body);
  const asked = askedOf(new URLSearchParams(query), request.headers['last-event-id']);
  if (asked === null) refuse(400, 'n must be a number, since milliseconds since the epoch, follow 0 or 1');
  else if (!control.stream(kind, asked, response)) refuse(503, 'too many readers follow already');
  return true;
}

async function answer(request: IncomingMessage, control: Control): Promise<{ status: number; body: object }> {
  /** The body as `schema` has it; `form` is what is said of any other. */
  const body = async <T>(schema: z.ZodType<T>, form: string): Promise<T> => {
    const parsed = schema.safeParse(await readJson(request));
    if (!parsed.success) throw new BadRequest(form);
    return parsed.data;
  };
  const act = async (): Promise<object | null> => {
    switch (`${request.method} ${request.url}`) {
      case 'GET /v1/status':
        return control.status();
      case 'GET /v1/plan':
        return control.plan();
      case 'POST /v1/start':
        return control.start((await body(startRequest, NAMES)).names);
      case 'POST /v1/stop': {
        const { names, asker } = await body(stopRequest, `${NAMES}; asker a pid, or nothing`);
        return control.stop(names, asker);
      }
      case 'POST /v1/restart':
        return control.restart((await body(restartRequest, NAMES)).names);
      case 'POST /v1/reload':
        return control.reload((await body(reloadRequest, NAMES)).names);
      case 'POST /v1/signal': {
        const { names, signal } = await body(signalRequest, `${NAMES}; signal a name such as SIGHUP`);
        if (signalNumber(signal) === 0) throw new BadRequest(`there is no signal ${signal} here`);
        return control.signal(names, signal as NodeJS.Signals);
      }
      case 'POST /v1/scale':
        return control.scale(
          (await body(scaleRequest, 'counts must be numbers of 1 to 1000 by name')).counts,
        );
      case 'POST /v1/update':
        return control.update((await body(updateRequest, 'dry must be true or false')).dry);
      default:
        return null;
    }
  };
  try {
    const done = await act();
    if (done !== null) return { status: 200, body: done };
    return complaint(404, `no such request: ${request.method} ${request.url}`);
  } catch (error) {
    if (error instanceof BadRequest) return complaint(error.status, error.message);
    return complaint(500, error instanceof Error ? error.message : String(error));
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Its own iterator would hang up at a throw, before the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > DISCARD_LIMIT) break;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  if (size > BODY_LIMIT) throw new BadRequest(`the body is larger than ${BODY_LIMIT} bytes`, 413);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new BadRequest('the body is no JSON');
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(text);
}
