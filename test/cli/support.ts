/** One command from its start to its end, as a person would see it. */
import { realpathSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, type Ended, type Rig } from '../support/rig.ts';

/** Exit code, what was printed and what was complained of; `folder` is FOLDER. */
function shown(folder: string, { code, signal, stdout, stderr }: Ended): string {
  const parts = [`exit ${signal ?? code}`];
  if (stdout !== '') parts.push(`--- stdout\n${stdout.trimEnd()}`);
  if (stderr !== '') parts.push(`--- stderr\n${stderr.trimEnd()}`);
  return parts
    .join('\n')
    .replaceAll(realpathSync(folder), 'FOLDER')
    .replaceAll(folder, 'FOLDER')
    .replaceAll(ROOT, 'PRODSERVER');
}

export const run = async (rig: Rig, ...args: readonly string[]): Promise<string> =>
  shown(rig.folder, await rig.run(args));

/** In `folder`, with `input` as its standard input; `before` are the words of a command that runs it. */
export function runWith(
  folder: string,
  input: string,
  args: readonly string[],
  before: readonly string[] = [],
): string {
  const [program = '', ...words] = [...before, process.execPath, join(ROOT, 'bin', 'prodserver'), ...args];
  const env = {
    ...process.env,
    NO_COLOR: '1',
    PRODSERVER_MANIFEST: '',
    DJANGO_SETTINGS_MODULE: '',
    VIRTUAL_ENV: '',
  };
  const { status, signal, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    env,
    input,
    encoding: 'utf8',
  });
  return shown(folder, { code: status, signal, stdout, stderr });
}

export const GOOD = `PRODUCTION_PROCESSES:
  web:
    BACKEND: GunicornServer
    APP: shop.wsgi
    ARGS: {bind: "127.0.0.1:8000"}
  worker:
    BACKEND: CeleryWorker
    APP: shop.celery.app
    ARGS: {concurrency: 2}
    INSTANCES: 2
SUPERVISOR: {python: /venv/bin/python}
`;
export const BAD = GOOD.replace('concurrency: 2', 'concurency: 2');
export const WARNING = GOOD.replace('{concurrency: 2}', '{max_tasks_per_child: 2}');
