/** supervisord's files as manifests. */
import { expect, test } from 'vitest';
import { body, make, refusal } from './support.ts';

const CONF = `[unix_http_server]
file=/tmp/supervisor.sock ; where supervisorctl asks
[supervisord]
logfile=/tmp/supervisord.log
user=deploy
minfds=1024
environment=DJANGO_SETTINGS_MODULE="shop.settings",LANG="C.UTF-8"
[include]
files = conf.d/*.conf
[group:shop]
programs=web,worker
[program:web]
command=/srv/shop/venv/bin/gunicorn shop.wsgi:application
    --bind unix:/run/%(program_name)s.sock --workers %(ENV_WORKERS)s
directory=%(here)s
user=www-data
umask=022
autorestart=true
startsecs=5
startretries=5
stopsignal=QUIT
stopwaitsecs=60
stopasgroup=true
priority=10
redirect_stderr=true
stdout_logfile=%(here)s/log/web.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
environment=SECRET_KEY="hunter,2",DATABASE_URL='postgres://u:p@h/db',PATH="/srv/bin:%(ENV_PATH)s"
[program:worker]
command=/srv/shop/venv/bin/celery -A shop worker -n w%(process_num)d@%%h
process_name=%(program_name)s_%(process_num)02d
numprocs=2
stdout_logfile=/var/log/w_%(process_num)02d.log
stderr_logfile=/var/log/w.err
[eventlistener:x]
command=foo
`;
const MANY = `[program:many]
command=/usr/bin/env A=b sleep 10
process_name=%(program_name)s_%(process_num)02d
numprocs=3
stdout_logfile=/var/log/m_%(process_num)02d.log
autorestart=false
exitcodes=0,2
frob=1
[program:other]
command=/opt/venv/bin/python manage.py qcluster
environment=SECRET_KEY="s3cret"
autostart=false
stdout_logfile=NONE
stderr_syslog=true
`;

test('a supervisord.conf with its includes', async () => {
  const made = await make({ 'supervisord.conf': CONF, 'conf.d/a.conf': MANY });
  expect(made.findings).toEqual([]);
  expect(made.text).toMatchInlineSnapshot(`
    "# Written by prodserver init from supervisord.conf.
    #
    # What was decided, or could not be carried over:
    # - supervisord.conf:13: SUPERVISOR.python is /srv/shop/venv/bin/python, since
    #   /srv/shop/venv/bin/gunicorn is run; all processes with a BACKEND of Python use it
    # - supervisord.conf:9: [include] conf.d/*.conf: 1 file read
    # - supervisord.conf:3: logfile of [supervisord] left out: of no use to another supervisor
    # - supervisord.conf:5: supervisord ran as deploy: start prodserver as deploy, or write USER in each
    #   entry
    # - supervisord.conf:6: minfds=1024 has no counterpart and was left out
    # - supervisord.conf:1: [unix_http_server] left out: prodserver has a socket of its own for status,
    #   stop and restart
    # - supervisord.conf:10: [group:shop] left out: there are no groups; its programs stand here by their
    #   own names
    # - supervisord.conf:36: [eventlistener:x] left out: prodserver runs no such program
    # - supervisord.conf: where supervisord has other defaults than prodserver: programs without a
    #   directory ran where it was started, now in the folder of this file; their output went to files of
    #   its own, now to that of prodserver; 3 failed starts were the end, now it goes on trying unless
    #   RESTART.max-attempts says otherwise; autorestart=unexpected became RESTART.policy on-failure
    # - supervisord.conf: set before "check" and "start": WORKERS, SECRET_KEY, DATABASE_URL and
    #   OTHER_SECRET_KEY; a variable that is not set is an error here, where a shell takes it for empty; a
    #   default is written \${NAME:-default}
    # - conf.d/a.conf:10: other: kept as the command that it is, since its interpreter is
    #   /opt/venv/bin/python, and a manifest has one (SUPERVISOR.python)
    # - supervisord.conf:13: web: \${WORKERS} is one word here, where supervisord splits its value at
    #   spaces
    # - supervisord.conf:24: web: priority=10 left out: write DEPENDS_ON where one process needs another;
    #   what does not starts at the same time
    # - supervisord.conf:19: web: startsecs=5 left out: a Command counts as started after 1 s, others when
    #   they are ready (READY says otherwise)
    # - supervisord.conf:21: web: stopsignal=QUIT left out: GunicornServer is stopped by TERM first
    # - supervisord.conf:23: web: stopasgroup left out: the first signal goes to the main process alone,
    #   the last one (KILL) to all of its tree
    # - supervisord.conf:30: worker: its 2 copies differ by %(process_num): each has an entry of its own
    # - supervisord.conf:34: worker-0: stdout and stderr went apart; now both go to /var/log/w_0.log
    # - supervisord.conf:34: worker-1: stdout and stderr went apart; now both go to /var/log/w_1.log
    # - conf.d/a.conf:8: many: frob=1 has no counterpart and was left out
    # - conf.d/a.conf:5: many: stdout and stderr went apart; now both go to /var/log/m_{instance}.log
    # - conf.d/a.conf:5: many: each instance has a log file of its own: /var/log/m_{instance}.log
    # - conf.d/a.conf:13: other: output was thrown away; now it goes to that of prodserver, or to LOG.file
    # - conf.d/a.conf:9: other: output went to syslog; now it goes to that of prodserver, for which
    #   systemd or the container has a journal
    # - supervisord.conf:13: web: ENV.SECRET_KEY looks like a secret and is not copied: set SECRET_KEY in
    #   the environment
    # - supervisord.conf:13: web: ENV.DATABASE_URL looks like a secret and is not copied: set DATABASE_URL
    #   in the environment
    # - conf.d/a.conf:10: other: ENV.SECRET_KEY looks like a secret and is not copied: set
    #   OTHER_SECRET_KEY in the environment

    PRODUCTION_PROCESSES:
      # supervisord.conf:13
      web:
        BACKEND: GunicornServer
        APP: shop.wsgi:application
        ARGS:
          bind: unix:/run/web.sock
          workers: \${WORKERS}
        CWD: .
        USER: www-data
        UMASK: '022'
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
          LANG: C.UTF-8
          SECRET_KEY: \${SECRET_KEY}
          DATABASE_URL: \${DATABASE_URL}
          PATH: /srv/bin:\${PATH}
        STOP: {timeout: 60s}
        RESTART: {max-attempts: 6}
        LOG: {file: log/web.log, max-size: 10MiB, keep: 3}
      # supervisord.conf:31
      worker-0:
        BACKEND: CeleryWorker
        APP: shop
        ARGS:
          hostname: w0@%h
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
          LANG: C.UTF-8
        RESTART: {policy: on-failure}
        LOG: {file: /var/log/w_0.log}
      # supervisord.conf:31
      worker-1:
        BACKEND: CeleryWorker
        APP: shop
        ARGS:
          hostname: w1@%h
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
          LANG: C.UTF-8
        RESTART: {policy: on-failure}
        LOG: {file: /var/log/w_1.log}
      # conf.d/a.conf:2
      many:
        BACKEND: Command
        CMD: [sleep, '10']
        INSTANCES: 3
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
          LANG: C.UTF-8
          A: b
        RESTART: {policy: never}
        LOG: {file: '/var/log/m_{instance}.log'}
      # conf.d/a.conf:10
      other:
        BACKEND: Command
        CMD: [/opt/venv/bin/python, manage.py, qcluster]
        ENV:
          DJANGO_SETTINGS_MODULE: shop.settings
          LANG: C.UTF-8
          SECRET_KEY: \${OTHER_SECRET_KEY}
        AUTOSTART: false
        RESTART: {policy: on-failure}
    SUPERVISOR:
      python: /srv/shop/venv/bin/python
    "
  `);
  expect(made.text).not.toMatch(/hunter|postgres:|s3cret/);
});

test.each([
  ['a=1', 'a key before a section'],
  ['[program:x]\ncommand', 'no value'],
  ['[program:x]\nuser=me', 'no command'],
  ['[program:x]\ncommand=a "b', 'a quote'],
  ['[program:x]\ncommand=a %(what)s', 'an expansion'],
  ['[program:x]\ncommand=a\nautostart=maybe', 'a truth'],
  ['[program:x]\ncommand=a\nstopwaitsecs=1m', 'a number'],
  ['[program:x]\ncommand=a\nenvironment=A', 'pairs'],
  ['[program:x]\ncommand=a\numask=rwx', 'a mask'],
  ['[program:x]\ncommand=a\nstdout_logfile=/x\nstdout_logfile_maxbytes=1TB', 'a size'],
])('%j is refused by supervisord too', async (text) => {
  expect(await refusal({ 'supervisord.conf': text })).toMatchSnapshot();
});

test('a name that no process may have, and one folder for another', async () => {
  const made = await make(
    {
      'etc/supervisord.conf':
        '[program:my.app]\ncommand=%(here)s/run %(host_node_name)s $HOME\ndirectory=%(here)s/a\n',
    },
    {},
  );
  expect(body(made.text)).toMatchInlineSnapshot(`
    "PRODUCTION_PROCESSES:
      # etc/supervisord.conf:2
      my-app:
        BACKEND: Command
        CMD: [FOLDER/etc/run, '\${HOSTNAME}', $$HOME]
        CWD: etc/a
        RESTART: {policy: on-failure}
    "
  `);
  expect(made.notes.filter((note) => !note.includes('other defaults'))).toMatchInlineSnapshot(`
    [
      "etc/supervisord.conf: set before "check" and "start": HOSTNAME; a variable that is not set is an error here, where a shell takes it for empty; a default is written \${NAME:-default}",
      "etc/supervisord.conf:2: my-app: was called "my.app", which is no name here",
      "etc/supervisord.conf:2: my-app: %(here)s is written out: FOLDER/etc",
      "etc/supervisord.conf:2: my-app: %(host_node_name)s became \${HOSTNAME}; in a node name of Celery %h says the same",
      "etc/supervisord.conf:2: my-app: \${HOSTNAME} is one word here, where supervisord splits its value at spaces",
    ]
  `);
});
