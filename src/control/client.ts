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
  restartAnswer,
  statusAnswer,
  stopAnswer,
  type PlanAnswer,
  type RestartAnswer,
  type StatusAnswer,
  type StopAnswer,
} from './protocol.ts';

/** A supervisor answers at once or not at all. Milliseconds. */
const TIMEOUT_MS = 10_000;

/** One running supervisor. */
export interface Remote {
  readonly socket: string;
  status(): Promise<Result<StatusAnswer>>;
  plan(): Promise<Result<PlanAnswer>>;
  stop(names: readonly string[] | null): Promise<Result<StopAnswer>>;
  restart(names: readonly string[] | null): Promise<Result<RestartAnswer>>;
}

/** The supervisors of the manifest that run, each with its status; sockets of dead ones are cleared away. */
export async function findSupervisors(
  manifest: string,
): Promise<Result<readonly { readonly remote: Remote; readonly status: StatusAnswer }[]>> {
  const found: { remote: Remote; status: StatusAnswer }[] = [];
  for (const socket of findSockets(manifestId(manifest))) {
    const remote = newRemote(socket);
    const status = await remote.status();
    if (status.ok) found.push({ remote, status: status.value });
    else if (isGone(status.error)) removeFile(socket);
    else return status;
  }
  return { ok: true, value: found };
}

function newRemote(socket: string): Remote {
  return {
    socket,
    status: async () => call(socket, 'GET', '/v1/status', undefined, statusAnswer),
    plan: async () => call(socket, 'GET', '/v1/plan', undefined, planAnswer),
    stop: async (names) => call(socket, 'POST', '/v1/stop', { names, asker: process.pid }, stopAnswer),
    restart: async (names) => call(socket, 'POST', '/v1/restart', { names }, restartAnswer),
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
): Promise<Result<T>> {
  let text: string;
  try {
    text = await exchange(socket, method, path, body);
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
): Promise<string> {
  return new Promise((done, refuse) => {
    const call = request({ socketPath, method, path, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => done(Buffer.concat(chunks).toString('utf8')));
      response.once('error', refuse);
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    call.once('error', refuse);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
