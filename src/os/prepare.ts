/** From an order to what is executed: environment files, the user, limits, and whether that user may execute it at all. */
import type { Result } from '../model/failure.ts';
import type { Identity } from '../model/spec.ts';
import { tryAs } from './as-user.ts';
import { readEnvFiles } from './env-file.ts';
import { credentialsOf, findTool, missing, prefixOf } from './identity.ts';
import { problemOf, type ProgramOrder, type SpawnFailure } from './programs.ts';

export interface LaunchOrder extends ProgramOrder {
  /** What stands before the argv and becomes it: `setpriv --pdeathsig TERM --`. */
  readonly through?: readonly string[];
  readonly identity?: Identity;
  /** Absolute paths, read now; later ones on top of earlier ones, and `env` on top of all. */
  readonly envFiles?: readonly string[];
}

/** An order of which everything is known. It stays good, and may be executed more than once, until something changes. */
export interface PreparedOrder extends ProgramOrder {
  /** What stands before the argv; empty for nothing. */
  readonly through: readonly string[];
  /** Null: that of the supervisor. */
  readonly umask: number | null;
}

const NOBODY_ELSE: Identity = { user: null, group: null, umask: null, limits: {} };

/**
 * Finds before the spawn what would refuse it. Asks nobody where the order says nothing of a user, of limits or of files,
 * so that most spawns do not wait here.
 */
export async function prepare(order: LaunchOrder): Promise<Result<PreparedOrder, SpawnFailure>> {
  const { argv, cwd, identity = NOBODY_ELSE, envFiles = [] } = order;
  const files = readEnvFiles(envFiles);
  if (!files.ok) return { ok: false, error: { permanent: true, failure: files.error } };
  const credentials = await credentialsOf(identity);
  if (!credentials.ok) return credentials;
  const { ids } = credentials.value;
  const through = prefixOf(identity, credentials.value, order.through ?? []);
  if (!through.ok) return through;
  const env = { ...credentials.value.env, ...files.value, ...order.env };
  const guarded = ids.length === 0 ? { before: [], env } : withoutLoader(env);
  if (guarded === null) return missing('env', 'USER and GROUP');
  const { umask } = identity;
  const prepared = { argv, cwd, env: guarded.env, through: [...through.value, ...guarded.before], umask };
  // What stands before would hide why the program itself cannot be executed behind an exit code of its own.
  const problem = through.value.length === 0 ? null : problemOf({ argv, cwd, env });
  if (problem !== null) return { ok: false, error: problem };
  if (ids.length === 0) return { ok: true, value: prepared };
  const tried = await tryAs(identity, ids, prepared);
  return tried.ok ? { ok: true, value: { ...prepared, argv: tried.value } } : tried;
}

/** What glibc itself ignores in a program that is more than its user: sysdeps/generic/unsecvars.h. */
const LOADER =
  /^(LD_\w+|MALLOC_\w+|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|NIS_PATH|NLSPATH|RESOLV_HOST_CONF|RES_OPTIONS|TMPDIR|TZDIR)$/;

/**
 * An LD_PRELOAD that somebody else may write into a file of variables is for the program, and not for setpriv, which is
 * root still: such variables are set by env(1), behind the change of user. Null where there is no env.
 */
function withoutLoader(
  all: Readonly<Record<string, string>>,
): { readonly before: readonly string[]; readonly env: Readonly<Record<string, string>> } | null {
  const pairs = Object.entries(all);
  const loader = pairs.filter(([name]) => LOADER.test(name)).map(([name, value]) => `${name}=${value}`);
  if (loader.length === 0) return { before: [], env: all };
  const tool = findTool('env');
  if (tool === null) return null;
  return { before: [tool, ...loader], env: Object.fromEntries(pairs.filter(([name]) => !LOADER.test(name))) };
}
