import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { execa } from 'execa';
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { Exit } from '../model/process.ts';
import { newOutput } from './output.ts';

export interface SpawnOrder {
  readonly argv: readonly [string, ...string[]];
  /** On top of this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Descriptors for the child beyond the first three: 'pipe' makes a socket pair, a number is passed on. */
  readonly extra: readonly ('pipe' | number)[];
  /** What stands before the argv and becomes it: `setpriv --pdeathsig TERM --`. */
  readonly through?: readonly string[];
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
  const through = order.through ?? [];
  // What stands before would hide why the program itself cannot be executed behind an exit code of its own.
  const problem = through.length === 0 ? null : problemOf(order);
  if (problem !== null) return { ok: false, error: problem };
  const [program, ...args] = [...through, ...order.argv] as [string, ...string[]];
  const outputs = [newOutput(), newOutput()] as const;
  const subprocess = execa(program, args, {
    cwd: order.cwd,
    env: order.env,
    // execa passes a descriptor's number on at any index, which its types do not know.
    stdio: ['ignore', ...([...outputs.map(({ stdio }) => stdio), ...order.extra] as ['pipe', 'pipe'])],
    detached: true,
    buffer: false,
    reject: false,
    cleanup: false,
    stripFinalNewline: false,
  });
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
  const pipes = order.extra.flatMap((kind, index) =>
    kind === 'pipe' ? [subprocess.stdio[index + 3] as unknown as Duplex] : [],
  );
  return { ok: true, value: { pid, stdout, stderr, pipes, exited, drained } };
}

/** Why the kernel would refuse to execute the program, found by looking; null where nothing is seen. */
function problemOf(order: SpawnOrder): SpawnFailure | null {
  const folder = folderProblem(order.cwd);
  const [program] = order.argv;
  if (folder !== null) {
    return { permanent: true, failure: failure('folder-missing', { cwd: order.cwd, detail: folder }) };
  }
  const found = findProgram(program, order);
  const searched = places(program, order);
  const detail =
    found === null ? oddity(searched) : isExecutable(found) ? interpreterProblem(found) : 'EACCES';
  if (detail !== null) {
    return { permanent: true, failure: failure('program-not-executable', { program, detail }) };
  }
  if (found !== null) return null;
  return { permanent: true, failure: failure('program-missing', { program, searched }) };
}

/** What stands in the place of a program and is none; null where nothing does. */
function oddity(paths: readonly string[]): string | null {
  for (const path of paths) {
    try {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) return 'EACCES';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }
  return null;
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
  const found = places(program, order as SpawnOrder).filter(isFile);
  return found.find(isExecutable) ?? found[0] ?? null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // a folder on the way that is none, or may not be entered
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const badInterpreter = (file: string): string => interpreterProblem(file) ?? 'its loader does not exist';

/** Says so where the first line names an interpreter that is not there. */
function interpreterProblem(file: string): string | null {
  const line = /^#!\s*(.*?)\s*$/m.exec(headOf(file).split('\n')[0] ?? '')?.[1];
  const interpreter = line?.split(/\s/)[0];
  if (interpreter === undefined || isFile(interpreter)) return null;
  return `its interpreter ${line} does not exist`;
}

/** The first bytes of a file; empty where it may be executed and not read. */
function headOf(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '';
  }
  try {
    const head = Buffer.alloc(256);
    return head.toString('latin1', 0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}
