import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findSockets, openRuntimeFolder, runtimeFolders, socketPath } from '../../src/os/runtime.ts';
import { removeFile } from '../../src/os/files.ts';
import { Rig } from '../support/rig.ts';

const root = process.getuid?.() === 0;

/** The folder that PRODSERVER_RUNTIME_DIR names. */
function named(): { rig: Rig; path: string } {
  const rig = new Rig();
  const path = join(rig.folder, 'runtime');
  vi.stubEnv('PRODSERVER_RUNTIME_DIR', path);
  return { rig, path };
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const refusedWith = (path: string, detail: unknown) => ({
  ok: false,
  error: { code: 'runtime-folder', facts: { path, detail } },
});

describe('the folder', () => {
  test('is made for this user alone, and is the same the next time', () => {
    const { path } = named();
    expect(openRuntimeFolder()).toEqual({ ok: true, value: path });
    expect(statSync(path).mode & 0o7777).toBe(0o700);
    expect(openRuntimeFolder()).toEqual({ ok: true, value: path });
  });

  test('that is open to others is closed to them', () => {
    const { path } = named();
    mkdirSync(path);
    chmodSync(path, 0o777);
    expect(openRuntimeFolder()).toEqual({ ok: true, value: path });
    expect(statSync(path).mode & 0o7777).toBe(0o700);
  });

  test("is refused where it is another user's", () => {
    const { path } = named();
    mkdirSync(path, { mode: 0o755 });
    if (root) chownSync(path, 12_345, 12_345);
    // Who cannot give a folder away is somebody else for a moment.
    else vi.spyOn(process, 'getuid').mockReturnValue(12_345);
    const owner = statSync(path).uid;
    expect(openRuntimeFolder()).toMatchObject(refusedWith(path, `it belongs to user ${owner}`));
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test('is refused where it is a file, or has no parent', () => {
    const { rig, path } = named();
    rig.write('runtime', '');
    expect(openRuntimeFolder()).toMatchObject(refusedWith(path, 'it is not a folder'));
    vi.stubEnv('PRODSERVER_RUNTIME_DIR', join(path, 'deeper'));
    expect(openRuntimeFolder()).toMatchObject(
      refusedWith(join(path, 'deeper'), expect.stringContaining('ENOTDIR')),
    );
  });

  test('is refused where it is a link to nowhere', () => {
    const { path } = named();
    symlinkSync('/nonexistent/folder', path);
    expect(openRuntimeFolder()).toMatchObject(refusedWith(path, expect.any(String)));
  });

  test('depends on the user, not on the session', () => {
    vi.stubEnv('PRODSERVER_RUNTIME_DIR', '');
    vi.stubEnv('XDG_RUNTIME_DIR', '/run/user/1000');
    const uid = vi.spyOn(process, 'getuid').mockReturnValue(1000);
    expect(runtimeFolders()).toEqual(['/run/lock/prodserver-1000', '/tmp/prodserver-1000']);
    uid.mockReturnValue(0);
    expect(runtimeFolders()).toEqual(['/run/prodserver', '/tmp/prodserver-0']);
  });
});

describe('sockets', () => {
  test('have a path that fits into sun_path, counted in bytes', () => {
    const rest = '/id.1.sock'.length;
    const fits = `/${'x'.repeat(106 - rest)}`;
    expect(socketPath(fits, 'id', 1)).toEqual({ ok: true, value: `${fits}/id.1.sock` });
    const tooLong = `/${'x'.repeat(105 - rest)}ü`;
    expect(socketPath(tooLong, 'id', 1)).toMatchObject({
      ok: false,
      error: {
        code: 'socket-path-long',
        facts: { path: `${tooLong}/id.1.sock`, bytes: 108, limit: 107 },
      },
    });
  });

  test('are found by their manifest, and can be removed twice', () => {
    const { rig, path } = named();
    expect(findSockets('id')).toEqual([]);
    for (const name of ['id.2.sock', 'id.1.sock', 'idea.3.sock', 'id.web.lock'])
      rig.write(`runtime/${name}`, '');
    expect(findSockets('id')).toEqual([`${path}/id.1.sock`, `${path}/id.2.sock`]);
    removeFile(`${path}/id.1.sock`);
    removeFile(`${path}/id.1.sock`);
    expect(findSockets('id')).toEqual([`${path}/id.2.sock`]);
  });
});
