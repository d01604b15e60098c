/** One supervisor for each set, and a socket for its owner alone. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Rig, until } from '../support/rig.ts';

const TWO = `PRODUCTION_PROCESSES:
  a: {BACKEND: Command, CMD: [sleep, 1000]}
  b: {BACKEND: Command, CMD: [sleep, 1000]}
`;

const socketOf = (rig: Rig): string => {
  const [name] = readdirSync(join(rig.folder, 'run')).filter((one) => one.endsWith('.sock'));
  return join(rig.folder, 'run', name ?? 'none');
};

async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
): Promise<[number, string]> {
  return new Promise((done, refuse) => {
    const message = request({ socketPath, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => done([response.statusCode ?? 0, text]));
    });
    message.once('error', refuse);
    message.end(body);
  });
}

describe('one supervisor for each process', () => {
  test('of three concurrent starts one wins and two say who', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const starts = [1, 2, 3].map(() => rig.start(['start', '--all']));
    const losers = await until(() => {
      const over = starts.filter((start) => start.over);
      return over.length === 2 && over;
    }, 'two to give up');
    const winner = starts.find((start) => !start.over);
    for (const loser of losers) {
      const { code, stderr } = await loser.ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        new RegExp(
          `^error: a of ${rig.folder}/prodserver\\.yaml is supervised by pid ${winner?.pid} since \\S+Z \\[already-running\\]\n` +
            '  see "prodserver status"; end it with "prodserver stop"\n$',
        ),
      );
    }
    await winner?.says(/b\.1 STARTING -> RUNNING/);
    winner?.kill('SIGTERM');
    await winner?.ended;
  });

  test('two sets of one manifest run side by side, an overlap is refused, SIGKILL leaves no lock', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const a = rig.start(['start', 'a']);
    const b = rig.start(['start', 'b']);
    await a.says(/a\.1 STARTING -> RUNNING/);
    await b.says(/b\.1 STARTING -> RUNNING/);
    const rows = await rig.status();
    expect(Object.fromEntries(rows.map((row) => [row.instance, row.supervisor_pid]))).toEqual({
      'a.1': a.pid,
      'b.1': b.pid,
    });
    const both = await rig.run(['start', '--all']);
    expect(both.stderr).toContain(`a of ${rig.folder}/prodserver.yaml is supervised by pid ${a.pid}`);
    b.kill('SIGKILL');
    await b.ended;
    const again = rig.start(['start', 'b']);
    await again.says(/b\.1 STARTING -> RUNNING/);
    const stopped = await rig.run(['stop']);
    expect(stopped).toMatchObject({ code: 0 });
    expect(stopped.stdout.split('\n').toSorted()).toEqual(['', 'a.1: stopped', 'b.1: stopped']);
    expect((await a.ended).code).toBe(0);
    expect((await again.ended).code).toBe(0);
  });
});

describe('commands on a running supervisor', () => {
  test('stop NAME stops that one, and the supervisor stays', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const start = rig.start(['start', '--all']);
    await start.says(/b\.1 STARTING -> RUNNING/);
    const stopped = await rig.run(['stop', 'a', '--json']);
    expect(JSON.parse(stopped.stdout)).toEqual({ stopped: ['a.1'] });
    const status = await rig.run(['status']);
    expect(status.code).toBe(3);
    expect(status.stdout).toMatch(/^a\.1 +STOPPED {3}stopped by order\nb\.1 +RUNNING/);
    const unknown = await rig.run(['stop', 'aa']);
    expect(unknown).toMatchObject({ code: 4, stdout: '' });
    expect(unknown.stderr).toBe(
      'error: no supervisor has a process "aa"; did you mean "a"? [process-not-running-here]\n  they have: a, b\n',
    );
    expect((await rig.run(['stop'])).code).toBe(0);
    const ended = await start.ended;
    expect(ended.code).toBe(0);
    const after = await rig.run(['status']);
    expect(after.code).toBe(4);
  });

  test('plan --running shows what the supervisor has, not what the file says by now; --diff what differs', async () => {
    const rig = new Rig();
    const withSecret = TWO.replace('1000]', '1000], ENV: {SECRET: hunter2}');
    rig.manifest(withSecret);
    const start = rig.start(['start', 'a']);
    await start.says(/a\.1 STARTING -> RUNNING/);
    const [, answer] = await call(socketOf(rig), 'GET', '/v1/plan');
    expect(answer).toContain('"SECRET":"***"');
    expect(answer).not.toContain('hunter2');
    const same = await rig.run(['plan', '--diff']);
    expect([same.code, same.stdout.replaceAll(realpathSync(rig.folder), 'FOLDER')]).toEqual([
      0,
      'FOLDER/prodserver.yaml\n\nno difference\n\nno supervisor was asked to run b\n',
    ]);
    rig.manifest(withSecret.replace('hunter2', 'hunter3'));
    const other = await rig.run(['plan', '--diff', '--json']);
    expect([other.code, other.stdout.includes('hunter')]).toEqual([1, false]);
    expect(JSON.parse(other.stdout)).toMatchObject({
      changed: [{ instance: 'a.1', env: { changed: ['SECRET'] }, argv: { changed: [] } }],
    });
    rig.manifest(TWO.replaceAll('1000', '2000'));
    const argv = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await rig.run(['plan', '--json', ...args]);
      return (JSON.parse(stdout) as { processes: { argv: string[] }[] }).processes.map((one) =>
        one.argv.join(' '),
      );
    };
    expect(await argv()).toEqual(['sleep 2000', 'sleep 2000']);
    expect(await argv('--running')).toEqual(['sleep 1000']);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('stop shows progress, and --timeout gives up waiting while the stop goes on', async () => {
    const rig = new Rig();
    rig.write('main.sh', `trap '' TERM\nwhile [ ! -e enough ]; do sleep 0.1; done\n`);
    rig.manifest(
      'PRODUCTION_PROCESSES:\n  job: {BACKEND: Command, CMD: [sh, main.sh], STOP: {timeout: 60s}}\n',
    );
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> RUNNING/);
    const gaveUp = await rig.run(['stop', 'job', '--timeout', '1s']);
    expect(gaveUp.code).toBe(1);
    expect(gaveUp.stderr).toBe(
      'error: job.1 not stopped after 1 s [stop-timeout]\n  it goes on stopping; see "prodserver status"\n',
    );
    const waiting = rig.start(['stop', 'job']);
    await until(() => /^job\.1: stopping, pid \d+, \d+ s$/m.test(waiting.stderr), 'progress');
    rig.write('enough', '');
    const waited = await waiting.ended;
    expect(waited.code).toBe(0);
    expect(waited.stdout).toBe('job.1: stopped\n');
    // The only process of the set has ended, so the supervisor has too.
    expect((await start.ended).code).toBe(0);
  });
});

describe('the socket', () => {
  test('is for its owner alone, and refuses what it does not understand', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const start = rig.start(['start', '--all']);
    await start.says(/b\.1 STARTING -> RUNNING/);
    const socket = socketOf(rig);
    expect((statSync(socket).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(join(rig.folder, 'run')).mode & 0o777).toString(8)).toBe('700');
    expect(await call(socket, 'GET', '/nowhere')).toEqual([
      404,
      '{"protocol":1,"error":"no such request: GET /nowhere"}\n',
    ]);
    expect(await call(socket, 'POST', '/v1/stop', '{"names":')).toEqual([
      400,
      '{"protocol":1,"error":"the body is no JSON"}\n',
    ]);
    expect(await call(socket, 'POST', '/v1/stop', '{"names":7}')).toEqual([
      400,
      '{"protocol":1,"error":"names must be a list of names, or null; asker a pid, or nothing"}\n',
    ]);
    expect(await call(socket, 'POST', '/v1/stop', 'x'.repeat(2_000_000))).toEqual([
      413,
      '{"protocol":1,"error":"the body is larger than 1048576 bytes"}\n',
    ]);
    expect((await rig.status()).map((row) => row.state)).toEqual(['RUNNING', 'RUNNING']);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a path that is too long is refused with the remedy', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const folder = join(rig.folder, 'x'.repeat(90));
    const ended = await rig.run(['start', '--all'], { env: { PRODSERVER_RUNTIME_DIR: folder } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^error: the socket path \S+\.sock has \d+ bytes; 107 is the most \[socket-path-long\]\n {2}give a shorter folder in PRODSERVER_RUNTIME_DIR\n$/,
    );
  });

  test('the socket of a dead supervisor is cleared away', async () => {
    const rig = new Rig();
    rig.manifest(TWO);
    const start = rig.start(['start', '--all']);
    await start.says(/b\.1 STARTING -> RUNNING/);
    const socket = socketOf(rig);
    start.kill('SIGKILL');
    await start.ended;
    expect((await rig.run(['status'])).code).toBe(4);
    expect(() => statSync(socket)).toThrow('ENOENT');
  });
});
