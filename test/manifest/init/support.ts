/** From the text of a source to that of the manifest, what `check` says of it, and what would run. */
import { join } from 'node:path';
import { parseManifest } from '../../../src/manifest/document.ts';
import { gather, type InitOrder } from '../../../src/manifest/init/gather.ts';
import { verify } from '../../../src/manifest/init/verify.ts';
import { compile } from '../../../src/manifest/load.ts';
import type { Failure, Result } from '../../../src/model/failure.ts';
import type { ProcessSpec } from '../../../src/model/spec.ts';
import { runHelper } from '../../../src/os/run.ts';
import { diagnosticText } from '../../../src/render/diagnostics.ts';
import { foundText, manifestText } from '../../../src/render/init.ts';
import { newPaint } from '../../../src/render/paint.ts';
import { newFolder, write } from '../support.ts';

export interface Made {
  readonly folder: string;
  /** The whole file. */
  readonly text: string;
  /** Its notes, one a line. */
  readonly notes: readonly string[];
  readonly found: readonly string[];
  readonly findings: readonly string[];
  /** What would run, with these variables on top. */
  specs(env?: Record<string, string>): readonly ProcessSpec[];
}

type Options = Partial<Pick<InitOrder, 'from' | 'file' | 'settings' | 'env'>>;

export async function make(files: Readonly<Record<string, string>>, options: Options = {}): Promise<Made> {
  const folder = newFolder();
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  const gathered = await gathering(folder, options);
  if (!gathered.ok) throw new Error(gathered.error.map(told).join('\n'));
  const { source, proposal } = gathered.value;
  const text = manifestText(source, proposal);
  const path = join(folder, 'prodserver.yaml');
  const { secrets } = proposal;
  const findings = verify(text, { shown: 'prodserver.yaml', path, folder, env: {}, secrets });
  return {
    folder,
    text: text.replaceAll(folder, 'FOLDER'),
    notes: notesOf(text).map((note) => note.replaceAll(folder, 'FOLDER')),
    found: foundText(gathered.value),
    findings: findings.map(told),
    specs(env = {}) {
      const parsed = parseManifest('prodserver.yaml', text);
      if (!parsed.ok) throw new Error(parsed.error.map(told).join('\n'));
      const loaded = compile(parsed.value, { path, folder, env, settings: null });
      if (loaded.plan === null) throw new Error(loaded.findings.map(told).join('\n'));
      return loaded.plan.processes;
    },
  };
}

/** What is said instead of a manifest. */
export async function refusal(
  files: Readonly<Record<string, string>>,
  options: Options = {},
): Promise<string> {
  const folder = newFolder();
  for (const [name, text] of Object.entries(files)) write(folder, name, text);
  const gathered = await gathering(folder, options);
  if (gathered.ok) throw new Error('a manifest was made');
  return gathered.error.map(told).join('\n').replaceAll(folder, 'FOLDER');
}

const gathering = (
  cwd: string,
  options: Options,
): Promise<Result<Parameters<typeof foundText>[0], readonly Failure[]>> =>
  gather({ from: null, file: null, settings: null, cwd, env: {}, folder: cwd, ...options }, runHelper);

const told = (finding: Failure): string => diagnosticText(finding, newPaint(false));

/** Without the lines that it was broken into. */
const notesOf = (text: string): string[] =>
  text
    .split('\n\n')[0]
    ?.replaceAll(/\n#   /g, ' ')
    .split('\n')
    .filter((line) => line.startsWith('# - '))
    .map((line) => line.slice(4)) ?? [];

/** The part of the text that is no comment. */
export const body = (text: string): string => text.slice(text.indexOf('\n\n') + 2);
