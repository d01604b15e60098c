import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hostLockFolder, lockFile, type LockFile } from '../../src/os/lock-file.ts';
import { Rig } from '../support/rig.ts';
import { program } from './support.ts';

const NOBODY = 65_534;
const root = process.getuid?.() === 0;

/** Takes a lock that must be free; it is freed again at the end of the test. */
function taken(path: string, mode = 0o600): LockFile {
  const attempt = lockFile(path, mode);
  if (!attempt.ok || attempt.value.kind !== 'locked') throw new Error(JSON.stringify(attempt));
  const { file } = attempt.value;
  let open = true;
  const close = (): void => {
    if (open) file.close();
    open = false;
  };
  onTestFinished(close);
  return { ...file, close };
}

const BUSY = (text: string) => ({ ok: true, value: { kind: 'busy', text } });

describe('a lock file', () => {
  test('one has it; the others read its newest note; when it is closed the next one gets it', () => {
    const rig = new Rig();
    const path = join(rig.folder, 'one.lock');
    const first = taken(path);
    expect(lockFile(path, 0o600)).toEqual(BUSY(''));
    first.write('a first note that is long\n');
    first.write('a second\n');
    expect(lockFile(path, 0o600)).toEqual(BUSY('a second\n'));
    first.close();
    taken(path);
    // The file stays, with what was written last.
    expect(rig.read('one.lock')).toBe('a second\n');
  });

  test.each([0o600, 0o666])('has its mode whatever the umask is (%o)', (mode) => {
    const path = join(new Rig().folder, 'one.lock');
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    taken(path, mode);
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  test('removed while it is held: a new file is made and locked, the holder keeps its own', () => {
    const rig = new Rig();
    const path = join(rig.folder, 'one.lock');
    const first = taken(path);
    first.write('first\n');
    unlinkSync(path);
    const second = taken(path);
    second.write('second\n');
    first.write('first again\n');
    expect(lockFile(path, 0o600)).toEqual(BUSY('second\n'));
    first.close();
    expect(lockFile(path, 0o600)).toEqual(BUSY('second\n'));
  });

  test('where it cannot be made there is a failure that names it', () => {
    const path = join(new Rig().folder, 'missing', 'one.lock');
    expect(lockFile(path, 0o600)).toMatchObject({
      ok: false,
      error: { code: 'lock-folder', facts: { tried: [path] } },
    });
  });

  test('a link that somebody has put in its place is not written through', () => {
    const rig = new Rig();
    const target = rig.write('precious', 'precious');
    symlinkSync(target, join(rig.folder, 'one.lock'));
    const attempt = lockFile(join(rig.folder, 'one.lock'), 0o600);
    expect(attempt).toMatchObject({ ok: false, error: { code: 'lock-folder' } });
    expect(rig.read('precious')).toBe('precious');
  });
});

describe("another user's file in a folder that is open to all", () => {
  test('is opened without O_CREAT, which fs.protected_regular refuses there', async () => {
    const rig = new Rig();
    chmodSync(rig.folder, 0o755);
    mkdirSync(join(rig.folder, 'open'));
    chmodSync(join(rig.folder, 'open'), 0o1777);
    const path = rig.write('open/one.lock', 'the note of another\n');
    chmodSync(path, 0o666);
    if (root) chownSync(path, 12_345, 12_345);
    const source = `import { lockFile } from '$os/lock-file.ts';
      ${root ? `process.setgid(${NOBODY}); process.setuid(${NOBODY});` : ''}
      const attempt = lockFile(${JSON.stringify(path)}, 0o666);
      if (attempt.ok && attempt.value.kind === 'locked') attempt.value.file.write('mine\\n');
      console.log(attempt.ok ? attempt.value.kind : JSON.stringify(attempt.error));`;
    const trace = ['strace', '-f', '-e', 'trace=open,openat', '-o', join(rig.folder, 'trace')] as const;
    const { stdout } = await rig.spawn([...trace, process.execPath, program(rig, source)]).ended;
    expect(stdout).toBe('locked\n');
    expect(rig.read('open/one.lock')).toBe('mine\n');
    const opened = rig
      .read('trace')
      .split('\n')
      .filter((line) => line.includes(path));
    expect(opened).toHaveLength(1);
    expect(opened[0]).not.toContain('O_CREAT');
  });
});

test("the host's folder is as open as /tmp", () => {
  const folder = hostLockFolder();
  if (!folder.ok) throw new Error(JSON.stringify(folder.error));
  expect(statSync(folder.value).mode & 0o7777).toBe(0o1777);
  expect(hostLockFolder()).toEqual(folder);
});
