/** Whether another user may enter a folder and execute a program: asked of the kernel, in that user's place. */
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { Identity } from '../model/spec.ts';
import { askBriefly } from './brief.ts';
import { findTool, refusalOf } from './identity.ts';
import { candidates, type ProgramOrder, type SpawnFailure } from './programs.ts';

/** Its exit codes; sh has 2 and those from 126 on for itself. */
const NO_ENTRY = 10;
const NO_PROGRAM = 11;
const NO_INTERPRETER = 12;

/** Takes the folder, then pairs of a file and its interpreter (or nothing); the first that may be executed counts. */
const LOOK = `
cd -- "$1" || exit ${NO_ENTRY}
shift
while [ $# -gt 0 ]; do
  if [ -x "$1" ]; then
    if [ -n "$2" ]; then
      [ -r "$1" ] || exit ${NO_PROGRAM}
      [ -x "$2" ] || { printf %s "$2"; exit ${NO_INTERPRETER}; }
    fi
    printf %s "$1"
    exit 0
  fi
  shift 2
done
exit ${NO_PROGRAM}
`;

/**
 * The argv by which that user executes the program. Folders on the way and access lists count too, so only an attempt is
 * exact. setpriv itself cannot tell: it keeps root's capabilities until the very exec, which gives it what the user may not
 * have, and the wrong one of two in PATH.
 */
export async function tryAs(
  { user, group }: Identity,
  ids: readonly string[],
  order: ProgramOrder,
): Promise<Result<ProgramOrder['argv'], SpawnFailure>> {
  const found = candidates(order);
  const files = found.flatMap(({ file, interpreter }) => [file, interpreter ?? '']);
  const look = ['sh', '-c', LOOK, 'sh', order.cwd, ...files];
  const answer = await askBriefly([findTool('setpriv') ?? 'setpriv', ...ids, '--', ...look]);
  if (!answer.ok) return answer;
  const { code, stdout, stderr } = answer.value;
  const [program, ...args] = order.argv;
  const who = user ?? `group ${group}`;
  switch (code) {
    case 0:
      return { ok: true, value: stdout === found[0]?.file ? order.argv : [stdout, ...args] };
    case NO_ENTRY: {
      const facts = { cwd: order.cwd, detail: `may not be entered by ${who}` };
      return refuse(failure('folder-missing', facts));
    }
    case NO_PROGRAM:
    case NO_INTERPRETER: {
      const what = code === NO_PROGRAM ? 'EACCES' : `its interpreter ${stdout}: EACCES`;
      const facts = { program, detail: `${what} for ${who}` };
      return refuse(failure('program-not-executable', facts));
    }
    default: {
      const detail = stderr.split('\n')[0] ?? '';
      const told = refusalOf(program, detail);
      if (told !== null) return refuse(told);
      return refuse(failure('spawn-refused', { errno: `exit code ${code}`, detail }), false);
    }
  }
}

const refuse = (problem: Failure, permanent = true): Result<never, SpawnFailure> => ({
  ok: false,
  error: { permanent, failure: problem },
});
