import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { execa } from 'execa';
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { Exit } from '../model/process.ts';

export interface SpawnOrder {
  readonly argv: readonly [string, ...string[]];
  /** On top of this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Descriptors for the child beyond the first three: 'pipe' makes a socket pair, a number is passed on. */
  readonly extra: readonly ('pipe' | number)[];
}

export interface Child {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Our end of each 'pipe' of `extra`, in order. */
  readonly pipes: readonly Duplex[];
  /** When the main process was reaped; its output may still be on the way. */
  readonly exited: Promise<Exit>;
  /** When, after the exit, all of its output has arrived: somebody who inherited it can put that off for long. */
  readonly drained: Promise<void>;
}

export interface SpawnFailure {
  readonly failure: Failure;
  /** A new attempt cannot help: there is nothing to execute. */
  readonly permanent: boolean;
}

/** Pids that libuv waits for; the reaper must leave them alone. */
const waitedFor = new Set<number>();

/** Registers a child that was just spawned, until its exit. */
export function claim(subprocess: {
  readonly pid?: number | undefined;
  once(event: 'exit', listener: () => void): unknown;
}): void {
  const { pid } = subprocess;
  if (pid === undefined) return;
  waitedFor.add(pid);
  subprocess.once('exit', () => waitedFor.delete(pid));
}

export const isWaitedFor = (pid: number): boolean => waitedFor.has(pid);

/** Starts a program in a session of its own, without a shell; its output goes to pipes and is never buffered whole. */
export async function spawnChild(order: SpawnOrder): Promise<Result<Child, SpawnFailure>> {
  const [program, ...args] = order.argv;
  const subprocess = execa(program, args, {
    cwd: order.cwd,
    env: order.env,
    // execa passes a descriptor's number on at any index; its types know that for the first three only.
    stdio: ['ignore', 'pipe', 'pipe', ...(order.extra as readonly 'pipe'[])],
    detached: true,
    buffer: false,
    reject: false,
    cleanup: false,
    stripFinalNewline: false,
  });
  const { pid, stdout, stderr } = subprocess;
  if (pid === undefined || stdout === null || stderr === null) {
    const result = await subprocess;
    return { ok: false, error: explain(order, result.code ?? 'unknown', result.cause) };
  }
  const exited = new Promise<Exit>((done) => {
    subprocess.once('exit', (code, signal) => done({ code, signal }));
  });
  claim(subprocess);
  // execa's promise ends with the last holder of the output, which may be a grandchild: only the drain waits for it.
  const drained = subprocess.then(() => undefined);
  const pipes = order.extra.flatMap((kind, index) =>
    kind === 'pipe' ? [subprocess.stdio[index + 3] as unknown as Duplex] : [],
  );
  return { ok: true, value: { pid, stdout, stderr, pipes, exited, drained } };
}

/** Turns an errno into what the operator can act on. ENOENT alone does not tell which of three things is missing. */
function explain(order: SpawnOrder, errno: string, cause: unknown): SpawnFailure {
  const folder = folderProblem(order.cwd);
  if (folder !== null) {
    return {
      permanent: true,
      failure: failure('folder-missing', { cwd: order.cwd, detail: folder }, { cause }),
    };
  }
  const program = order.argv[0];
  if (errno === 'ENOENT') {
    const found = findProgram(program, order);
    return found === null
      ? {
          permanent: true,
          failure: failure('program-missing', { program, searched: places(program, order) }),
        }
      : {
          permanent: true,
          failure: failure('program-not-executable', { program, detail: badInterpreter(found) }),
        };
  }
  if (errno === 'EACCES' || errno === 'ENOEXEC' || errno === 'ENOTDIR' || errno === 'ELOOP') {
    return {
      permanent: true,
      failure: failure('program-not-executable', { program, detail: errno }, { cause }),
    };
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  return { permanent: false, failure: failure('spawn-refused', { errno, detail }, { cause }) };
}

function folderProblem(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory()) return 'is not a folder';
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be entered' : 'does not exist';
  }
}

function places(program: string, order: SpawnOrder): string[] {
  if (program.includes('/')) return [isAbsolute(program) ? program : resolve(order.cwd, program)];
  const path = order.env['PATH'] ?? process.env['PATH'] ?? '';
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => `${folder}/${program}`);
}

/** The file that `program` names, by execvp's rules; null when there is none. */
export function findProgram(program: string, order: Pick<SpawnOrder, 'cwd' | 'env'>): string | null {
  const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return places(program, order as SpawnOrder).find(exists) ?? null;
}

function badInterpreter(file: string): string {
  const line = readFileSync(file).subarray(0, 256).toString('utf8').split('\n')[0] ?? '';
  return line.startsWith('#!')
    ? `its interpreter ${line.slice(2).trim()} does not exist`
    : 'its loader does not exist';
}
