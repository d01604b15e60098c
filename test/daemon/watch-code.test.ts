/** Which changes of source files make processes start again, and which processes. */
import { expect, test } from 'vitest';
import {
  codeFolders,
  outermost,
  reloadsItself,
  runsPython,
  skipsFolder,
} from '../../src/daemon/code-rules.ts';
import { newCodeWatch } from '../../src/daemon/watch-code.ts';
import { FakeClock } from '../logs/support.ts';
import { settle } from '../supervisor/instance-support.ts';
import { spec } from '../supervisor/instance-support.ts';

/** Folders and files that are what the test says. */
class Project {
  readonly clock = new FakeClock();
  /** By path: content and stamp. */
  readonly files = new Map<string, { text: string; stamp: number }>();
  readonly restarts: { readonly instances: readonly string[]; readonly files: readonly string[] }[] = [];
  readonly watches: (readonly string[])[] = [];
  heard: (folder: string, name: string | null) => void = () => undefined;
  listed: string[] = [];
  printed = 0;

  readonly watch = newCodeWatch({
    clock: this.clock,
    skips: (folder) => skipsFolder(folder, (one) => one.endsWith('/env')),
    isBlind: () => false,
    isCode: (name) => name.endsWith('.py'),
    printOf: async (path) => {
      this.printed += 1;
      return this.files.get(path)?.text ?? 'missing';
    },
    list: async (folder) => {
      this.listed.push(folder);
      const inside = [...this.files].filter(([path]) => path.startsWith(`${folder}/`));
      if (inside.length === 0) return null;
      const names = inside.map(
        ([path, file]) => [path.slice(folder.length + 1), String(file.stamp)] as const,
      );
      return {
        files: new Map(names.filter(([name]) => !name.includes('/'))),
        folders: [
          ...new Set(names.flatMap(([name]) => (name.includes('/') ? [name.split('/')[0] ?? ''] : []))),
        ],
      };
    },
    watch: async (folders, heard) => {
      this.watches.push(folders);
      this.heard = heard;
      return () => undefined;
    },
    restart: (instances, files) => void this.restarts.push({ instances, files }),
  });

  static async of(files: readonly string[], folder = '/app'): Promise<Project> {
    const project = new Project();
    for (const file of files) project.write(file, 'old', false);
    await project.watch.follow([{ instance: 'worker.1', folders: [folder] }]);
    return project;
  }

  write(path: string, text: string, told = true): void {
    this.files.set(path, { text, stamp: (this.files.get(path)?.stamp ?? 0) + 1 });
    const at = path.lastIndexOf('/');
    if (told) this.heard(path.slice(0, at), path.slice(at + 1));
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.pass(Math.min(50, left));
      await settle();
    }
  }

  get changed(): (readonly string[])[] {
    return this.restarts.map(({ files }) => files);
  }
}

test('a burst of changes gives one restart, a change after it another', async () => {
  const project = await Project.of(['/app/shop/tasks.py', '/app/shop/models.py']);
  project.write('/app/shop/tasks.py', 'new');
  await project.pass(250);
  project.write('/app/shop/models.py', 'new');
  await project.pass(250);
  expect(project.restarts).toEqual([]);
  await project.pass(100);
  expect(project.restarts).toEqual([
    { instances: ['worker.1'], files: ['/app/shop/tasks.py', '/app/shop/models.py'] },
  ]);
  project.write('/app/shop/tasks.py', 'newer');
  await project.pass(400);
  expect(project.changed.slice(1)).toEqual([['/app/shop/tasks.py']]);
});

test('changes without an end give a restart now and then', async () => {
  const project = await Project.of(['/app/a.py']);
  for (let round = 0; round < 60; round += 1) {
    project.write('/app/a.py', `round ${round}`);
    await project.pass(200);
  }
  expect(project.restarts.length).toBeGreaterThanOrEqual(2);
  expect(project.restarts.length).toBeLessThanOrEqual(3);
});

test('a file that was only touched, and one that is no source, make nothing', async () => {
  const project = await Project.of(['/app/a.py', '/app/b.py']);
  const { printed } = project;
  project.write('/app/a.py', 'old');
  await project.pass(1000);
  expect(project.printed - printed).toBe(1);
  const looks = project.listed.length;
  project.write('/app/notes.txt', 'new');
  project.heard('/app', 'db.sqlite3');
  await project.pass(1000);
  expect([project.listed.length, project.restarts]).toEqual([looks, []]);
});

test('files that are added and removed, folders too; environments and caches are not looked into', async () => {
  const project = await Project.of([
    '/app/a.py',
    '/app/env/lib/x.py',
    '/app/.git/y.py',
    '/app/__pycache__/z.py',
  ]);
  expect(project.listed).toEqual(['/app']);
  project.write('/app/young/deep/b.py', 'new', false);
  project.heard('/app/young', null);
  await project.pass(400);
  project.files.delete('/app/a.py');
  project.heard('/app', 'a.py');
  await project.pass(400);
  project.files.delete('/app/young/deep/b.py');
  project.heard('/app', null);
  await project.pass(400);
  expect(project.changed).toEqual([['/app/young/deep/b.py'], ['/app/a.py'], ['/app/young/deep/b.py']]);
});

test('where the kernel tells nothing, a look now and then sees it, below all folders', async () => {
  const project = await Project.of(['/app/shop/jobs/a.py', '/app/b.py']);
  project.write('/app/shop/jobs/a.py', 'new', false);
  await project.pass(4900);
  expect(project.restarts).toEqual([]);
  await project.pass(450);
  expect(project.changed).toEqual([['/app/shop/jobs/a.py']]);
  await project.pass(5000);
  expect(project.restarts).toHaveLength(1);
});

test('only those are started again whose folders have it; new folders are known before they are news', async () => {
  const project = await Project.of(['/app/a.py', '/jobs/b.py']);
  await project.watch.follow([
    { instance: 'worker.1', folders: ['/app'] },
    { instance: 'mail.1', folders: ['/jobs', '/app'] },
  ]);
  expect(project.watches).toEqual([['/app'], ['/app', '/jobs']]);
  project.write('/jobs/b.py', 'new');
  await project.pass(400);
  project.write('/app/a.py', 'new');
  await project.pass(400);
  expect(project.restarts.map(({ instances }) => instances)).toEqual([['mail.1'], ['worker.1', 'mail.1']]);
  project.write('/app/a.py', 'newer');
  project.watch.close();
  await project.pass(60_000);
  expect([project.restarts.length, project.clock.armed]).toEqual([2, 0]);
});

test('what was written while all of it is looked at for the first time is news', async () => {
  const project = new Project();
  project.write('/app/a.py', 'old', false);
  const following = project.watch.follow([{ instance: 'worker.1', folders: ['/app'] }]);
  while (project.watches.length === 0) await Promise.resolve();
  project.write('/app/a.py', 'new');
  await following;
  expect(project.changed).toEqual([['/app/a.py']]);
  await project.pass(1000);
  expect(project.restarts).toHaveLength(1);
});

const command = (...argv: [string, ...string[]]) => spec({ backend: 'Command', argv });

test.each([
  [['python', 'manage.py', 'runserver', '127.0.0.1:8000'], true],
  [['python', 'manage.py', 'runserver', '--noreload'], false],
  [['python', '-m', 'gunicorn', '--reload', 'shop.wsgi'], true],
  [['python', '-m', 'gunicorn', 'shop.wsgi'], false],
  [['python', '-m', 'celery', '-A', 'shop', 'worker'], false],
  [['/venv/bin/watchmedo', 'auto-restart', 'celery'], true],
] as const)('%j sees to it itself: %s', (argv, itself) => {
  expect(reloadsItself(spec({ argv: [...argv] as [string, ...string[]] }))).toBe(itself);
});

test.each([
  [command('sleep', '1000'), null, false],
  [command('redis-server', '--port', '6379'), null, false],
  [command('/venv/bin/python3.12', 'run.py'), null, true],
  [command('sh', '-c', 'cd jobs && python run.pyc'), null, true],
  [command('rq', 'worker'), '#!/venv/bin/python3', true],
  [command('npm', 'start'), '#!/usr/bin/env node', false],
  [spec({ backend: 'CeleryWorker', argv: ['/opt/own', '-m', 'celery'] }), null, true],
  [spec({ backend: 'MyNodeServer', argv: ['node', 'x.js'] }), null, false],
])('%# runs Python', (one, shebang, python) => {
  expect(runsPython(one, shebang)).toBe(python);
});

test('where code stands: the folder of the process, and those that it is told', () => {
  const argv: [string, ...string[]] = ['celery', '--workdir=src', '--app-dir', '/lib', '-A', 'shop'];
  expect(codeFolders(spec({ cwd: '/app', argv, env: { PYTHONPATH: '/more:/app/x' } }))).toEqual([
    '/app',
    '/lib',
    '/more',
  ]);
  expect(outermost(['/a/b', '/a', '/ab', '/a'])).toEqual(['/a', '/ab']);
  expect(
    ['/app/.tox', '/app/node_modules', '/proc', '/app/shop'].map((one) => skipsFolder(one, () => false)),
  ).toEqual([true, true, true, false]);
});
