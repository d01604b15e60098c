/** A helper of ours that answers line by line on descriptor 3, each within its time; nothing of it is left. */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Exit } from '../model/process.ts';
import { systemClock } from './clock.ts';
import { MARK } from './marks.ts';
import type { LaunchOrder } from './prepare.ts';
import type { SpawnFailure } from './programs.ts';
import { spawnChild } from './spawn.ts';
import { newTree } from './tree.ts';

export interface InterviewOrder extends LaunchOrder {
  /** How long it may take to its next answer. Milliseconds. */
  readonly stepMs: number;
  readonly abort: AbortSignal;
  /** Whether the line is an answer, which gives it new time. */
  onLine(line: string): boolean;
}

export interface InterviewEnd {
  /** Null: it could not be started. */
  readonly exit: Exit | null;
  /** It was ended, since an answer took too long. */
  readonly late: boolean;
  /** The last lines of what it said on stderr, else on stdout. */
  readonly said: readonly string[];
  readonly refused: SpawnFailure | null;
}

const SAID_LINES = 20;
/** Of each stream, and of one answer. Characters. */
const SAID_LIMIT = 64 * 1024;
const ANSWER_LIMIT = 16 * 1024 * 1024;
/** How long its output may arrive after its end: somebody else may hold it open. Milliseconds. */
const DRAIN_MS = 1000;

/** Never rejects but with what `onLine` throws. */
export async function runInterview(order: InterviewOrder): Promise<InterviewEnd> {
  const mark = `interview-${randomUUID()}`;
  const env = { ...order.env, [MARK]: mark };
  const spawned = await spawnChild({ ...order, env, extra: ['pipe'] });
  if (!spawned.ok) return { exit: null, late: false, said: [], refused: spawned.error };
  const { pid, stdout, stderr, pipes, exited, drained } = spawned.value;
  const tree = newTree(pid, systemClock, 'anywhere', mark);
  const end = (): void => {
    tree.kill();
    endGroup(pid);
  };
  let late = false;
  const giveUp = (): void => {
    late = true;
    end();
  };
  let cancel = systemClock.after(order.stepMs, giveUp);
  const said = { stdout: tail(stdout), stderr: tail(stderr) };
  const answered = lines(pipes[0] as Readable, (line) => {
    if (!order.onLine(line)) return;
    cancel();
    cancel = systemClock.after(order.stepMs, giveUp);
  });
  order.abort.addEventListener('abort', end, { once: true });
  if (order.abort.aborted) end();
  const exit = await exited;
  cancel();
  order.abort.removeEventListener('abort', end);
  endGroup(pid);
  await new Promise<void>((done) => tree.sweep(done));
  await Promise.race([Promise.all([answered, drained]), shortly()]);
  cancel();
  for (const stream of [stdout, stderr, ...pipes]) stream.destroy();
  const text = said.stderr() === '' ? said.stdout() : said.stderr();
  return { exit, late, said: text === '' ? [] : text.split('\n').slice(-SAID_LINES), refused: null };
}

/** Its session's first group; what has left it is found by the tree, where there is a /proc. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const shortly = async (): Promise<void> =>
  new Promise((done) => {
    setTimeout(done, DRAIN_MS).unref();
  });

/** The end of what a stream says. */
function tail(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-SAID_LIMIT)));
  stream.on('error', () => undefined); // what was said before it broke is enough
  return () => text.trimEnd();
}

/** Every whole line of a stream; resolves at its end. */
async function lines(stream: Readable, take: (line: string) => void): Promise<void> {
  let begun = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const whole = (begun + chunk).split('\n');
    begun = (whole.pop() ?? '').slice(0, ANSWER_LIMIT);
    for (const line of whole) take(line);
  });
  return new Promise((done) => {
    stream.once('close', done);
    stream.once('end', done);
    stream.on('error', () => done()); // what was answered before it broke counts
  });
}
