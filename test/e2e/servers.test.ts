/** Every web server and every worker of Django at once under one supervisor, each as its backend starts and stops it. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { docsBlocks } from '../docs/blocks.ts';
import { page } from '../support/page.ts';
import { freePort, Rig, ROOT, until, type Running } from '../support/rig.ts';
import { serverPython } from '../support/server-python.ts';

let python = '';
beforeAll(async () => {
  python = await serverPython();
}, 900_000);

/** Entries by name; PORT stands for a free one. */
const WEB: Readonly<Record<string, string>> = {
  gunicorn: 'BACKEND: GunicornServer, APP: wsgi.application, ARGS: {bind: "127.0.0.1:PORT"}',
  uvicorn: 'BACKEND: UvicornServer, APP: asgi.application, ARGS: {port: PORT, workers: 2}',
  'uvicorn-wsgi': 'BACKEND: UvicornWSGIServer, APP: wsgi.application, ARGS: {port: PORT}',
  granian: 'BACKEND: GranianASGIServer, APP: asgi.application, ARGS: {port: PORT}',
  'granian-wsgi': 'BACKEND: GranianWSGIServer, APP: wsgi.application, ARGS: {port: PORT}',
  waitress: 'BACKEND: WaitressServer, APP: wsgi.application, ARGS: {listen: "127.0.0.1:PORT"}',
  daphne: 'BACKEND: DaphneServer, APP: asgi.application, ARGS: {port: PORT}',
  hypercorn: 'BACKEND: HypercornServer, APP: asgi.application, ARGS: {bind: "127.0.0.1:PORT"}',
  runserver: 'BACKEND: DjangoRunserver, ARGS: {addrport: "127.0.0.1:PORT", noreload: true}',
  'runserver-daphne':
    'BACKEND: DaphneRunserver, ARGS: {addrport: "127.0.0.1:PORT", noreload: true}, ENV: {WITH_DAPHNE: "1"}',
  // That of docs/backends.md.
  own: 'BACKEND: HttpServer, ARGS: {bind: 127.0.0.1, port: PORT, directory: files}',
};
const WORKERS: Readonly<Record<string, string>> = {
  migrate: 'BACKEND: DjangoCommand, CMD: [migrate, --verbosity=0], ONESHOT: true',
  tasks: 'BACKEND: DjangoTasksWorker, DEPENDS_ON: [migrate], ARGS: {no-startup-delay: true}',
  q2: 'BACKEND: DjangoQ2Worker, DEPENDS_ON: [migrate]',
};
/** Sixteen interpreters import Django at the same time. Milliseconds. */
const PATIENCE_MS = 90_000;

const RELOADING = ['gunicorn', 'uvicorn', 'granian', 'granian-wsgi', 'hypercorn'];

const names = [...Object.keys(WEB), ...Object.keys(WORKERS)];

async function site(rig: Rig): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  while (ports.size < Object.keys(WEB).length) {
    const port = await freePort();
    const name = Object.keys(WEB)[ports.size];
    if (name !== undefined && ![...ports.values()].includes(port)) ports.set(name, port);
  }
  const entry = (name: string, text: string): string =>
    `  ${name}: {${text.replace('PORT', String(ports.get(name)))}}`;
  copyFileSync(join(import.meta.dirname, 'all_servers.py'), join(rig.folder, 'all_servers.py'));
  for (const kind of ['wsgi', 'asgi']) {
    const make = `get_${kind}_application`;
    rig.write(`${kind}.py`, `from django.core.${kind} import ${make}\n\napplication = ${make}()\n`);
  }
  rig.write('page.py', 'TEXT = "one"\n');
  rig.write('files/index.html', 'files: one\n');
  rig.write(
    'manage.py',
    'import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n',
  );
  const [own = ''] = docsBlocks(readFileSync(join(ROOT, 'docs', 'backends.md'), 'utf8'), 'js');
  rig.write('http-server.mjs', own);
  const entries = Object.entries({ ...WEB, ...WORKERS }).map(([name, text]) => entry(name, text));
  const supervisor = `SUPERVISOR: {python: ${python}, backends: [./http-server.mjs], start-rate: 20}`;
  rig.manifest(['PRODUCTION_PROCESSES:', ...entries, supervisor, ''].join('\n'));
  return ports;
}

interface Planned {
  readonly name: string;
  readonly reload: { readonly signal: NodeJS.Signals } | null;
}

test('all of them start, answer, take in new code where their backend says so, and stop as told', async () => {
  const rig = new Rig();
  const ports = await site(rig);
  const env = { DJANGO_SETTINGS_MODULE: 'all_servers', PYTHONDONTWRITEBYTECODE: '1' };
  const options = { env: { ...env, PRODSERVER_MANIFEST: 'prodserver.yaml' } };
  const told = await rig.run(['plan', '--json'], options);
  const plan = (JSON.parse(told.stdout) as { processes: Planned[] }).processes;
  expect(plan.filter(({ reload }) => reload !== null).map(({ name }) => name)).toEqual(RELOADING);

  const running: Running = rig.start(['start', '--all'], options);
  const up = await until(
    async () => {
      const rows = await rig.status();
      const ready = rows.filter(({ state }) => state === 'RUNNING' || state === 'EXITED');
      return ready.length === names.length ? rows : null;
    },
    'all to be up',
    PATIENCE_MS,
  );
  expect(Object.fromEntries(up.map(({ name, state, restarts }) => [name, [state, restarts]]))).toEqual(
    Object.fromEntries(names.map((name) => [name, [name === 'migrate' ? 'EXITED' : 'RUNNING', 0]])),
  );

  const pages = await Promise.all([...ports].map(async ([name, port]) => [name, await page(port)] as const));
  const shown = pages.map(([name, text]) => `${name}: ${text.trim()}`.replaceAll(/\/\d[\w.]*|:\d+/g, ''));
  expect(shown.join('\n')).toMatchInlineSnapshot(`
    "gunicorn: gunicorn: one
    uvicorn: no name: one
    uvicorn-wsgi: no name: one
    granian: no name: one
    granian-wsgi: Granian: one
    waitress: waitress: one
    daphne: no name: one
    hypercorn: no name: one
    runserver: WSGIServer: one
    runserver-daphne: no name: one
    own: files: one"
  `);

  rig.write('page.py', 'TEXT = "number two"\n');
  for (const { name, reload } of plan) {
    const pid = up.find((row) => row.name === name)?.pid;
    if (reload !== null && typeof pid === 'number') process.kill(pid, reload.signal);
  }
  // No page is refused meanwhile, but by Granian: a new worker of it has 3.5 s to listen before the old one ends.
  const renewed = async (name: string): Promise<boolean> => {
    const asked = page(ports.get(name) ?? 0);
    const text = await (name.startsWith('granian') ? asked.catch(() => 'refused') : asked);
    return text.endsWith('number two');
  };
  await Promise.all(
    RELOADING.map(async (name) => until(async () => renewed(name), `${name} to take in new code`)),
  );
  const after = await rig.status();
  expect(after.map(({ name, pid, restarts }) => [name, pid, restarts])).toEqual(
    up.map(({ name, pid }) => [name, pid, 0]),
  );

  running.kill('SIGTERM');
  const ended = await running.ended;
  expect([ended.code, ended.stderr]).toEqual([143, '']);
  const stopped = /^prodserver +\| ([\w-]+)\.1 STOPPING -> STOPPED \((exit code \d+|ended by \w+)/gm;
  const ends = [...ended.stdout.matchAll(stopped)];
  expect(
    ends
      .map(([, name, how]) => `${name}: ${how}`)
      .toSorted()
      .join('\n'),
  ).toMatchInlineSnapshot(`
    "daphne: exit code 0
    granian-wsgi: exit code 0
    granian: exit code 0
    gunicorn: exit code 0
    hypercorn: exit code 0
    own: exit code 0
    q2: exit code 0
    runserver-daphne: exit code 0
    runserver: ended by SIGTERM
    tasks: exit code 0
    uvicorn-wsgi: ended by SIGTERM
    uvicorn: exit code 0
    waitress: exit code 0"
  `);
  expect(rig.survivors()).toEqual([]);
});
