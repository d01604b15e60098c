/** What must stand before a command so that it runs as another user, and within other limits. */
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { Identity } from '../model/spec.ts';
import { findAccount, findGroup } from './accounts.ts';
import { readProc } from './proc.ts';
import { findProgram, type SpawnFailure } from './programs.ts';

export interface Credentials {
  /** Arguments of setpriv(1); empty where nothing changes. */
  readonly ids: readonly string[];
  /** What login(1) sets for a user. */
  readonly env: Readonly<Record<string, string>>;
}

/** capabilities(7) */
const CAP_SETGID = 6;
const CAP_SETUID = 7;
export const CAP_SYS_RESOURCE = 24;

/** Looks the user and the group up anew each time: a deployment may have made them since. */
export async function credentialsOf(identity: Identity): Promise<Result<Credentials, SpawnFailure>> {
  const { user, group } = identity;
  if (user === null && group === null) return { ok: true, value: { ids: [], env: {} } };
  const account = user === null ? null : await findAccount(user);
  if (account?.ok === false) return account;
  const wanted = group === null ? null : await findGroup(group);
  if (wanted?.ok === false) return wanted;
  const own = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  const uid = account?.value.uid ?? own.uid;
  const gid = wanted?.value ?? account?.value.gid ?? own.gid;
  const env = account === null ? {} : environmentOf(account.value, user ?? '');
  if (!may(CAP_SETGID) || (uid !== own.uid && !may(CAP_SETUID))) {
    // The group of our own account may be another one here, as below newgrp: only one that was asked for counts.
    const same = uid === own.uid && (group === null || gid === own.gid);
    if (same) return { ok: true, value: { ids: [], env } };
    const facts = { user, group, uid: own.uid };
    return { ok: false, error: { permanent: true, failure: failure('user-refused', facts) } };
  }
  if (account === null) return { ok: true, value: { ids: ['--regid', `${gid}`, '--keep-groups'], env } };
  // Only an account is named in the lists of groups.
  const groups = account.value.name === null ? '--clear-groups' : '--init-groups';
  return { ok: true, value: { ids: ['--reuid', `${uid}`, '--regid', `${gid}`, groups], env } };
}

const environmentOf = (
  { name, home, shell }: { name: string | null; home: string; shell: string },
  user: string,
) => ({
  HOME: home,
  USER: name ?? user,
  LOGNAME: name ?? user,
  SHELL: shell,
});

export function may(capability: number): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readProc('/proc/self/status') ?? '')?.[1];
  if (effective === undefined) return process.geteuid?.() === 0;
  return (BigInt(`0x${effective}`) & (1n << BigInt(capability))) !== 0n;
}

/**
 * What stands before the argv and becomes it. One setpriv does all: a change of user clears the signal of the parent's
 * death, so that it must be asked for after it. prlimit comes first, since only root may raise a limit.
 */
export function prefixOf(
  { limits }: Pick<Identity, 'limits'>,
  { ids }: Credentials,
  through: readonly string[],
): Result<readonly string[], SpawnFailure> {
  const [setpriv = findTool('setpriv'), ...rest] = through;
  if (ids.length > 0 && setpriv === null) return missing('setpriv', 'USER and GROUP');
  const changed =
    ids.length === 0 ? through : [setpriv ?? '', ...ids, ...(rest.length === 0 ? ['--'] : rest)];
  const bounds = Object.entries(limits).map(([name, limit]) => `--${name}=${limit}`);
  if (bounds.length === 0) return { ok: true, value: changed };
  const prlimit = findTool('prlimit');
  if (prlimit === null) return missing('prlimit', 'LIMITS');
  return { ok: true, value: [prlimit, ...bounds, '--', ...changed] };
}

/** On our own PATH: that of the program may be anything. */
export const findTool = (name: string): string | null => findProgram(name, { cwd: '/', env: {} });

export const missing = (tool: string, neededFor: string): Result<never, SpawnFailure> => ({
  ok: false,
  error: { permanent: true, failure: failure('tool-missing', { tool, neededFor }) },
});

/** What passes by itself, in the C library's English: too many processes of that user, no memory. */
const PASSING = /: (Resource temporarily unavailable|Cannot allocate memory)$/;
/** util-linux: 1 of prlimit, 127 of setpriv where it may not; both 126 or 127 where the program cannot be executed. */
const REFUSALS: ReadonlySet<number | null> = new Set([1, 126, 127]);

/** Whether an end may be that of what stood before the program: `ms` after the spawn. */
export const maybeRefusal = (through: readonly string[], code: number | null, ms: number): boolean =>
  through.length > 0 && REFUSALS.has(code) && ms < 1000;

/** The failure that setpriv or prlimit told of in `line`, the first of stderr; null where it is the program's own. */
export function refusalOf(program: string, line: string): Failure | null {
  if (!/^(setpriv|prlimit): /.test(line) || PASSING.test(line)) return null;
  return failure('launch-refused', { program, detail: line });
}
