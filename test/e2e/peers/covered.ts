/** Findings and complaints of the peers that another test proves: the finding, the file below test/, the test's name. */
export const COVERED: readonly (readonly [finding: string, file: string, name: string])[] = [
  [
    'supervisord 1: two supervisors of one manifest',
    'e2e/control.test.ts',
    'of three concurrent starts one wins and two say who',
  ],
  [
    'supervisord 1: killed and started again, by one that works on',
    'e2e/supervisor-death.test.ts',
    'waits for what is left, says so, and starts when it has ended',
  ],
  [
    'supervisord 1: nor two beats',
    'e2e/beat-lock.test.ts',
    'SIGKILL of the first supervisor: its beat keeps the lock until it is gone itself',
  ],
  [
    'supervisord 2: promoted only after a pending exit was looked for',
    'health/readiness.test.ts',
    'pending exits are seen first: the watch can end between the timer and the look',
  ],
  [
    'supervisord 12: the count is cleared by a stop',
    'supervisor/machine.test.ts',
    'in BACKOFF it rests at once and clears the count',
  ],
  [
    'supervisord 12: a start in BACKOFF is a try at once',
    'supervisor/machine.test.ts',
    'in BACKOFF it retries now, with a fresh count, and is no restart',
  ],
  [
    'Node: a new child per crash, whoever holds the pipe',
    'os/spawn.test.ts',
    'has exited long before its output ends, where a grandchild holds it',
  ],
  [
    'complaint 2 (Supervisor/supervisor#168, #199, #925)',
    'e2e/supervisor-death.test.ts',
    'finds what no record names, and what has left its parent and its session',
  ],
  [
    'complaint 4 (Supervisor/supervisor#712, #733, #1373, #1182): in a container',
    'e2e/endings.test.ts',
    'as PID 1 it ends the container, unless on-fatal says keep',
  ],
  [
    'complaint 4: with the exit code of the essential one',
    'e2e/endings.test.ts',
    'that ends by "%s" ends all with %i',
  ],
  [
    'complaint 5: by the kill',
    'e2e/command.test.ts',
    'the ladder kills the whole tree of a stubborn process, re-sessioned children too',
  ],
  [
    'complaint 6 (Supervisor/supervisor#1155, #723, #1254)',
    'e2e/command.test.ts',
    'several stubborn processes stop side by side',
  ],
  [
    'complaint 7 (Supervisor/supervisor#487, #1528): capped, and for ever',
    'supervisor/machine.test.ts',
    'a loop of crashes backs off to a minute',
  ],
  [
    'complaint 8 (Supervisor/supervisor#1224): a stopped terminal',
    'e2e/output.test.ts',
    'a terminal that is stopped by Ctrl-S',
  ],
  ['complaint 9 (Supervisor/supervisor#823, #691, #1554)', 'e2e/output.test.ts', 'a pipe that nobody reads'],
  [
    'complaint 10 (Supervisor/supervisor#553, #738): a prefix a line',
    'e2e/output.test.ts',
    'each line has its instance in front; UTF-8 is whole, a long line is cut with a mark',
  ],
  [
    'complaint 10 (Supervisor/supervisor#1326): JSON a line',
    'e2e/output.test.ts',
    '--log-format json gives one object a line',
  ],
  [
    'complaint 16 (Unitech/pm2#5887, #5968)',
    'e2e/command.test.ts',
    '%s is FATAL at once and told from a crash',
  ],
  [
    'complaint 17: a bounded queue',
    'logs/sink.test.ts',
    'never makes the queue longer than 1 MiB; the rest is dropped and counted',
  ],
  [
    'complaint 18 (Unitech/pm2#1810): the work in hand is finished',
    'e2e/shop.test.ts',
    'start --all on the embedded broker: web, worker and beat do their work, and stop in order',
  ],
  ['complaint 22 (Supervisor/supervisor#990)', 'cli/check.test.ts', 'of a bad one'],
  [
    'complaint 23 (process-compose#354): the waiting command',
    'e2e/control.test.ts',
    'stop shows progress, and --timeout gives up waiting while the stop goes on',
  ],
  [
    'complaint 24 (process-compose#170): a failed readiness is followed by a restart',
    'e2e/command.test.ts',
    'not ready in time: stopped, told with what it said, and tried again',
  ],
  [
    'complaint 25 (Supervisor/supervisor#1307, #1274): JSON and exit codes',
    'e2e/control.test.ts',
    'stop NAME stops that one, and the supervisor stays',
  ],
  [
    'complaint 25 (Unitech/pm2#2827, #2653): a record that is cut short',
    'e2e/supervisor-death.test.ts',
    'that is cut short is put aside',
  ],
  [
    'Supervisor/supervisor#936: an unknown child is reaped',
    'os/reaper.test.ts',
    'adopted orphans are reaped',
  ],
  [
    'honcho#175, #195: one exit does not end all',
    'e2e/endings.test.ts',
    'one that is not leaves the others alone',
  ],
  [
    'complaint 1 (Supervisor/supervisor#122): a start order that waits',
    'e2e/order.test.ts',
    'a migration completes, the database is ready, and only then the rest starts; it stops the other way round',
  ],
  [
    'complaint 9 (Supervisor/supervisor#823, #240): a full disk stops no process for good',
    'e2e/log-files.test.ts',
    'drop: the process goes on, what is lost is counted, and told when there is room again',
  ],
  [
    'complaint 11 (Supervisor/supervisor#242, #771): files of variables, read at each start',
    'e2e/identity.test.ts',
    'gets its files of variables anew at each start',
  ],
  [
    'PM2 20 (Unitech/pm2#718): many crashes do not keep the machine busy',
    'e2e/order.test.ts',
    'many that crash together get their turns one after the other',
  ],
  [
    'Supervisor/supervisor#1171, #1286: groups and HOME of the user',
    'e2e/identity.test.ts',
    'has its user, the groups of that user, its mask, its limits and its HOME',
  ],
  [
    'complaint 24 (process-compose#298, #170): liveness acts',
    'e2e/health.test.ts',
    'a server that answers with %s three times is started again',
  ],
  [
    'complaint 24: dependents survive a restart',
    'e2e/order.test.ts',
    'who runs already does not care when another one is started again',
  ],
];
