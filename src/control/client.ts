import { request } from 'node:http';
import type * as z from 'zod';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { removeFile } from '../os/files.ts';
import { findSockets } from '../os/runtime.ts';
import {
  errorAnswer,
  manifestId,
  planAnswer,
  PROTOCOL,
  reloadAnswer,
  restartAnswer,
  reviseAnswer,
  signalAnswer,
  startAnswer,
  statusAnswer,
  stopAnswer,
  type PlanAnswer,
  type ReloadAnswer,
  type RestartAnswer,
  type ReviseAnswer,
  type SignalAnswer,
  type StartAnswer,
  type StatusAnswer,
  type StopAnswer,
} from './protocol.ts';

/** A supervisor answers at once or not at all. Milliseconds. */
const TIMEOUT_MS = 10_000;
/** Reading Django settings again may take a minute, and another update may come first. Milliseconds. */
const REVISE_MS = 150_000;

/** One running supervisor. */
export interface Remote {
  readonly socket: string;
  status(): Promise<Result<StatusAnswer>>;
  plan(): Promise<Result<PlanAnswer>>;
  stop(names: readonly string[] | null): Promise<Result<StopAnswer>>;
  restart(names: readonly string[] | null): Promise<Result<RestartAnswer>>;
  reload(names: readonly string[] | null): Promise<Result<ReloadAnswer>>;
  start(names: readonly string[] | null): Promise<Result<StartAnswer>>;
  /** `signal`: `SIGHUP` */
  signal(names: readonly string[] | null, signal: string): Promise<Result<SignalAnswer>>;
  scale(counts: Readonly<Record<string, number>>): Promise<Result<ReviseAnswer>>;
  update(dry: boolean): Promise<Result<ReviseAnswer>>;
}

/** The supervisors of the manifest that run, each with its status; sockets of dead ones are cleared away. `timeoutMs`: for an answer. */
export async function findSupervisors(
  manifest: string,
  timeoutMs = TIMEOUT_MS,
): Promise<Result<readonly { readonly remote: Remote; readonly status: StatusAnswer }[]>> {
  const found: { remote: Remote; status: StatusAnswer }[] = [];
  for (const socket of findSockets(manifestId(manifest))) {
    const remote = newRemote(socket, timeoutMs);
    const status = await remote.status();
    if (status.ok) found.push({ remote, status: status.value });
    else if (isGone(status.error)) removeFile(socket);
    else return status;
  }
  return { ok: true, value: found };
}

function newRemote(socket: string, timeoutMs: number): Remote {
  return {
    socket,
    status: async () => call(socket, 'GET', '/v1/status', undefined, statusAnswer, timeoutMs),
    plan: async () => call(socket, 'GET', '/v1/plan', undefined, planAnswer, timeoutMs),
    stop: async (names) =>
      call(socket, 'POST', '/v1/stop', { names, asker: process.pid }, stopAnswer, timeoutMs),
    restart: async (names) => call(socket, 'POST', '/v1/restart', { names }, restartAnswer, timeoutMs),
    reload: async (names) => call(socket, 'POST', '/v1/reload', { names }, reloadAnswer, timeoutMs),
    start: async (names) => call(socket, 'POST', '/v1/start', { names }, startAnswer, timeoutMs),
    signal: async (names, signal) =>
      call(socket, 'POST', '/v1/signal', { names, signal }, signalAnswer, timeoutMs),
    scale: async (counts) => call(socket, 'POST', '/v1/scale', { counts }, reviseAnswer, REVISE_MS),
    update: async (dry) => call(socket, 'POST', '/v1/update', { dry }, reviseAnswer, REVISE_MS),
  };
}

/** True for a socket that nobody listens on any more. */
export const isGone = (problem: Failure): boolean =>
  problem.code === 'control-broken' && /ECONNREFUSED|ENOENT/.test(problem.facts.detail);

async function call<T>(
  socket: string,
  method: string,
  path: string,
  body: object | undefined,
  schema: z.ZodType<T>,
  timeoutMs: number,
): Promise<Result<T>> {
  let text: string;
  try {
    text = await exchange(socket, method, path, body, timeoutMs);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      error: failure('control-broken', { socket, detail: code ?? message }, { cause: error }),
    };
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, error: failure('control-broken', { socket, detail: 'the answer is no JSON' }) };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const theirs = (json as { protocol?: unknown } | null)?.protocol;
  if (typeof theirs === 'number' && theirs !== PROTOCOL) {
    return { ok: false, error: failure('control-version', { socket, theirs, ours: PROTOCOL }) };
  }
  const detail = errorAnswer.safeParse(json).data?.error ?? 'the answer is not understood';
  return { ok: false, error: failure('control-broken', { socket, detail }) };
}

async function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  timeoutMs: number,
): Promise<string> {
  return new Promise((done, refuse) => {
    const call = request({ socketPath, method, path, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => done(Buffer.concat(chunks).toString('utf8')));
      response.once('error', refuse);
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    call.once('error', refuse);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
