/** Keeps a supervisor reachable: cleaners of /tmp remove sockets and locks that are in use. */
import { dirname } from 'node:path';
import { serveControl, type Control } from '../control/server.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { fileExists, removeFile } from '../os/files.ts';
import { openFolder } from '../os/runtime.ts';
import type { Claim } from './claim.ts';

/** How often is looked whether the socket and the locks are still where others look for them. Milliseconds. */
const LOOK_MS = 1000;

export interface Door {
  close(): void;
}

/** Listens on `path`, again where that has been removed; `tell` hears of it, and once of what keeps it from that. */
export async function openDoor(
  path: string,
  control: Control,
  claim: Claim,
  clock: Clock,
  tell: (problem: Failure) => void,
): Promise<Result<Door>> {
  const listen = async (): Promise<Result<{ close(): void }>> => {
    const folder = openFolder(dirname(path));
    if (!folder.ok) return folder;
    try {
      return { ok: true, value: await serveControl(path, control) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const facts = { path, detail: code ?? message };
      return { ok: false, error: failure('runtime-folder', facts, { cause: error }) };
    }
  };
  removeFile(path);
  const first = await listen();
  if (!first.ok) return first;
  let server: { close(): void } | null = first.value;
  let over = false;
  let cancel: Cancel = () => undefined;

  const look = async (): Promise<void> => {
    const was = server;
    if (server === null || !fileExists(path)) {
      // Closed first: libuv removes the path of what it closes, which by then would be that of its successor.
      server?.close();
      const again = await listen();
      server = again.ok ? again.value : null;
      if (over) server?.close();
      else if (again.ok) tell(failure('runtime-removed', { paths: [path, ...claim.renew()] }));
      else if (was !== null) tell(again.error);
    } else {
      const paths = claim.renew();
      if (paths.length > 0) tell(failure('runtime-removed', { paths }));
    }
  };
  const watch = (): void => {
    if (!over) cancel = clock.after(LOOK_MS, () => void look().finally(watch));
  };
  watch();

  const close = (): void => {
    over = true;
    cancel();
    server?.close();
    removeFile(path);
  };
  return { ok: true, value: { close } };
}
