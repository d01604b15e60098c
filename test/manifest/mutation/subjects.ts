/** Manifests to change: the repository's own, one that has every key, and one for each option of each backend. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Backend } from '../../../src/backends/backend.ts';
import type { Option } from '../../../src/backends/options.ts';
import { ROOT } from '../../support/rig.ts';
import type { Desk } from './desk.ts';

export interface Subject {
  readonly name: string;
  readonly text: string;
  /** Only what stands below this is changed; the rest is another's. */
  readonly below: readonly string[];
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** `fixtures/`, and each block of the README and of the docs that is a whole manifest. */
export function ownManifests(): Subject[] {
  const fixtures = filesOf('fixtures/shop', '.yaml').map((path) => ({
    name: path,
    text: read(path),
    below: [],
  }));
  const blocks = ['README.md', ...filesOf('docs', '.md')].flatMap((path) =>
    [...read(path).matchAll(/^```yaml\n(.*?)^```/gms)]
      .map(([, text = '']) => text)
      // A backend of the reader's own would have to be there.
      .filter((text) => /^PRODUCTION_PROCESSES:/m.test(text) && !/^ *backends:/m.test(text))
      .map((text, index) => ({ name: `${path}, block ${index + 1}`, text, below: [] })),
  );
  return [...fixtures, ...blocks];
}

/** With every key that an entry and the supervisor may have. */
const EVERY_KEY = `# every key
x-note: of the user
PRODUCTION_PROCESSES:
  web:
    BACKEND: GunicornServer
    APP: shop.wsgi
    ARGS: { bind: "127.0.0.1:8010" }
    EXTRA_ARGS: ["--spew"]
    ENV: { LANG: C.UTF-8, DEPTH: 3 }
    ENV_FILE: [not-there.env]
    CWD: .
    USER: www-data
    GROUP: 33
    UMASK: "027"
    AUTOSTART: true
    LIMITS:
      as: 4GiB
      core: unlimited
      cpu: 1h
      data: 4GiB
      fsize: 1GiB
      locks: 100
      memlock: 64MiB
      msgqueue: 1MiB
      nice: 10
      nofile: "1024:65536"
      nproc: 100
      rss: 1GiB
      rtprio: 5
      rttime: 500ms
      sigpending: 100
      stack: 8MiB
    READY:
      http: /healthz
      tcp: "127.0.0.1:8010"
      command: [curl, -f, http://127.0.0.1:8010/healthz]
      file: run/ready
      timeout: 30s
      delay: 1s
      period: 500ms
      probe-timeout: 2s
    LIVE:
      http: http://127.0.0.1:8010/healthz
      tcp: "127.0.0.1:8010"
      command: [pgrep, gunicorn]
      file: run/alive
      max-age: 1m
      delay: 5s
      period: 10s
      timeout: 2s
      failures: 3
    STOP: { timeout: 40s }
    RESTART:
      policy: on-failure
      max-attempts: 5
      stable-after: 10m
      significant: true
      backoff: { initial: 1s, max: 1m, factor: 2 }
    LOG:
      file: "logs/{instance}.log"
      max-size: 10MiB
      max-age: 1d
      keep: 3
      when-full: block
  migrate:
    BACKEND: Command
    CMD: [python3, manage.py, migrate]
    ONESHOT: true
    WAIT_FOR:
      targets: ["tcp://localhost:5432", "file:/run/ready"]
      timeout: 5m
  report:
    BACKEND: DjangoCommand
    CMD: [report, --daily]
    LOCK: { file: run/report.lock }
    DEPENDS_ON: [migrate]
  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    ARGS: { concurrency: 2 }
    INSTANCES: 2
    DEPENDS_ON: { migrate: completed, web: ready }
    WAIT_FOR: ["redis://localhost"]
    LIVE:
      celery: { loop: 30s, canary: 20s, polling: 10s, task: 1h, stuck: restart }
    RECYCLE:
      max-memory: 1GiB
      max-memory-hard: 2GiB
      memory: rss
      max-tasks: 5000
      max-age: 24h
      schedule: 0 4 * * *
      timezone: Europe/Berlin
      jitter: 0.2
      min-uptime: 1m
  beat:
    BACKEND: CeleryBeat
    APP: shop.celery.app
    LIVE: { celery: { beat: 1m } }
    LOCK:
      name: shop-beat
      redis: redis://localhost:6379/0
      ttl: 30s
      renew-every: 5s
      command-timeout: 2s
      renew-deadline: 15s
      kill-grace: 3s
      kill-wait: 2s
      lag: 2s
      drift: 1%
  asgi:
    BACKEND: HypercornServer
    APP: shop.asgi
    ARGS: { bind: ["fd://\${socket:http}", "fd://\${socket:local}"] }
  live:
    BACKEND: UvicornServer
    APP: shop.asgi
    ARGS: { fd: "\${socket:six}" }
SOCKETS:
  http: { bind: "0.0.0.0:8001", backlog: 512, reuse-port: true }
  local:
    bind: unix:run/shop.sock
    mode: "0660"
    user: www-data
    group: 33
  six: "[::1]:8002"
SUPERVISOR:
  python: .venv/bin/python
  on-fatal: shutdown
  http: "127.0.0.1:9180"
  http-token-file: run/token
  http-hosts: [app.internal]
  start-rate: 5
`;

export const everyKey: Subject = { name: 'every key', text: EVERY_KEY, below: [] };

/** Values of which every option but a refused one takes at least one; what is most like a person's comes first. */
const CANDIDATES: readonly unknown[] = [true, 30, 4000, 'info', 'a.b', '10,3', 'a', '127.0.0.1:8000', 1, 0];

const valueOf = (option: Option): unknown =>
  CANDIDATES.find((value) => option.schema.safeParse(value).success) ?? option.words?.[0];

const APPS = { wsgi: 'shop.wsgi', asgi: 'shop.asgi', celery: 'shop.celery.app' } as const;
type Args = Readonly<Record<string, unknown>>;

/** Each option of each backend: as many side by side as go together, then those that have to stand alone. */
export function optionManifests(desk: Desk, backends: readonly Backend[]): Subject[] {
  return backends.flatMap((backend) => {
    if (backend.cmd === 'required') return [];
    const left = new Map(
      Object.entries(backend.options())
        .filter(([, option]) => option.refused === undefined)
        .map(([name, option]) => [name, valueOf(option)]),
    );
    const together: Record<string, unknown> = {};
    // Twice: some go with others only where a third one is given.
    for (const [name, value] of [...left, ...left]) {
      if (!left.has(name)) continue;
      const { text } = manifestOf(backend, { ...together, [name]: value });
      if (desk(text).findings.length > 0) continue;
      together[name] = value;
      left.delete(name);
    }
    return [together, ...[...left].map(([name, value]) => ({ [name]: value }))]
      .filter((args) => Object.keys(args).length > 0)
      .map((args) => manifestOf(backend, args));
  });
}

function manifestOf(backend: Backend, args: Args): Subject {
  const app = backend.app === 'none' ? {} : { APP: APPS[backend.app] };
  const one = { BACKEND: backend.name, ...app, ARGS: args };
  const names = Object.keys(args);
  return {
    name: names.length === 1 ? `${backend.name} ${names[0]}` : `${backend.name} with ${names.length} options`,
    text: stringify({ PRODUCTION_PROCESSES: { one } }),
    below: ['PRODUCTION_PROCESSES', 'one', ...(names.length === 1 ? ['ARGS'] : [])],
  };
}

/** JSON is read by the same parser, and has other places. */
export const asJson = ({ name, text, below }: Subject): Subject => ({
  name: `${name}, as JSON`,
  text: JSON.stringify(parse(text), null, 2),
  below,
});
