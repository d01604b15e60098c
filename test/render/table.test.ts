/** The table of all failures: words for each, and the exit codes of the design's section 5. */
import { describe, expect, test } from 'vitest';
import { failure, severityOf, type Code } from '../../src/model/failure.ts';
import { exitCodeOf, renderFailure, TABLE } from '../../src/render/failures.ts';
import { acrossWords } from '../../src/render/words-across.ts';
import { backendWords } from '../../src/render/words-backends.ts';
import { deepWords } from '../../src/render/words-deep.ts';
import { manifestWords } from '../../src/render/words-manifest.ts';
import { settingsWords } from '../../src/render/words-settings.ts';
import { socketWords } from '../../src/render/words-sockets.ts';
import { EXIT } from '../../src/render/words.ts';
import { SAMPLES } from '../docs/samples.ts';
import { NO_LEASE } from '../support/spec.ts';

/** Shown by the tests of manifests and of Django settings. */
const ELSEWHERE = { ...manifestWords, ...backendWords, ...settingsWords, ...deepWords, ...acrossWords };

const CODES = Object.keys(TABLE) as Code[];

test('the exit codes of the design', () => {
  expect(EXIT).toEqual({ ok: 0, failure: 1, usage: 2, someDown: 3, unknown: 4, lockHeld: 75, manifest: 78 });
});

describe.each(CODES)('%s', (code) => {
  test('has a sentence on what it means', () => {
    expect(TABLE[code].about).toMatch(/^\S.*\.$/);
  });

  test('has an exit code that is no success', () => {
    expect([1, 2, 4, 75, 78]).toContain(TABLE[code].exit);
  });

  test('is spelled as its key', () => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});

test('whatever is wrong with a manifest exits 78', () => {
  const others = Object.entries(ELSEWHERE).filter(([, words]) => words.exit !== EXIT.manifest);
  expect(others).toEqual([]);
});

test.each([
  ['usage', 2],
  ['name-needed', 2],
  ['process-unknown', 2],
  ['supervisor-missing', 4],
  ['process-not-running-here', 4],
  ['lock-held', 75],
  ['already-running', 1],
  ['internal', 1],
] as const)('%s exits %i', (code, exit) => {
  expect(TABLE[code].exit).toBe(exit);
});

test('the warnings', () => {
  expect(CODES.filter((code) => severityOf(code) === 'warning').toSorted()).toEqual([
    'address-shared',
    'broker-alternate',
    'children-churn',
    'children-unseen',
    'link-silent',
    'log-not-rotated',
    'log-refused',
    'manager-untold',
    'manifest-empty',
    'memory-exceeded',
    'option-ignored',
    'option-otherwise',
    'option-spelling',
    'option-unwise',
    'parent-death-missing',
    'pss-unreadable',
    'results-unreachable',
    'runtime-removed',
    'schedule-task-foreign',
    'secret-plain',
    'slots-stuck',
    'socket-elsewhere',
    'socket-key',
    'socket-spare',
    'socket-unused',
    'stop-signal',
    'subreaper-missing',
    'watch-refused',
  ]);
});

test('what is said where nothing is wrong', () => {
  expect(CODES.filter((code) => severityOf(code) === 'info')).toEqual(['stop-long']);
});

const EXIT_1 = { code: 1, signal: null };
const KILLED = { code: null, signal: 'SIGKILL' };
const HOLDER = {
  ...NO_LEASE,
  pid: 42,
  supervisorPid: 41,
  since: '2026-11-21T03:00:00Z',
  manifest: '/p.yaml',
  file: '/run/lock/x',
};
const LEASED = { file: 'redis://cache:6379/0 billing', host: 'app-1', fence: 12, expiresInMs: 22_000 };
const RUNTIME = [
  failure('usage', { detail: '--format must be one of text, json, not "xml"' }),
  failure('nothing-to-start', { manifest: '/p.yaml' }),
  failure('name-needed', { names: ['web', 'worker'] }),
  failure('process-unknown', { name: 'wroker', near: 'worker', names: ['web', 'worker'] }),
  failure('process-unknown', { name: 'x', near: null, names: ['web'] }),
  failure('platform-unsupported', { platform: 'darwin' }),
  failure('already-running', { names: ['web'], pid: 12, since: '2026-11-21T03:00:00Z', manifest: '/p.yaml' }),
  failure('already-running', { names: ['a', 'b', 'c'], pid: null, since: null, manifest: '/p.yaml' }),
  failure('runtime-folder', { path: '/run/prodserver', detail: 'it belongs to user 12' }),
  failure('runtime-removed', { paths: ['/run/prodserver/x.1.sock'] }),
  failure('socket-path-long', { path: '/a/b.sock', bytes: 130, limit: 107 }),
  failure('lock-held', {
    instance: 'beat.1',
    holder: HOLDER,
  }),
  failure('lock-held', {
    instance: 'beat.1',
    holder: { ...NO_LEASE, pid: null, supervisorPid: null, since: null, manifest: null, file: '/run/lock/x' },
  }),
  failure('lock-evicted', { file: 'redis://cache:6379/0 billing', policy: 'allkeys-lru' }),
  failure('lock-unreachable', { file: 'redis://cache:6379/0 billing', detail: 'no answer within 2 s' }),
  failure('lock-missing', { name: 'web' }),
  failure('lock-missing', { name: null }),
  failure('lock-of-kernel', { instance: 'beat.1', holder: HOLDER }),
  failure('lock-unforced', { instance: 'beat.1', holder: { ...HOLDER, ...LEASED }, ms: 15_000 }),
  failure('lock-folder', { tried: ['/run/lock/prodserver', '/tmp/x'], detail: 'EACCES' }),
  failure('lock-tool', { detail: 'no flock' }),
  failure('application-silent', { app: 'shop.celery.app', output: ['waiting'], seconds: 30 }),
  failure('application-broken', { app: 'shop.celery.app', output: ['ImportError: no'], exit: EXIT_1 }),
  failure('program-missing', { program: 'celery', searched: ['/bin', '/usr/bin'] }),
  failure('program-missing', { program: '/venv/bin/python', searched: ['/venv/bin/python'] }),
  failure('program-not-executable', { program: '/x', detail: 'EACCES' }),
  failure('folder-missing', { cwd: '/x', detail: 'does not exist' }),
  failure('wait-timeout', {
    trouble: { probe: 'http', target: 'http://db/', got: 'status 500' },
    ms: 60_000,
  }),
  failure('http-open', { address: '0.0.0.0:9180' }),
  failure('http-token', { file: '/run/token', problem: 'unreadable', detail: 'ENOENT' }),
  failure('http-token', { file: '/run/token', problem: 'empty', detail: '16' }),
  failure('http-token', { file: null, problem: 'short', detail: '16' }),
  failure('http-token', { file: null, problem: 'characters', detail: '16' }),
  failure('http-refused', { address: '[::1]:9180', errno: 'EADDRINUSE' }),
  failure('http-refused', { address: '127.0.0.1:80', errno: 'EACCES' }),
  failure('http-refused', { address: '10.1.2.3:9180', errno: 'EADDRNOTAVAIL' }),
  failure('http-refused', { address: 'app:9180', errno: 'ENOTFOUND' }),
  failure('http-refused', { address: '127.0.0.1:9180', errno: 'EMFILE' }),
  failure('start-rate', { ms: 1500 }),
  failure('user-unknown', { user: 'shop' }),
  failure('group-unknown', { group: 'media' }),
  failure('user-refused', { user: 'shop', group: null, uid: 1000 }),
  failure('user-refused', { user: 'shop', group: 'media', uid: 1000 }),
  failure('user-refused', { user: null, group: 'media', uid: 1000 }),
  failure('tool-missing', { tool: 'prlimit', neededFor: 'LIMITS' }),
  failure('env-file', { path: '/x/.env', line: null, detail: 'does not exist' }),
  failure('env-file', { path: '/x/.env', line: 3, detail: 'there is no "=": write NAME=value' }),
  failure('launch-refused', {
    program: 'gunicorn',
    detail: 'setpriv: setgroups failed: Operation not permitted',
  }),
  failure('spawn-refused', { errno: 'EMFILE', detail: 'fork' }),
  failure('spawn-refused', { errno: 'EAGAIN', detail: 'fork' }),
  failure('exit-permanent', { code: 2, output: ['Usage: celery', 'Error: x'] }),
  failure('attempts-used-up', { attempts: 5, exit: KILLED, output: [] }),
  failure('start-timeout', { ms: 60_000, output: ['a', 'b'] }),
  failure('log-refused', { instance: 'web.1', file: '/var/log/web.log', errno: 'EACCES' }),
  failure('log-not-rotated', { instance: 'web.1', file: '/var/log/web.log', errno: 'EBUSY' }),
  failure('link-silent', { instance: 'worker.1', ms: 120_000 }),
  failure('successor-silent', { ms: 30_000 }),
  failure('slots-stuck', SAMPLES['slots-stuck']),
  failure('children-churn', SAMPLES['children-churn']),
  failure('pss-unreadable', { instance: 'worker.1' }),
  failure('subreaper-missing', { detail: 'koffi is not installed' }),
  failure('parent-death-missing', {}),
  failure('manager-untold', SAMPLES['manager-untold']),
  failure('watch-refused', SAMPLES['watch-refused']),
  failure('children-unseen', SAMPLES['children-unseen']),
  failure('processes-ended', { names: ['a', 'b'] }),
  failure('supervisor-missing', { manifest: '/p.yaml' }),
  failure('init-exists', { path: 'prodserver.yaml' }),
  failure('init-nothing', { folder: '/srv/shop', searched: ['supervisord.conf', 'Procfile', 'manage.py'] }),
  failure('init-empty', { path: 'Procfile' }),
  failure('init-source', { detail: 'a key stands before the first [section]' }),
  failure('init-unreadable', { path: 'supervisord.conf', errno: 'EACCES' }),
  failure('init-unwritten', { path: 'prodserver.yaml', errno: 'ENOSPC' }),
  failure('supervisor-stopping', {}),
  failure('update-refused', { supervisorPid: 4711 }),
  failure('process-not-running-here', { name: 'x', near: null, names: ['web'] }),
  failure('process-not-running-here', { name: 'x', near: null, names: [] }),
  failure('control-broken', { socket: '/run/x.sock', detail: 'ECONNRESET' }),
  failure('control-version', { socket: '/run/x.sock', theirs: 2, ours: 1 }),
  failure('stop-timeout', { instances: ['web.1', 'worker.1'], ms: 90_000 }),
  failure('restart-timeout', { instances: ['worker.2'], ms: 90_000 }),
  failure('restart-failed', { problems: ['worker.1: exit code 1', 'worker.2: left alone after that'] }),
  failure('reload-timeout', { instances: ['web.1'], ms: 90_000 }),
  failure('reload-failed', { problems: ['web.1: exit code 3', 'web.2: left alone after that'] }),
  failure('reload-unseen', { signal: 'SIGHUP', pid: 4711, old: 2, ms: 95_000 }),
  failure('reload-unseen', { signal: 'SIGHUP', pid: 4711, old: 0, ms: 95_000 }),
  failure('internal', { detail: 'x is undefined' }),
];

test('every failure of the running program, in words', () => {
  expect(RUNTIME.map(renderFailure).join('\n\n')).toMatchInlineSnapshot(`
    "error: --format must be one of text, json, not "xml" [usage]
      see prodserver --help

    error: nothing to start: /p.yaml names no process [nothing-to-start]
      add an entry below PRODUCTION_PROCESSES

    error: which processes? [name-needed]
      write "prodserver start --all", or names of: web, worker

    error: the manifest has no process "wroker"; did you mean "worker"? [process-unknown]
      it has: web, worker

    error: the manifest has no process "x" [process-unknown]
      it has: web

    error: processes cannot be supervised on darwin [platform-unsupported]
      run it on Linux or in a Linux container; check, plan and version work here

    error: web of /p.yaml is supervised by pid 12 since 2026-11-21T03:00:00Z [already-running]
      see "prodserver status"; end it with "prodserver stop"

    error: a, b and c of /p.yaml are supervised by another process [already-running]
      see "prodserver status"; end it with "prodserver stop"

    error: cannot use the runtime folder /run/prodserver: it belongs to user 12 [runtime-folder]
      give one that only this user can write, in PRODSERVER_RUNTIME_DIR

    warning: /run/prodserver/x.1.sock had been removed, and is there again [runtime-removed]
      keep cleaners of temporary files away from that folder, or name another in PRODSERVER_RUNTIME_DIR

    error: the socket path /a/b.sock has 130 bytes; 107 is the most [socket-path-long]
      give a shorter folder in PRODSERVER_RUNTIME_DIR

    error: beat.1: the lock is held by pid 42 since 2026-11-21T03:00:00Z for /p.yaml (/run/lock/x) [lock-held]
      stop that one, or start without --no-wait to take over when it ends

    error: beat.1: the lock is held by another process (/run/lock/x) [lock-held]
      stop that one, or start without --no-wait to take over when it ends

    error: no lock can be kept in redis://cache:6379/0 billing: its maxmemory-policy is allkeys-lru [lock-evicted]
      use a Redis with "maxmemory-policy noeviction" for locks

    error: the store of the lock does not answer: no answer within 2 s (redis://cache:6379/0 billing) [lock-unreachable]
      check the URL in LOCK, and that this host may connect there

    error: web takes no lock [lock-missing]
      beat always takes one; any other entry does with LOCK: {name: ...}

    error: no process of this manifest takes a lock [lock-missing]
      beat always takes one; any other entry does with LOCK: {name: ...}

    error: beat.1: the lock is held by pid 42 since 2026-11-21T03:00:00Z for /p.yaml (/run/lock/x), and a file's lock ends only with its holder [lock-of-kernel]
      stop that process: prodserver stop, or kill its pid

    error: beat.1: the lock is held by pid 42 on app-1 since 2026-11-21T03:00:00Z for /p.yaml (redis://cache:6379/0 billing, fence 12, expires in 22 s); that one may run on for 15 s after it has lost it, beside the next one [lock-unforced]
      stop that one instead; to take the lock away all the same: --force, and --yes where nobody can be asked

    error: cannot keep locks in /run/lock/prodserver and /tmp/x: EACCES [lock-folder]
      make /run/lock/prodserver writable for this user (mode 1777)

    error: cannot lock: no flock [lock-tool]
      install util-linux (the command flock), or install prodserver with its optional dependencies

    error: shop.celery.app did not tell its broker within 30 s; it said:
      waiting [application-silent]
      look for something slow in its settings, or give the lock a name: LOCK: {name: ...}

    error: shop.celery.app cannot be loaded (exit code 1); it said:
      ImportError: no [application-broken]
      check APP, CWD and the interpreter (SUPERVISOR.python)

    error: there is no "celery" in PATH [program-missing]
      install it, or name the interpreter in SUPERVISOR.python

    error: /venv/bin/python does not exist [program-missing]
      install it, or name the interpreter in SUPERVISOR.python

    error: /x cannot be executed: EACCES [program-not-executable]
      check its permissions and its first line

    error: CWD /x does not exist [folder-missing]
      check CWD, and the permissions on the way to it

    error: waited 1 min in vain for GET http://db/: status 500 [wait-timeout]
      look at what should answer there; WAIT_FOR.timeout may be longer

    error: other machines reach 0.0.0.0:9180, and nobody there would be asked for a token [http-open]
      name a file with a token in SUPERVISOR.http-token-file, or set PRODSERVER_HTTP_TOKEN where prodserver starts; or listen on 127.0.0.1

    error: the token in /run/token cannot be read: ENOENT [http-token]
      mend SUPERVISOR.http-token-file, or who may read that file

    error: there is no token in /run/token [http-token]
      make one: (umask 077; openssl rand -hex 32 > /run/token)

    error: the token in PRODSERVER_HTTP_TOKEN is too short: 16 characters are the fewest [http-token]
      make one: PRODSERVER_HTTP_TOKEN=$(openssl rand -hex 32)

    error: the token in PRODSERVER_HTTP_TOKEN has blanks, line ends or letters that no header can carry [http-token]
      make one: PRODSERVER_HTTP_TOKEN=$(openssl rand -hex 32)

    error: cannot listen on [::1]:9180: another program has that port [http-refused]
      end what has it (ss -ltnp sport = :9180 tells), or name another port in SUPERVISOR.http or --http

    error: cannot listen on 127.0.0.1:80: this user may not have a port below 1024 [http-refused]
      take a port from 1024 in SUPERVISOR.http or --http

    error: cannot listen on 10.1.2.3:9180: this machine has no such address [http-refused]
      mend "10.1.2.3" in SUPERVISOR.http or --http; 0.0.0.0 is every IPv4 address of the machine

    error: cannot listen on app:9180: the name has no address [http-refused]
      mend "app" in SUPERVISOR.http or --http; 0.0.0.0 is every IPv4 address of the machine

    error: cannot listen on 127.0.0.1:9180: EMFILE [http-refused]

    error: too many starts at once: its turn comes in 1.5 s [start-rate]
      look at what ends again and again; SUPERVISOR.start-rate allows more starts a second

    error: there is no user "shop" [user-unknown]
      make it (useradd), or mend USER

    error: there is no group "media" [group-unknown]
      make it (groupadd), or mend GROUP

    error: cannot run as user shop: the supervisor is user 1000 and may not become another [user-refused]
      run the supervisor as root, or leave USER out

    error: cannot run as user shop and group media: the supervisor is user 1000 and may not become another [user-refused]
      run the supervisor as root, or leave USER out

    error: cannot run as group media: the supervisor is user 1000 and may not become another [user-refused]
      run the supervisor as root, or leave GROUP out

    error: there is no "prlimit" in PATH, which LIMITS needs [tool-missing]
      install util-linux

    error: ENV_FILE /x/.env does not exist [env-file]
      check ENV_FILE, and whether the supervisor may read it

    error: ENV_FILE /x/.env:3: there is no "=": write NAME=value [env-file]
      write lines of NAME=value, NAME='literal' or NAME="with escapes"; # begins a comment

    error: gunicorn was not started: setpriv: setgroups failed: Operation not permitted [launch-refused]
      check USER, GROUP and LIMITS against what the supervisor may do

    error: the system refused to start a process: EMFILE [spawn-refused]
      raise the limit of open files

    error: the system refused to start a process: EAGAIN [spawn-refused]
      look at memory and at the limit of processes

    error: exit code 2: another attempt cannot help; it said:
      Usage: celery
      Error: x [exit-permanent]
      mend what it says, then start it again

    error: given up after 5 attempts; the last: ended by SIGKILL [attempts-used-up]
      mend what it says, then start it again

    error: not ready within 1 min; it said:
      a
      b [start-timeout]
      raise READY.timeout if it is only slow

    warning: web.1: the log file /var/log/web.log cannot be opened: EACCES; its lines go to standard output [log-refused]
      check the folder and its permissions; it is tried again every 10 s

    warning: web.1: the log file /var/log/web.log cannot be rotated: EBUSY; it grows past its max-size [log-not-rotated]
      a file that is mounted by itself cannot be renamed: mount its folder, or write keep: 0

    warning: worker.1 has reported nothing for 2 min: it counts as ready, unproved [link-silent]
      check that its Celery is 5.4 or newer, and its log for the reason

    error: it was ready, and reported nothing for 30 s [successor-silent]
      check that its Celery is 5.4 or newer, and its log for the reason

    warning: worker.1: all 4 slots are held by tasks older than 10 min, the oldest by orders.tasks.slow for 11 min 40 s [slots-stuck]
      give the tasks a time limit; LIVE.celery.stuck: restart restarts the worker

    warning: worker.1: 25 children of its pool ended within 20 s, in which 25 tasks were done (--max-memory-per-child=100000; the main process has 150.0 MiB) [children-churn]
      raise max-tasks-per-child, or max-memory-per-child well above what the main process has: a child begins with that, and is judged by its peak; if neither is set, look into its log for crashes

    warning: worker.1: its PSS may not be read, so its RSS counts, which has shared pages several times [pss-unreadable]
      give the supervisor CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE), or write "memory: rss" or "memory: main"

    warning: orphaned grandchildren cannot be adopted or reaped (koffi is not installed) [subreaper-missing]
      install prodserver with its optional dependencies (koffi); as PID 1 run it under an init such as tini

    warning: processes would go on unaware if this supervisor were killed [parent-death-missing]
      install util-linux (its setpriv; that of busybox does not do)

    warning: the service manager cannot be told at /run/systemd/notify: ECONNREFUSED [manager-untold]
      install prodserver's optional dependency koffi, or systemd-notify with NotifyAccess=all in the unit; else use Type=exec

    warning: the kernel does not tell of changed files (ENOSPC): they are looked at every 5 s, or less often where there are many [watch-refused]
      raise fs.inotify.max_user_watches: sysctl -w fs.inotify.max_user_watches=524288

    warning: worker.1 (pid 4711) is not seen, and no end was told: the watchdog of the service manager gets no sign of life [children-unseen]

    error: nothing is left to supervise: a and b ended for good [processes-ended]

    error: no supervisor of /p.yaml is running [supervisor-missing]
      start one with "prodserver start --all"

    error: prodserver.yaml exists [init-exists]
      look at the new one with --stdout; write it elsewhere with --output FILE, or over this one with --force

    error: nothing to make a manifest of in /srv/shop: no supervisord.conf, Procfile and manage.py [init-nothing]
      name a file: prodserver init FILE; or the settings of a Django project: prodserver init --settings myproject.settings

    error: Procfile names no process [init-empty]
      name another source: prodserver init --from django, procfile or supervisord

    error: a key stands before the first [section] [init-source]

    error: cannot read supervisord.conf: EACCES [init-unreadable]
      check the permissions of the file and of its folders

    error: cannot write prodserver.yaml: ENOSPC [init-unwritten]
      check the folder, its permissions and the space on its disk; --stdout prints it instead

    error: the supervisor is stopping [supervisor-stopping]
      start it again when it has ended

    error: nothing was changed in the supervisor with pid 4711 [update-refused]
      mend what is told above; "prodserver check" tells when it is right

    error: no supervisor has a process "x" [process-not-running-here]
      they have: web

    error: no supervisor has a process "x" [process-not-running-here]

    error: the supervisor at /run/x.sock did not answer: ECONNRESET [control-broken]
      look at its log; if it hangs, end it with a signal

    error: the supervisor at /run/x.sock is newer than this command: it speaks protocol 2, this command 1 [control-version]
      use the version of prodserver that started it

    error: web.1 and worker.1 not stopped after 1 min 30 s [stop-timeout]
      it goes on stopping; see "prodserver status"

    error: worker.2 not restarted after 1 min 30 s [restart-timeout]
      it goes on restarting; see "prodserver status"

    error: not restarted: worker.1: exit code 1; worker.2: left alone after that [restart-failed]
      mend what it says, then restart again; see "prodserver status"

    error: web.1 not reloaded after 1 min 30 s [reload-timeout]
      it goes on reloading; see "prodserver status"

    error: not reloaded: web.1: exit code 3; web.2: left alone after that [reload-failed]
      mend what it says, then reload again; see "prodserver status"

    error: 1 min 35 s after SIGHUP to pid 4711 2 of its old workers are still there [reload-unseen]
      look at its log; "prodserver restart" replaces it as a whole

    error: 1 min 35 s after SIGHUP to pid 4711 its new workers do not stay, or are not ready [reload-unseen]
      look at its log; "prodserver restart" replaces it as a whole

    error: internal error: x is undefined [internal]
      please report it with the lines above"
  `);
});

test('that was every one', () => {
  // Those of sockets are shown beside what is told of SOCKETS.
  const shown = new Set<string>([...RUNTIME.map((one) => one.code), ...Object.keys(socketWords)]);
  expect(CODES.filter((code) => !(code in ELSEWHERE) && !shown.has(code))).toEqual([]);
  expect(RUNTIME.every((one) => exitCodeOf(one) === TABLE[one.code].exit)).toBe(true);
});
