import { expect, test } from 'vitest';
import { verdict, type CheckCode, type CheckStatus, type Verdict } from '../../src/doctor/verdict.ts';
import { askingText, doctorJson, doctorLines } from '../../src/render/doctor.ts';
import { newPaint } from '../../src/render/paint.ts';
import { SAMPLES } from './doctor-samples.ts';
import { PLAIN } from './support.ts';

const all = Object.entries(SAMPLES).flatMap(([code, kinds]) =>
  Object.entries(kinds as Record<string, readonly [CheckStatus, object]>).map(([kind, [status, facts]]) =>
    verdict(code as CheckCode, status, { ...facts, kind } as never),
  ),
);
const OTHERS: readonly Verdict[] = [
  verdict('memory-leak', 'warn', {
    kind: 'grows',
    instance: 'job.1',
    bytes: 1e8,
    ms: 6e5,
    tasks: null,
    fullInMs: null,
    wise: 2 ** 30,
  }),
  verdict('memory-leak', 'bad', {
    kind: 'out-of-memory',
    instance: 'job.1',
    times: 1,
    at: '2026-11-21T04:00:00.000Z',
    wise: null,
  }),
  verdict('duplicate-beat', 'warn', {
    kind: 'several',
    beats: [
      { pid: 1, app: null, embedded: true, cwd: null, instance: null },
      { pid: 2, app: 'shop', embedded: false, cwd: '/x', instance: null },
    ],
    sure: false,
  }),
  verdict('lock', 'warn', {
    kind: 'evicts',
    instance: 'beat.1',
    file: 'redis://cache/0 shop',
    refuses: false,
  }),
  verdict('cpu', 'warn', { kind: 'crowded', instance: 'worker.1', slots: 64, cpus: 2, byDefault: false }),
  verdict('setpriv', 'warn', { kind: 'missing', needed: [] }),
  ...(
    ['too-old', 'deaf-after-reconnect', 'deaf-with-new-client', 'gevent-repeats', 'amqp-drain-loses'] as const
  ).map((trouble) =>
    verdict('versions', 'warn', {
      kind: 'known-bad',
      versions: { celery: '5.3.0', kombu: '5.3.7', redis: '8.0' },
      trouble,
    }),
  ),
];

test('every finding in one line, the bad ones first', () => {
  expect(doctorLines([...all, ...OTHERS], true, PLAIN).join('\n')).toMatchInlineSnapshot(`
    "bad     broker connection failed: worker.1 and beat.1 cannot reach redis://:***@cache/0 (refused); start that broker, or correct its address (broker_url, CELERY_BROKER_URL); nothing needs a restart, they connect when it answers [broker]
    bad     broker connection failed: the supervisor at /run/x.sock did not answer: ECONNRESET; look at its log; if it hangs, end it with a signal [broker]
    bad     tasks not discovered: worker.1 and worker.2 know no task of the application; call app.autodiscover_tasks() where the Celery app is made, and keep tasks in tasks.py of an app that INSTALLED_APPS names [tasks]
    bad     tasks not discovered: "shop" has none but Celery's own, and a worker drops what it does not know; call app.autodiscover_tasks() in its module, and have the applications with a tasks.py in INSTALLED_APPS [tasks]
    bad     tasks not discovered: worker.1 has thrown away 1,200 messages for tasks that it does not know, the last for "shop.gone"; deploy workers and those who send with the same code, autodiscover the module of that task, or give other programs a queue of their own [tasks]
    bad     memory leak: worker.1 has grown 380.0 MiB in 2 h over 12,000 tasks (32.4 KiB a task), and memory is full in 5 h at this rate; set RECYCLE.max-memory, for example 512MiB [memory-leak]
    bad     memory leak: the kernel has ended worker.1 for want of memory 2 times within a day, last at 2026-11-21T04:00:00.000Z; set RECYCLE.max-memory, for example 2GiB, lower its concurrency, or give it more memory [memory-leak]
    bad     duplicate scheduled tasks: beat.1 of shop (pid 10 in /srv/shop) and a beat of shop (pid 12 in /srv/shop) send the same periodic tasks; stop pid 12, which prodserver did not start here, or give both one LOCK [duplicate-beat]
    bad     the Redis of beat.1's lock may throw away any key (redis://cache/0 shop), so no lock is taken there; set its maxmemory-policy to noeviction, or use another Redis [lock]
    bad     the lock of beat.1: the supervisor at /run/x.sock did not answer: ECONNRESET; look at its log; if it hangs, end it with a signal [lock]
    bad     prodserver.yaml has 2 errors, the first: the supervisor at /run/x.sock did not answer: ECONNRESET; see "prodserver check" [manifest]
    bad     the supervisor at /run/x.sock did not answer: ECONNRESET; look at its log; if it hangs, end it with a signal [supervisor]
    bad     the supervisor (pid 10) has met a fault of its own and goes on; its log has the fault, which is worth a report; start it again when it suits [supervisor]
    bad     worker.1 is BACKOFF: exit code 1; it said last: ValueError: no; it is tried again by itself [processes]
    bad     manage.py has no command "mail"; did you mean "mails"?; write "mails" [project-check]
    bad     billiard 4.3.0 with celery 5.6.3 loses tasks at a cold stop, those with acks_late too; install celery 5.7 or newer, or billiard below 4.3 [versions]
    bad     the interpreter /venv/bin/python cannot be executed; make the virtual environment, or name another in SUPERVISOR.python [python]
    bad     no lock can be taken: cannot lock: flock: errno 38; beat cannot start; install util-linux (the command flock), or install prodserver with its optional dependencies [flock]
    bad     setpriv is missing, or is busybox's: web cannot be started as another user; install util-linux (Debian: apt install util-linux; Alpine: apk add setpriv util-linux-misc) [setpriv]
    bad     prlimit is missing: web and worker cannot be given their LIMITS; install util-linux (Debian: apt install util-linux; Alpine: apk add setpriv util-linux-misc) [prlimit]
    bad     web asks for LIMITS.nofile 65,536, and only root may go above 4,096; raise the hard limit of the supervisor (LimitNOFILE= and its like of systemd, ulimits of Docker), or lower LIMITS [limits]
    bad     no supervisor can start: /run/prodserver cannot be used (it belongs to user 7); name a folder that only this user can write, in PRODSERVER_RUNTIME_DIR [runtime-folder]
    bad     beat cannot start: /run/lock/prodserver cannot be used (it may not be written); make it as root (mkdir -m 1777), or name a file in LOCK.file [lock-folder]
    bad     /var/log is full (1.0 MiB left): log lines are being lost; make room there, or let LOG.file name another place [disk]
    bad     the log of web.1 cannot be written: /var/log is not ours to write; make the folder for this user, or let LOG.file name another place [disk]
    bad     memory leak: the kernel has ended job.1 for want of memory 1 time within a day, last at 2026-11-21T04:00:00.000Z; lower its concurrency or RECYCLE.max-memory, or give it more memory [memory-leak]
    warn    memory leak: worker.1 was replaced for its memory 6 times in 1 h; raise RECYCLE.max-memory, or find what its tasks keep [memory-leak]
    warn    beat.1 cannot start here: its lock is held by pid 42 since 2026-11-21T03:00:00.000Z for /srv/old/prodserver.yaml (/run/lock/prodserver/beat.lock); leave it so if that one is meant to send; else stop it there [lock]
    warn    the lock of beat.1 is a file of this container, and Kubernetes may run several: each would have a beat of its own; share it: LOCK: {redis: "\${REDIS_URL}"} [lock]
    warn    locks stand in /run/lock/prodserver and /tmp/prodserver-lock: two users may each hold one for the same application; stop all supervisors, remove the second folder, and start them again; or name one file in LOCK.file [lock]
    warn    no manifest: /srv/prodserver.yaml does not exist: only the machine was looked at; write prodserver.yaml here, or name it with --manifest FILE, PRODSERVER_MANIFEST or --settings MODULE [manifest]
    warn    no supervisor of this manifest runs; start one with "prodserver start --all" [supervisor]
    warn    the supervisor (pid 10) warns: processes would go on unaware if this supervisor were killed; install util-linux (its setpriv; that of busybox does not do) [supervisor]
    warn    worker.1 has ended by itself 5 times in 1 h; see its exits in "prodserver status --json", and its log [processes]
    warn    1 line of web.1 could not be written and are lost; read the log faster, give it a LOG.file, or let it wait: LOG: {when-full: block} [processes]
    warn    koffi cannot be loaded (Cannot find module): orphans are not adopted, and flock(1) takes the locks; install prodserver without --omit=optional, on glibc or musl of x64 or arm64 [koffi]
    warn    the kernel refuses PR_SET_CHILD_SUBREAPER: orphaned grandchildren go to process 1; allow prctl in the seccomp profile [subreaper]
    warn    cgroup v1 limits memory to 1.0 GiB, 1000.0 MiB of it used: the kernel is about to end a process; raise the limit, lower concurrency, or set RECYCLE.max-memory [memory-limit]
    warn    only 1.0 GiB of the machine's 16.0 GiB are left; lower concurrency, set RECYCLE.max-memory, or give it more memory [memory-limit]
    warn    worker.1 forks 64 children, as the machine has processors, and may use 0.5 processors; set ARGS.concurrency: 1 [cpu]
    warn    a process may open only 256 files; raise it: ulimit -n 4096, LimitNOFILE= of systemd, or LIMITS: {nofile: 4096} (the most is 4,096) [open-files]
    warn    process 1 of this container (python3) leaves its dead children lying: 12 zombies; let prodserver be process 1 (exec it), or start the container with an init (docker run --init) [process-1]
    warn    nobody keeps the clock right (NTP): beat sends by it, and hosts compare by it; run chrony or systemd-timesyncd on the host [clock]
    warn    the clock was set back by 1 h while the supervisor ran (pid 10); beat may have sent late or twice; restart beat, and let NTP keep the clock [clock]
    warn    /var/log has 200.0 MiB left, and the log files may grow to 1.0 GiB; make room, or lower LOG.max-size and LOG.keep [disk]
    warn    the kernel promises no more memory than it has (vm.overcommit_memory=2), and 10.0 MiB are left: forks of large workers fail; set vm.overcommit_memory to 0, or raise vm.overcommit_ratio [kernel-memory]
    warn    all processes begin with an oom_score_adj of -1000: a leaking worker is ended last, and others before it; give the supervisor OOMScoreAdjust=0 [kernel-memory]
    warn    memory leak: job.1 has grown 95.4 MiB in 10 min; set RECYCLE.max-memory, for example 1GiB [memory-leak]
    warn    duplicate scheduled tasks: a worker with -B (pid 1) and a beat of shop (pid 2 in /x) may send the same periodic tasks; stop all but one, and let prodserver run that one [duplicate-beat]
    warn    the Redis of beat.1's lock may throw it away when its memory is full (redis://cache/0 shop); set its maxmemory-policy to noeviction, or use another Redis [lock]
    warn    worker.1 forks 64 children on 2 processors; lower ARGS.concurrency, or take a pool of threads or gevent where its tasks mostly wait [cpu]
    warn    setpriv is missing, or is busybox's: processes live on when their supervisor is killed; install util-linux (Debian: apt install util-linux; Alpine: apk add setpriv util-linux-misc) [setpriv]
    warn    celery 5.3.0 is older than 5.4, and was never tried under prodserver; install celery 5.4 or newer [versions]
    warn    kombu 5.3.7 may stop consuming after Redis was away, without a word; prodserver then restarts the worker; install kombu 5.4 or newer [versions]
    warn    kombu 5.3.7 with redis 8.0 may stop consuming after Redis was away; prodserver then restarts the worker; install kombu 5.7 or newer, or redis below 8 [versions]
    warn    celery 5.3.0 on gevent may run a task again that had succeeded while it was stopped; install celery 5.5 or newer [versions]
    warn    celery 5.3.0 sends RabbitMQ no heartbeats while it drains, so a long drain loses the connection and repeats its tasks; install celery 5.6.1 or newer [versions]
    unknown the version of Celery cannot be seen from outside [versions]
    unknown neither the machine nor a cgroup tells of its memory [memory-limit]
    unknown the limits of processes cannot be read [open-files]
    unknown whether the clock is kept right cannot be asked here [clock]
    unknown the disks did not answer within 30 s; ask again when the machine is less busy [unanswered]
    ok      worker.1 has its broker [broker]
    ok      the broker of shop answers [broker]
    ok      worker.1 knows its tasks [tasks]
    ok      shop has tasks [tasks]
    ok      no process grows without end (worker.1) [memory-leak]
    ok      no beat runs on this machine [duplicate-beat]
    ok      one beat an application: beat.1 of shop (pid 10 in /srv/shop) [duplicate-beat]
    ok      no process of the manifest takes a lock [lock]
    ok      the locks of beat.1 can be told [lock]
    ok      prodserver.yaml is valid: web and worker [manifest]
    ok      a supervisor runs (pid 10, 20) [supervisor]
    ok      1 process, none of them down [processes]
    ok      what the manifest names is in the project (shop and shop.wsgi) [project-check]
    ok      celery 5.6.3, kombu 5.6.2, billiard 4.3.0, redis 8.0.0 [versions]
    ok      the interpreter is there: /venv/bin/python [python]
    ok      no process needs a Python interpreter [python]
    ok      koffi is loaded [koffi]
    ok      orphaned grandchildren can be adopted [subreaper]
    ok      flock(2) works [flock]
    ok      setpriv can hand on the parent's death [setpriv]
    ok      prlimit is there [prlimit]
    ok      prlimit is missing, and nothing needs it [prlimit]
    ok      no limit of memory; 1.0 GiB of 16.0 GiB may be had [memory-limit]
    ok      cgroup v2 limits memory to 1.0 GiB [memory-limit]
    ok      1 processor, by the limit of a cgroup [cpu]
    ok      unlimited open files a process [open-files]
    ok      the LIMITS of the manifest can be granted [limits]
    ok      a host, with an init of its own [process-1]
    ok      prodserver is process 1 of this container [process-1]
    ok      a container with tini as process 1 [process-1]
    ok      the clock is kept right [clock]
    ok      control sockets stand in /run/prodserver [runtime-folder]
    ok      locks stand in /run/lock/prodserver [lock-folder]
    ok      no lock stands in the host's own folder [lock-folder]
    ok      no process writes a log file [disk]
    ok      there is room for the log files (/var/log) [disk]
    ok      the kernel gives memory as it usually does [kernel-memory]
    doctor: 26 bad, 31 warn, 5 unknown, 37 ok"
  `);
});

test('what is well is counted only', () => {
  const some = all.filter(({ code }) => code === 'clock');
  expect(doctorLines(some, false, newPaint(true)).slice(0, 1)).toMatchInlineSnapshot(`
    [
      "[33mwarn    [39mnobody keeps the clock right (NTP): beat sends by it, and hosts compare by it; run chrony or systemd-timesyncd on the host [2m[clock][22m",
    ]
  `);
  expect(doctorLines(some, false, PLAIN).slice(1)).toMatchInlineSnapshot(`
    [
      "warn    the clock was set back by 1 h while the supervisor ran (pid 10); beat may have sent late or twice; restart beat, and let NTP keep the clock [clock]",
      "doctor: 2 warn, 1 unknown, 1 ok (-v tells all)",
    ]
  `);
  expect(doctorLines(some.slice(0, 1), false, PLAIN)).toEqual(['doctor: 1 ok']);
});

test('one object for programs', () => {
  const some = all.filter(({ code }) => code === 'clock');
  expect(JSON.stringify(doctorJson(some.slice(0, 2)), null, 2)).toMatchInlineSnapshot(`
    "{
      "checks": [
        {
          "code": "clock",
          "status": "warn",
          "text": "nobody keeps the clock right (NTP): beat sends by it, and hosts compare by it",
          "remedy": "run chrony or systemd-timesyncd on the host"
        },
        {
          "code": "clock",
          "status": "ok",
          "text": "the clock is kept right",
          "remedy": null
        }
      ],
      "bad": 0,
      "warn": 1,
      "unknown": 0,
      "ok": 1
    }"
  `);
});

test('who is asked for long', () => {
  expect(askingText(['locks', 'project'], 1000)).toBe('doctor: still asks the locks and the project, 1 s');
});
