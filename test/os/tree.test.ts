/** Trees of real processes. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/os/clock.ts';
import { readProc } from '../../src/os/proc.ts';
import { newTree, type Tree } from '../../src/os/tree.ts';
import { alive, Rig, until } from '../support/rig.ts';
import { program, start } from './support.ts';

/** What an instance puts into the environment of its runs; none of these has it. */
const NO_MARK = 'none';

const live = (rig: Rig): number[] => rig.survivors().filter(alive);

const sleepers = (rig: Rig): number[] =>
  live(rig).filter((pid) => readProc(`/proc/${pid}/comm`) === 'sleep\n');

const swept = async (tree: Tree): Promise<void> => new Promise((done) => tree.sweep(done));

/** A shell with a child, one in a session of its own, and an orphan that two forks left behind. */
const FAMILY = 'sleep 1000 & setsid sleep 1000 & (sh -c "sleep 1000 &") & wait';

describe('a tree', () => {
  test('its members are every descendant, the main process first; kill ends them all', async () => {
    const rig = new Rig();
    const shell = await start(rig, ['sh', '-c', FAMILY]);
    const tree = newTree(shell.pid, systemClock, 'unknown', NO_MARK);
    await until(() => sleepers(rig).length === 3 && live(rig).length === 4, 'three sleepers and their shell');
    expect(tree.members()[0]).toBe(shell.pid);
    expect(new Set(tree.members())).toEqual(new Set(live(rig)));
    tree.kill();
    expect(await shell.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await until(() => live(rig).length === 0, 'all to be gone');
    expect(tree.members()).toEqual([]);
  });

  test('one that was seen is known by its pid after it has lost its parent', async () => {
    const rig = new Rig();
    const shell = await start(rig, ['sh', '-c', FAMILY]);
    const tree = newTree(shell.pid, systemClock, 'unknown', NO_MARK);
    await until(() => sleepers(rig).length === 3 && live(rig).length === 4, 'three sleepers and their shell');
    tree.members();
    process.kill(shell.pid, 'SIGKILL');
    await shell.exited;
    expect(new Set(tree.members())).toEqual(new Set(sleepers(rig)));
    await swept(tree);
    expect(live(rig)).toEqual([]);
  });

  test('a signal is for the main process only, and wakes it where it is stopped', async () => {
    const rig = new Rig();
    const shell = await start(rig, ['sh', '-c', 'sleep 1000 & exec sleep 1001']);
    const tree = newTree(shell.pid, systemClock, 'unknown', NO_MARK);
    await until(() => sleepers(rig).length === 2, 'both sleepers');
    process.kill(shell.pid, 'SIGSTOP');
    tree.signal('SIGTERM');
    expect(await shell.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(sleepers(rig)).toHaveLength(1);
  });

  test('a signal to one that is gone does nothing', async () => {
    const child = await start(new Rig(), ['true']);
    const tree = newTree(child.pid, systemClock, 'unknown', NO_MARK);
    await child.exited;
    tree.signal('SIGTERM');
    tree.kill();
  });
});

describe('a sweep', () => {
  test.each([true, false])('answers at once when nothing is left (subreaper: %s)', async (subreaper) => {
    const child = await start(new Rig(), ['true']);
    const tree = newTree(child.pid, systemClock, subreaper ? 'own' : 'unknown', NO_MARK);
    await child.exited;
    let answered = false;
    tree.sweep(() => (answered = true));
    expect(answered).toBe(true);
  });

  test('kills what outlives the main process, and then answers', async () => {
    const rig = new Rig();
    const shell = await start(rig, ['sh', '-c', 'sleep 1000 & sh -c "sleep 1000 &"; exit 3']);
    const tree = newTree(shell.pid, systemClock, 'unknown', NO_MARK);
    expect(await shell.exited).toEqual({ code: 3, signal: null });
    await until(() => sleepers(rig).length === 2, 'both sleepers');
    await swept(tree);
    expect(live(rig)).toEqual([]);
  });
});

/** Leaves its session and its parent: the subreaper adopts it, and the mark tells whose it is. */
const DAEMON = `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(1000)
    os._exit(0)
os.wait()
time.sleep(1000)
`;

/** Starts the daemon below a subreaper, ends its tree, and says whether the daemon outlived that. */
async function outlives(rig: Rig, end: string): Promise<string> {
  rig.write('daemon.py', DAEMON);
  const path = program(
    rig,
    `import { systemClock } from '$os/clock.ts';
    import { isAlive } from '$os/proc.ts';
    import { startReaper } from '$os/reaper.ts';
    import { spawnChild } from '$os/spawn.ts';
    import { newTree } from '$os/tree.ts';
    const { adopts } = startReaper();
    const order = { argv: ['python3', 'daemon.py'], env: { PRODSERVER_INSTANCE: 'daemon' }, cwd: process.cwd(), extra: [] };
    const child = (await spawnChild(order)).value;
    const tree = newTree(child.pid, systemClock, adopts ? 'own' : 'unknown', 'daemon');
    const daemon = Number(await new Promise((done) => child.stdout.once('data', done)));
    ${end}
    await child.exited;
    await new Promise((done) => tree.sweep(done));
    console.log(isAlive(daemon) ? 'outlived' : 'gone');
    process.exit();`,
  );
  const { stdout, stderr } = await rig.spawn([process.execPath, path]).ended;
  return stdout.trim() || stderr;
}

describe('a daemon that left the session by a double fork', () => {
  test('does not outlive a kill of the tree', async () => {
    expect(await outlives(new Rig(), 'tree.kill();')).toBe('gone');
  });

  test('does not outlive the sweep after its main process', async () => {
    expect(await outlives(new Rig(), `process.kill(child.pid, 'SIGKILL');`)).toBe('gone');
  });
});
