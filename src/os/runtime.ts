/** The folder of this user's control sockets and set locks. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, lstatSync } from 'node:fs';
import { failure, type Result } from '../model/failure.ts';

/** sun_path of unix(7) has 108 bytes with its end; Node 20 cuts a longer one without a word. */
const SOCKET_PATH_LIMIT = 107;

/**
 * Where it may be, the first usable one first. By user and not by environment, so that a command in another session
 * looks where the supervisor is. PRODSERVER_RUNTIME_DIR names it outright.
 */
export function runtimeFolders(): readonly string[] {
  const given = process.env['PRODSERVER_RUNTIME_DIR'];
  if (given !== undefined && given !== '') return [given];
  const uid = process.getuid?.() ?? 0;
  // Not /run/user/UID: it comes and goes with logins, and two sets of locks would be none.
  return uid === 0
    ? ['/run/prodserver', '/tmp/prodserver-0']
    : [`/run/lock/prodserver-${uid}`, `/tmp/prodserver-${uid}`];
}

/** Makes the folder, for this user alone. */
export function openRuntimeFolder(): Result<string> {
  const folders = runtimeFolders();
  let problem = failure('runtime-folder', { path: folders[0] ?? '', detail: 'unknown' });
  for (const path of folders) {
    const opened = openFolder(path);
    if (opened.ok) return opened;
    problem = opened.error;
  }
  return { ok: false, error: problem };
}

/** Makes this one of the folders, unless it is there. */
export function openFolder(path: string): Result<string> {
  const detail = prepare(path);
  if (detail === null) return { ok: true, value: path };
  return { ok: false, error: failure('runtime-folder', { path, detail }) };
}

function prepare(path: string): string | null {
  try {
    mkdirSync(path, { mode: 0o700 });
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return message;
  }
  // A link that somebody planted in a shared folder would lead the chmod below to a folder of their choosing.
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return 'it is not a folder';
  if (stat.uid !== process.getuid?.()) return `it belongs to user ${stat.uid}`;
  chmodSync(path, 0o700);
  return null;
}

/**
 * Tells the processes of one manifest below one runtime folder from all others. The folder counts by what it is: two
 * containers with one pid namespace have the same paths and not the same folder.
 */
export function markId(folder: string, manifest: string): string {
  const { dev, ino } = lstatSync(folder);
  return createHash('sha256').update(`${dev} ${ino} ${manifest}`).digest('hex').slice(0, 16);
}

/** The control socket of the supervisor `pid` of a manifest. */
export function socketPath(folder: string, manifestId: string, pid: number): Result<string> {
  const path = `${folder}/${manifestId}.${pid}.sock`;
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_LIMIT) return { ok: true, value: path };
  return { ok: false, error: failure('socket-path-long', { path, bytes, limit: SOCKET_PATH_LIMIT }) };
}

/** The control sockets of all supervisors of a manifest; those of dead ones too. */
export function findSockets(manifestId: string): string[] {
  return runtimeFolders().flatMap((folder) => {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      return []; // nobody has started anything here
    }
    return names
      .filter((name) => name.startsWith(`${manifestId}.`) && name.endsWith('.sock'))
      .toSorted()
      .map((name) => `${folder}/${name}`);
  });
}
