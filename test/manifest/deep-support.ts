/** A project on disk, asked as `check --deep` does, and what is said of it. */
import { dirname } from 'node:path';
import { inject } from 'vitest';
import { deepFindings, type Deep } from '../../src/manifest/deep.ts';
import { loadManifest } from '../../src/manifest/load.ts';
import { runInterview } from '../../src/os/interview.ts';
import { diagnosticText } from '../../src/render/diagnostics.ts';
import { newPaint } from '../../src/render/paint.ts';
import type { Rig } from '../support/rig.ts';

interface Options {
  /** The environment that all processes are started from. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly verbose?: boolean;
}

export interface Asked extends Deep {
  readonly text: string;
}

export async function askDeep(rig: Rig, manifest: string, options: Options = {}): Promise<Asked> {
  const { env: given = {}, timeoutMs = 60_000, verbose = false } = options;
  const env = { PATH: process.env['PATH'], VIRTUAL_ENV: dirname(dirname(inject('python'))), ...given };
  // Where they would listen is of no concern here.
  const elsewhere = { ...env, GUNICORN_CMD_ARGS: '', UVICORN_PORT: '0' };
  const loaded = loadManifest(rig.manifest(manifest), 'prodserver.yaml', elsewhere, rig.folder);
  if (loaded.plan === null) throw new Error(JSON.stringify(loaded.findings, null, 2));
  const order = {
    env,
    timeoutMs,
    verbose,
    parallel: 2,
    abort: new AbortController().signal,
    onProgress: () => undefined,
  };
  const deep = await deepFindings(loaded, order, async (one) =>
    runInterview({ ...one, env: { ...given, ...one.env, PRODSERVER_TEST_RIG: rig.folder } }),
  );
  const text = deep.findings
    .map((finding) => diagnosticText(finding, newPaint(false)))
    .join('\n')
    .replaceAll(rig.folder, 'FOLDER')
    .replaceAll(inject('python'), 'PYTHON');
  return { ...deep, text };
}
