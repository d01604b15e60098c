/** A program that outlives neither its lease nor its dead-man, whatever it does about signals. */
import { readFileSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alive, Rig, tryKill, until } from '../support/rig.ts';
import { bootNow, Deadman, far, FENCE, recordOf } from './deadman.ts';
import { descriptorsOf } from './harness.ts';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];

/** Says which signals it gets, and goes on. */
const STUBBORN = sh(`
for name in TERM INT HUP QUIT USR1 USR2 WINCH; do trap "echo got $name" $name; done
echo pid $$
while :; do sleep 0.05; done`);

/** Leaves one behind in its own group, and one in a session of its own, whose parent is gone. */
const LEAVING = `
sleep 1000 & echo near $!
(setsid sleep 1000 & echo far $!)`;

const gone = async (...pids: number[]): Promise<true> =>
  until(() => !pids.some(alive), `the processes ${pids.join()} to end`);

const soon = (stop: number, kill: number): { stop: number; kill: number } => {
  const now = bootNow();
  return { stop: now + stop, kill: now + kill };
};

test('the program is the leader of its group, with its descriptors, and without what is the dead-man’s', async () => {
  const rig = new Rig();
  const script =
    'echo pid $$; echo fd $PRODSERVER_FENCE_FD; env | grep ^PRODSERVER_ | sort; echo told; exec sleep 1000';
  const one = new Deadman(rig, far(), sh(script), { env: { PRODSERVER_LINK_FD: '9' } });
  const pid = await one.number('pid');
  const fd = await one.number('fd');
  await one.says(/told/);
  expect(one.stdout.match(/^PRODSERVER_(?!TEST|RUNTIME).*$/gm)).toEqual([
    `PRODSERVER_FENCE=${FENCE}`,
    `PRODSERVER_FENCE_FD=${fd}`,
    'PRODSERVER_LINK_FD=9',
  ]);
  expect(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ').slice(1, 3)).toEqual([
    String(one.pid),
    String(pid),
  ]);
  await until(() => readlinkSync(`/proc/${pid}/exe`).includes('sleep') || null, 'it to become sleep');
  const lease = readlinkSync(`/proc/${one.pid}/fd/3`);
  expect(descriptorsOf(pid)).not.toContain(lease);
  expect(descriptorsOf(pid).some((name) => name.includes('prodserver-fence'))).toBe(true);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  expect(status).toMatch(/^SigBlk:\t0+$/m);
  expect(status).toMatch(/^SigIgn:\t0+$/m);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
});

test('the record follows the deadlines', async () => {
  const rig = new Rig();
  const first = far();
  const one = new Deadman(rig, first, sh('echo pid $$; echo fd $PRODSERVER_FENCE_FD; exec sleep 1000'));
  const pid = await one.number('pid');
  const fd = await one.number('fd');
  expect(recordOf(pid, fd)).toEqual({ fence: BigInt(FENCE), stop: first.stop, sound: true });
  const later = { stop: first.stop + 5.5, kill: first.kill + 5.5 };
  one.feed(later);
  await until(() => recordOf(pid, fd).stop === later.stop, 'the record to change');
  expect(recordOf(pid, fd)).toEqual({ fence: BigInt(FENCE), stop: later.stop, sound: true });
  one.kill('SIGKILL');
  await gone(pid);
});

test('TERM once at `stop`, KILL of all that descends from it at `kill`', async () => {
  const rig = new Rig();
  const script = `trap "echo got TERM" TERM; ${LEAVING}; echo pid $$; while :; do sleep 0.05; done`;
  const one = new Deadman(rig, far(), sh(script));
  const near = await one.number('near');
  const escaped = await one.number('far');
  const pid = await one.number('pid');
  const deadlines = soon(0.5, 1);
  one.feed(deadlines);
  await one.says(/got TERM/);
  expect(bootNow()).toBeGreaterThanOrEqual(deadlines.stop - 0.02);
  expect(await one.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(bootNow()).toBeGreaterThanOrEqual(deadlines.kill - 0.02);
  expect([pid, near, escaped].filter(alive)).toEqual([]);
  expect(one.stdout.match(/got TERM/g)).toHaveLength(1);
  expect(one.stderr.split('\n')).toEqual([
    `prodserver: lease not renewed: TERM to /bin/sh (pid ${pid})`,
    `prodserver: lease not renewed: KILL to /bin/sh (pid ${pid}) and all that it started`,
    '',
  ]);
});

test('a program that ends on TERM takes nothing with it that lives on', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), sh(`${LEAVING}; trap "exit 3" TERM; while :; do sleep 0.05; done`));
  const left = [await one.number('near'), await one.number('far')];
  one.feed(soon(0.2, 500));
  expect(await one.ended).toMatchObject({ code: 3, signal: null });
  expect(left.filter(alive)).toEqual([]);
});

test('renewed deadlines replace the old ones', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  await one.number('pid');
  const first = soon(1.5, 1.6);
  one.feed(first);
  one.feed(far());
  await until(() => bootNow() > first.kill + 0.3, 'the first deadlines to pass');
  expect(one.over).toBe(false);
  expect(one.stdout).not.toContain('got');
  one.feed(soon(0, 0));
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
});

test('once it has told the program to stop, a later line may bring the end nearer, not put it off', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  await one.number('pid');
  const end = soon(0, 1);
  one.feed(end);
  await one.says(/got TERM/);
  one.feed(far());
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(bootNow()).toBeGreaterThanOrEqual(end.kill - 0.02);

  const two = new Deadman(rig, far(), STUBBORN);
  await two.number('pid');
  two.feed(soon(0, 600));
  await two.says(/got TERM/);
  two.feed(soon(0, 0.1));
  expect(await two.ended).toMatchObject({ signal: 'SIGKILL' });
});

test('a lost supervisor: TERM at once, KILL at the deadline where that comes within 10 s', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  const pid = await one.number('pid');
  const end = soon(2, 2);
  one.feed(end);
  one.hangUp();
  await one.says(/got TERM/);
  expect(bootNow()).toBeLessThan(end.kill);
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(bootNow()).toBeGreaterThanOrEqual(end.kill - 0.02);
  expect(one.stderr).toContain(`prodserver: the supervisor is gone: TERM to /bin/sh (pid ${pid})\n`);
});

test('a lost supervisor: KILL after 10 s where the deadline is far', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  await one.number('pid');
  one.hangUp();
  await one.says(/got TERM/);
  const told = bootNow();
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(bootNow() - told).toBeGreaterThan(9);
  expect(bootNow() - told).toBeLessThan(20);
});

test('the death of the dead-man is that of the program', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  const pid = await one.number('pid');
  one.kill('SIGKILL');
  await gone(pid);
});

test('a dead-man that was stopped past the deadlines acts on them as it goes on', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  const pid = await one.number('pid');
  one.kill('SIGSTOP');
  const deadlines = soon(0.1, 0.2);
  one.feed(deadlines);
  await until(() => bootNow() > deadlines.kill, 'the deadlines to pass');
  expect(alive(pid)).toBe(true);
  one.kill('SIGCONT');
  await gone(pid);
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
});

test('a dead-man that was stopped while the lease was renewed goes on with the last deadlines', async () => {
  const rig = new Rig();
  const one = new Deadman(rig, far(), STUBBORN);
  const pid = await one.number('pid');
  one.kill('SIGSTOP');
  const deadlines = soon(0.1, 0.2);
  // As many as a socket holds: what still waits in here cannot be read over there.
  for (let line = 0; line < 100; line++) one.feed(deadlines);
  one.feed(far());
  await until(() => bootNow() > deadlines.kill, 'the deadlines to pass');
  one.kill('SIGCONT');
  one.kill('SIGUSR1');
  await one.says(/got USR1/);
  expect(alive(pid)).toBe(true);
  expect(one.stdout).not.toContain('got TERM');
  one.kill('SIGKILL');
  await gone(pid);
});

test('signals go to the program, and to it alone', async () => {
  const rig = new Rig();
  const script = `(trap "echo child got" USR1; echo ready; while :; do sleep 0.05; done) &
    for name in TERM INT HUP QUIT USR1 USR2 WINCH; do trap "echo got $name" $name; done
    echo pid $$; while :; do sleep 0.05; done`;
  const one = new Deadman(rig, far(), sh(script));
  const pid = await one.number('pid');
  await until(() => one.stdout.includes('ready'), 'its child to be ready');
  for (const name of ['HUP', 'USR1', 'USR2', 'WINCH', 'INT', 'QUIT', 'TERM']) {
    one.kill(`SIG${name}` as NodeJS.Signals);
    await one.says(new RegExp(`^got ${name}$`, 'm'));
  }
  expect(one.stdout).not.toContain('child got');
  tryKill(pid);
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
});

test.each([
  ['exit 0', { code: 0, signal: null }],
  ['exit 73', { code: 73, signal: null }],
  ['kill -TERM $$', { code: null, signal: 'SIGTERM' }],
  ['kill -SEGV $$', { code: null, signal: 'SIGSEGV' }],
  ['kill -INT $$', { code: null, signal: 'SIGINT' }],
  ['kill -KILL $$', { code: null, signal: 'SIGKILL' }],
])('it ends as the program does: %s', async (script, end) => {
  const one = new Deadman(new Rig(), far(), sh(script));
  expect(await one.ended).toMatchObject({ ...end, stderr: '' });
});

test('lines that are garbled, or of another fence, change nothing and are told once', async () => {
  const rig = new Rig();
  const first = far();
  const one = new Deadman(rig, first, sh('echo pid $$; echo fd $PRODSERVER_FENCE_FD; exec sleep 1000'));
  const pid = await one.number('pid');
  const fd = await one.number('fd');
  const now = bootNow();
  for (const line of [
    'x',
    '',
    '{}',
    '[1]',
    'null',
    '{"v":1}',
    '\u{1F980}',
    `{"v":2,"fence":${FENCE},"stop":${now},"kill":${now}}`,
    `{"v":1,"fence":${FENCE},"stop":NaN,"kill":${now}}`,
    `{"v":1,"fence":${FENCE},"stop":${now},"kill":1e999}`,
    `{"v":1,"fence":${FENCE},"stop":${now + 9},"kill":${now}}`,
    `{"v":1,"fence":${FENCE},"stop":-1,"kill":${now}}`,
    `{"v":1,"fence":"${FENCE}","stop":${now},"kill":${now}}`,
    `{"v":1,"fence":${FENCE}.0,"stop":${now},"kill":${now}}`,
    'a'.repeat(100_000),
  ]) {
    one.feed(line);
  }
  one.feed({ fence: FENCE + 1, stop: now, kill: now });
  const last = { stop: first.stop + 1, kill: first.kill + 1 };
  one.feed(last);
  await until(() => recordOf(pid, fd).stop === last.stop, 'the sound line to be taken');
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({
    signal: 'SIGTERM',
    stderr: 'prodserver: a message about the lease was not understood, and is ignored\n',
  });
});

test.each([
  [['./missing'], 127, /^prodserver: \.\/missing cannot be executed: No such file or directory\n$/],
  [['no-such-program'], 127, /^prodserver: no-such-program cannot be executed: .*\n$/],
  [['/etc/passwd'], 126, /^prodserver: \/etc\/passwd cannot be executed: Permission denied\n$/],
  [[], 125, /^prodserver: usage: .*\n$/],
])('it cannot be executed: %j', async (argv, code, said) => {
  const one = new Deadman(new Rig(), far(), argv);
  const end = await one.ended;
  expect(end.code).toBe(code);
  expect(end.stderr).toMatch(said);
});

test.each([
  ['garbled deadlines', 'soon', {}],
  ['no descriptor', far(), { PRODSERVER_LEASE_FD: '77' }],
  ['a lease that has run out', { stop: 1, kill: 2 }, {}],
])('nothing is started with %s', async (_what, first, env) => {
  const one = new Deadman(new Rig(), first, sh('echo started'), { env });
  const end = await one.ended;
  expect(end).toMatchObject({ code: 125, stdout: '' });
  expect(end.stderr).toMatch(/^prodserver: .*\n$/);
});

test('it kills in time though nobody reads what it has to say', async () => {
  const rig = new Rig();
  const flood = 'trap "" TERM; echo pid $$; exec 1>&2; yes "" & while :; do sleep 0.05; done';
  const one = new Deadman(rig, far(), sh(flood));
  const pid = await one.number('pid');
  one.child.stderr?.pause();
  one.feed(soon(0.3, 0.6));
  await gone(pid);
  one.child.stderr?.resume();
  expect(await one.ended).toMatchObject({ signal: 'SIGKILL' });
});
