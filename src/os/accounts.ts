/** Users and groups as the system knows them, those of a directory service too: Node itself knows only its own. */
import { failure, type Result } from '../model/failure.ts';
import { askBriefly } from './brief.ts';
import { readText } from './files.ts';
import { findProgram, type SpawnFailure } from './programs.ts';

export interface Account {
  /** Null for a number that no account has. */
  readonly name: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);
/** getent's: one or more keys could not be found. */
const NOT_FOUND = 2;

/** The account of that name or number. A number that no account has gets the group of the same number. */
export async function findAccount(user: string): Promise<Result<Account, SpawnFailure>> {
  const entry = await entryOf('passwd', user);
  if (!entry.ok) return entry;
  if (entry.value !== null) {
    const [name = user, , uid, gid, , home, shell] = entry.value;
    // passwd(5): an empty shell is /bin/sh; an empty home is login's "/".
    return {
      ok: true,
      value: { name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || '/bin/sh' },
    };
  }
  if (!isNumber(user)) {
    return { ok: false, error: { permanent: true, failure: failure('user-unknown', { user }) } };
  }
  const uid = Number(user);
  return { ok: true, value: { name: null, uid, gid: uid, home: '/', shell: '/bin/sh' } };
}

/** The number of a group; a number need not be known. */
export async function findGroup(group: string): Promise<Result<number, SpawnFailure>> {
  if (isNumber(group)) return { ok: true, value: Number(group) };
  const entry = await entryOf('group', group);
  if (!entry.ok) return entry;
  if (entry.value !== null) return { ok: true, value: Number(entry.value[2]) };
  return { ok: false, error: { permanent: true, failure: failure('group-unknown', { group }) } };
}

/** The fields of an entry; null where there is none. */
async function entryOf(
  database: 'passwd' | 'group',
  key: string,
): Promise<Result<readonly string[] | null, SpawnFailure>> {
  const getent = findProgram('getent', { cwd: '/', env: {} });
  if (getent !== null) {
    const answer = await askBriefly([getent, database, key]);
    if (!answer.ok) return answer;
    const { code, stdout } = answer.value;
    if (code === 0) return { ok: true, value: (stdout.split('\n')[0] ?? '').split(':') };
    if (code === NOT_FOUND) return { ok: true, value: null };
  }
  // musl's systems have no getent everywhere, and no other place than the file.
  const lines = (readText(`/etc/${database}`) ?? '').split('\n').map((line) => line.split(':'));
  const found = lines.find(([name, , id]) => name === key || (isNumber(key) && id === key));
  return { ok: true, value: found ?? null };
}
