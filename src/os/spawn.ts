import type { Duplex, Readable } from 'node:stream';
import { execa } from 'execa';
import type { Result } from '../model/failure.ts';
import type { Exit } from '../model/process.ts';
import { newOutput } from './output.ts';
import { prepare, type LaunchOrder, type PreparedOrder } from './prepare.ts';
import { descriptorShortage } from './descriptors.ts';
import { explain, refused, type SpawnFailure } from './programs.ts';
import { claim } from './waited.ts';

export type { SpawnFailure } from './programs.ts';

export interface SpawnOrder extends LaunchOrder {
  /** Descriptors for the child beyond the first three: 'pipe' makes a socket pair, a number is passed on. */
  readonly extra: readonly ('pipe' | number)[];
}

export interface Child {
  readonly pid: number;
  /** What stood before its argv; empty for nothing. */
  readonly through: readonly string[];
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Our end of each 'pipe' of `extra`, in order. */
  readonly pipes: readonly Duplex[];
  /** When the main process was reaped; its output may still be on the way. */
  readonly exited: Promise<Exit>;
  /** When, after the exit, all of its output has arrived: somebody who inherited it can put that off for long. */
  readonly drained: Promise<void>;
}

/** Starts a program in a session of its own, without a shell; its output goes to pipes and is never buffered whole. */
export async function spawnChild(order: SpawnOrder): Promise<Result<Child, SpawnFailure>> {
  const prepared = await prepare(order);
  return prepared.ok ? spawnPrepared(prepared.value, order.extra) : prepared;
}

/** The same for what was prepared already. */
export async function spawnPrepared(
  order: PreparedOrder,
  extra: SpawnOrder['extra'],
): Promise<Result<Child, SpawnFailure>> {
  const errno = descriptorShortage();
  if (errno !== null) return { ok: false, error: refused(errno, errno) };
  const { through } = order;
  const [program, ...args] = [...through, ...order.argv] as [string, ...string[]];
  const outputs = [newOutput(), newOutput()] as const;
  const subprocess = withUmask(order.umask, () =>
    execa(program, args, {
      cwd: order.cwd,
      env: order.env,
      // execa passes a descriptor's number on at any index, which its types do not know.
      stdio: ['ignore', ...([...outputs.map(({ stdio }) => stdio), ...extra] as ['pipe', 'pipe'])],
      detached: true,
      buffer: false,
      reject: false,
      cleanup: false,
      stripFinalNewline: false,
    }),
  );
  for (const output of outputs) output.spawned();
  const { pid } = subprocess;
  const stdout = outputs[0].source ?? subprocess.stdout;
  const stderr = outputs[1].source ?? subprocess.stderr;
  if (pid === undefined || stdout === null || stderr === null) {
    for (const { source } of outputs) source?.destroy();
    const result = await subprocess;
    return { ok: false, error: explain(order, result.code ?? 'unknown', result.cause) };
  }
  const exited = new Promise<Exit>((done) => {
    subprocess.once('exit', (code, signal) => done({ code, signal }));
  });
  claim(subprocess);
  // The last holder of the output may be a grandchild: only the drain waits for it.
  const closed = [stdout, stderr].map((stream) => new Promise((done) => stream.once('close', done)));
  const drained = Promise.all([subprocess, ...closed]).then(() => undefined);
  const pipes = extra.flatMap((kind, index) =>
    kind === 'pipe' ? [subprocess.stdio[index + 3] as unknown as Duplex] : [],
  );
  return { ok: true, value: { pid, through, stdout, stderr, pipes, exited, drained } };
}

/**
 * Node cannot give a child a mask of its own, so it inherits ours as it is at the fork. That is within execa's call, which
 * is synchronous up to there: nothing of ours makes a file in between.
 */
export function withUmask<T>(mask: number | null, spawn: () => T): T {
  if (mask === null) return spawn();
  const own = process.umask(mask);
  try {
    return spawn();
  } finally {
    process.umask(own);
  }
}
