/** A small project of settings, and what our helper answers about it. */
import { inject } from 'vitest';
import { answerSchema, type Answer } from '../../src/manifest/django-document.ts';
import { Rig, type Ended } from '../support/rig.ts';
import { join } from 'node:path';
import { HELPERS, Linked } from './harness.ts';

export const SETTINGS = join(HELPERS, 'prodserver_settings.py');

/** Writes the files of a project into the rig's folder; text alone is its `conf.py`. */
export function project(rig: Rig, files: string | Readonly<Record<string, string>>): void {
  const all = typeof files === 'string' ? { 'conf.py': files } : files;
  for (const [name, text] of Object.entries(all)) rig.write(name, text);
}

export interface Asked extends Ended {
  /** What came over the descriptor, as it was written. */
  readonly wire: string;
}

export async function ask(
  files: string | Readonly<Record<string, string>>,
  module = 'conf',
  env: NodeJS.ProcessEnv = {},
): Promise<Asked> {
  const rig = new Rig();
  project(rig, files);
  const argv = [inject('python'), SETTINGS, module] as const;
  const run = new Linked(rig, [...argv], {
    cwd: rig.folder,
    env: { PRODSERVER_SETTINGS_FD: '3', ...env },
  });
  const ended = await run.ended;
  return { ...ended, wire: run.wire };
}

/** The answer about settings that must be readable. */
export async function answerOf(
  files: string | Readonly<Record<string, string>>,
  module = 'conf',
): Promise<Answer> {
  const { code, stderr, wire } = await ask(files, module);
  if (code !== 0) throw new Error(stderr);
  return answerSchema.parse(JSON.parse(wire));
}
