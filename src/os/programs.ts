/** What a program's name comes to: its file, its interpreter and its folder, and why one of them cannot be executed. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import { failure, type Failure } from '../model/failure.ts';

export interface SpawnFailure {
  readonly failure: Failure;
  /** A new attempt cannot help: there is nothing to execute. */
  readonly permanent: boolean;
}

/** What names a program: a path in `cwd`, or a word on the PATH of `env`, else on this process's own. */
export interface ProgramOrder {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Why the kernel would refuse to execute the program, found by looking; null where nothing is seen. */
export function problemOf(order: ProgramOrder): SpawnFailure | null {
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

/** Refusals of the kernel that another attempt with the same order meets again. */
const NEVER: ReadonlySet<string> = new Set(['EACCES', 'ENOEXEC', 'ENOTDIR', 'ELOOP', 'E2BIG']);

/** Turns an errno into what the operator can act on. ENOENT alone does not tell which of three things is missing. */
export function explain(order: ProgramOrder, errno: string, cause: unknown): SpawnFailure {
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
  if (NEVER.has(errno)) {
    return {
      permanent: true,
      failure: failure('program-not-executable', { program, detail: errno }, { cause }),
    };
  }
  const detail = cause instanceof Error ? cause.message : String(cause);
  return refused(errno, detail, cause);
}

/** The system is short of something: worth another attempt. */
export const refused = (errno: string, detail: string, cause?: unknown): SpawnFailure => ({
  permanent: false,
  failure: failure('spawn-refused', { errno, detail }, { cause }),
});

function folderProblem(cwd: string): string | null {
  try {
    if (!statSync(cwd).isDirectory()) return 'is not a folder';
    accessSync(cwd, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be entered' : 'does not exist';
  }
}

function places(program: string, order: Pick<ProgramOrder, 'cwd' | 'env'>): string[] {
  if (program.includes('/')) return [isAbsolute(program) ? program : resolve(order.cwd, program)];
  const path = order.env['PATH'] ?? process.env['PATH'] ?? '';
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => `${folder}/${program}`);
}

/** The file that `program` names, by execvp's rules; null when there is none. */
export function findProgram(program: string, order: Pick<ProgramOrder, 'cwd' | 'env'>): string | null {
  const found = places(program, order).filter(isFile);
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
  const line = shebangOf(file);
  const interpreter = line?.split(/\s/)[0];
  if (interpreter === undefined || isFile(interpreter)) return null;
  return `its interpreter ${line} does not exist`;
}

const shebangOf = (file: string): string | undefined =>
  /^#!\s*(.*?)\s*$/m.exec(headOf(file).split('\n')[0] ?? '')?.[1];

/** The executable files that the program may be, in execvp's order, each with the interpreter that its first line names. */
export function candidates(
  order: ProgramOrder,
): { readonly file: string; readonly interpreter: string | null }[] {
  return places(order.argv[0], order)
    .filter((path) => isFile(path) && isExecutable(path))
    .map((file) => ({ file, interpreter: shebangOf(file)?.split(/\s/)[0] ?? null }));
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
