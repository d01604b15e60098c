/** Reads a supervisor's streams. */
import { request, type IncomingMessage } from 'node:http';
import * as z from 'zod';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { errorAnswer, PROTOCOL } from './protocol.ts';
import {
  eventRecord,
  lineRecord,
  liveRecord,
  lostRecord,
  queryOf,
  type EventRecord,
  type LineRecord,
  type LiveRecord,
  type LostRecord,
  type StreamAsked,
} from './records.ts';

/** A supervisor answers at once or not at all; then it may be silent for as long as it likes. Milliseconds. */
const TIMEOUT_MS = 10_000;

/** Throws a StreamBroken where it ends before its end. */
export type Stream<T> = AsyncIterable<T | LostRecord | LiveRecord>;

/** The supervisor hung up, or was killed. */
export class StreamBroken extends Error {
  readonly failure: Failure;

  constructor(socket: string, detail: string, cause?: unknown) {
    super(`${socket}: ${detail}`, { cause });
    this.failure = failure('control-broken', { socket, detail }, { cause });
  }
}

export interface Reading {
  /** Ends it, as if the supervisor had hung up. */
  readonly signal?: AbortSignal;
  /** How long the first answer may take. Milliseconds. */
  readonly timeoutMs?: number;
}

export const subscribeLogs = async (
  socket: string,
  asked: StreamAsked,
  how: Reading = {},
): Promise<Result<Stream<LineRecord>>> =>
  subscribe(
    socket,
    `/v1/logs?${queryOf(asked)}`,
    z.union([lineRecord, lostRecord, liveRecord]),
    (text) => text,
    how,
  );

export const subscribeEvents = async (
  socket: string,
  asked: StreamAsked,
  how: Reading = {},
): Promise<Result<Stream<EventRecord>>> =>
  subscribe(
    socket,
    `/v1/events?${queryOf(asked)}`,
    z.union([eventRecord, lostRecord, liveRecord]),
    // The fields that say of what kind it is are for browsers.
    (text) => (text.startsWith('data: ') ? text.slice('data: '.length) : null),
    how,
  );

/** `dataOf`: the JSON of a line; null where it has none. */
async function subscribe<T>(
  socket: string,
  path: string,
  schema: z.ZodType<T>,
  dataOf: (line: string) => string | null,
  { signal, timeoutMs = TIMEOUT_MS }: Reading,
): Promise<Result<AsyncIterable<T>>> {
  try {
    const response = await open(socket, path, timeoutMs, signal);
    if (response.statusCode !== 200) return refusal(socket, await textOf(response));
    return { ok: true, value: recordsOf(socket, response, schema, dataOf) };
  } catch (error) {
    return { ok: false, error: new StreamBroken(socket, detailOf(error), error).failure };
  }
}

function detailOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

async function open(
  socketPath: string,
  path: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((done, refuse) => {
    const options = { socketPath, method: 'GET', path, timeout: timeoutMs, signal };
    const call = request(options, (response) => {
      call.setTimeout(0);
      done(response);
    });
    call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    call.on('error', refuse);
    call.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(socket: string, text: string): Result<never> {
  let answer: z.output<typeof errorAnswer> | undefined;
  try {
    answer = errorAnswer.safeParse(JSON.parse(text)).data;
  } catch {
    answer = undefined; // not even JSON: told below
  }
  const theirs = answer?.protocol ?? PROTOCOL;
  if (theirs !== PROTOCOL)
    return { ok: false, error: failure('control-version', { socket, theirs, ours: PROTOCOL }) };
  const detail = answer?.error ?? 'the answer is not understood';
  return { ok: false, error: failure('control-broken', { socket, detail }) };
}

async function* recordsOf<T>(
  socket: string,
  response: IncomingMessage,
  schema: z.ZodType<T>,
  dataOf: (line: string) => string | null,
): AsyncGenerator<T> {
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const data = dataOf(line);
        if (data === null) continue;
        const parsed = schema.safeParse(JSON.parse(data));
        if (!parsed.success) throw new StreamBroken(socket, 'the answer is not understood');
        yield parsed.data;
      }
    }
  } catch (error) {
    throw error instanceof StreamBroken ? error : new StreamBroken(socket, detailOf(error), error);
  }
}
