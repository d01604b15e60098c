/** What READY waits for, and what LIVE sees: real servers, programs and files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { freePort, Rig, until } from '../support/rig.ts';

const manifest = (entries: Readonly<Record<string, string>>): string =>
  `PRODUCTION_PROCESSES:\n${Object.entries(entries)
    .map(([name, body]) => `  ${name}: {BACKEND: Command, ${body}}\n`)
    .join('')}`;

/** Answers with the status that stands in a file; "hang": not at all. */
const SERVER = `
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answer = open("answer").read().strip()
        while answer == "hang":
            time.sleep(0.05)
            answer = open("answer").read().strip()
        self.send_response(int(answer))
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`;

describe('LIVE', () => {
  test.each([
    ['503', 'status 503'],
    ['hang', 'no answer'],
  ])('a server that answers with %s three times is started again', async (answer, got) => {
    const rig = new Rig();
    const port = await freePort();
    rig.write('server.py', SERVER);
    rig.write('answer', '200');
    rig.manifest(
      manifest({
        web: `CMD: [python3, server.py, "${port}"], READY: {http: /up}, LIVE: {http: /live, period: 200ms, timeout: 300ms}`,
      }),
    );
    const start = rig.start(['start', '--all']);
    const [, first] = await start.says(/web\.1 STARTING -> RUNNING \(pid (\d+)/);
    rig.write('answer', answer);
    const [, condemned] = await start.says(
      new RegExp(
        `web\\.1 RUNNING -> STOPPING \\(unresponsive \\(GET http://127\\.0\\.0\\.1:${port}/live: ${got}, 3 times\\): SIGTERM to pid (\\d+), up to 10 s\\)`,
      ),
    );
    expect(condemned).toBe(first);
    rig.write('answer', '200');
    const [, second] = await start.says(/web\.1 STOPPING -> STARTING \(pid (\d+)\)/);
    expect(second).not.toBe(first);
    await start.says(/web\.1 STARTING -> RUNNING/);
    const [row] = await rig.status();
    expect(row).toMatchObject({ state: 'RUNNING', restarts: 1, attempt: 1 });
    expect(row?.exits).toEqual([
      expect.objectContaining({ pid: Number(first), code: null, signal: 'SIGTERM', reason: 'unresponsive' }),
    ]);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('one bad answer is none', async () => {
    const rig = new Rig();
    rig.write('probe.sh', 'n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; [ $((n % 3)) -ne 1 ]\n');
    rig.manifest(
      manifest({
        job: 'CMD: [sleep, "1000"], LIVE: {command: [sh, probe.sh], period: 50ms, failures: 2}',
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STARTING -> RUNNING/);
    await until(() => readdirSync(rig.folder).includes('n') && Number(rig.read('n')) > 9, 'ten looks');
    expect((await rig.status())[0]).toMatchObject({ state: 'RUNNING', restarts: 0 });
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a frozen process is killed by the last rung, and the reason is kept while it waits', async () => {
    const rig = new Rig();
    rig.write('beat.sh', 'while :; do touch alive; sleep 0.05; done\n');
    rig.manifest(
      manifest({
        job: 'CMD: [sh, beat.sh], STOP: {timeout: 1s}, READY: {file: alive}, LIVE: {file: alive, max-age: 500ms, period: 100ms, failures: 1}, RESTART: {policy: never}',
      }),
    );
    const start = rig.start(['start', '--all']);
    const [, pid] = await start.says(/job\.1 STARTING -> RUNNING \(pid (\d+)/);
    process.kill(Number(pid), 'SIGSTOP');
    await start.says(
      /job\.1 RUNNING -> STOPPING \(unresponsive \(\S+\/alive: last written [01] s ago\): SIGTERM/,
    );
    const ended = await start.ended;
    expect(ended.stdout).toMatch(/job\.1 STOPPING -> EXITED \(ended by SIG(TERM|KILL)/);
  });

  test('a probe that hangs is killed with all that it started, and does not overlap itself', async () => {
    const rig = new Rig();
    rig.write('probe.sh', 'echo $$ >> probes; sleep 1000 & sleep 1000\n');
    rig.manifest(
      manifest({
        job: 'CMD: [sleep, "2000"], LIVE: {command: [sh, probe.sh], period: 50ms, timeout: 300ms, failures: 3}',
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 RUNNING -> STOPPING \(unresponsive \(sh: no end in time, 3 times\): SIGTERM/);
    await start.says(/job\.1 STOPPING -> STARTING/);
    expect(rig.read('probes').trim().split('\n')).toHaveLength(3);
    const commands = rig.survivors().map((pid) => commandLine(pid));
    expect(commands.filter((text) => text === 'sleep 1000')).toEqual([]);
    start.kill('SIGTERM');
    await start.ended;
    expect(rig.survivors()).toEqual([]);
  });

  test('a Celery worker is asked for its stacks before it is ended', async () => {
    const rig = new Rig();
    rig.manifest(`PRODUCTION_PROCESSES:
  worker:
    BACKEND: CeleryWorker
    APP: app
    ARGS: {pool: threads, concurrency: 1, without-mingle: true, without-gossip: true}
    LIVE: {file: never-written, period: 300ms, failures: 1}
SUPERVISOR: {python: ${inject('python')}}
`);
    rig.write(
      'app.py',
      `from celery import Celery
app = Celery("live", broker="filesystem://")
app.conf.broker_transport_options = {"data_folder_in": ".", "data_folder_out": ".", "control_folder": "."}
`,
    );
    const start = rig.start(['start', 'worker']);
    await start.says(
      /worker\.1 RUNNING -> STOPPING \(unresponsive \(\S+\/never-written: there is none\): SIGTERM/,
    );
    await start.says(/worker\.1 +\| .*MainThread/);
    await start.says(/worker\.1 STOPPING -> STARTING/);
    start.kill('SIGQUIT');
    await start.ended;
  });
});

describe('READY', () => {
  test('a program decides, in the folder and with the environment of the process', async () => {
    const rig = new Rig();
    rig.write('sub/marker', '');
    rig.manifest(
      manifest({
        job: `CMD: [sleep, "1000"], CWD: sub, ENV: {WORD: yes}, READY: {command: [sh, -c, 'echo "looked as $WORD"; test -e marker && test -e ../go'], period: 100ms}`,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 STOPPED -> STARTING/);
    expect((await rig.status())[0]).toMatchObject({ state: 'STARTING' });
    rig.write('go', '');
    await start.says(/job\.1 STARTING -> RUNNING/);
    // What a probe says is nobody's log.
    expect(start.stdout).not.toContain('looked as');
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a file that an earlier run wrote does not count', async () => {
    const rig = new Rig();
    rig.write('up', '');
    await until(() => Date.now() - mtime(`${rig.folder}/up`) > 100, 'the file to be old');
    rig.manifest(
      manifest({ job: `CMD: [sh, -c, 'echo here; read x < wait; touch up; sleep 1000'], READY: {file: up}` }),
    );
    await rig.spawn(['mkfifo', 'wait']).ended;
    const start = rig.start(['start', '--all']);
    await start.says(/job\.1 +\| here/);
    expect((await rig.status())[0]).toMatchObject({ state: 'STARTING' });
    rig.spawn(['sh', '-c', 'echo > wait']);
    await start.says(/job\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    await start.ended;
  });

  test('a port counts where a child of a script listens on it', async () => {
    const rig = new Rig();
    const port = await freePort();
    rig.write('server.py', SERVER);
    rig.manifest(
      manifest({
        web: `CMD: [sh, -c, 'python3 server.py ${port}; exit 1'], READY: {tcp: "127.0.0.1:${port}"}`,
      }),
    );
    const start = rig.start(['start', '--all']);
    await start.says(/web\.1 STARTING -> RUNNING/);
    start.kill('SIGTERM');
    await start.ended;
    expect(rig.survivors()).toEqual([]);
  });
});

const mtime = (path: string): number => statSync(path).mtimeMs;

const commandLine = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').join(' ').trim();
  } catch {
    return ''; // gone
  }
};
