/** Where a manifest is from: a file, or the settings of a Django project. */
import { failure, type Result } from '../model/failure.ts';
import { lastingPath, realPath } from '../os/files.ts';
import { findManifest } from './load.ts';
import type { Environment } from './interpolate.ts';

export type ManifestSource =
  /** `-` is standard input. */
  | { readonly kind: 'file'; readonly path: string }
  /** A module of the project in the working directory, such as `myproject.settings`. */
  | { readonly kind: 'settings'; readonly module: string };

/** What the command line names; null where it does not. */
export interface Given {
  readonly manifest: string | null;
  readonly settings: string | null;
}

/** What is given, else the file of PRODSERVER_MANIFEST, else a file here, else the settings of DJANGO_SETTINGS_MODULE. */
export function findSource(given: Given, cwd: string, env: Environment): Result<ManifestSource> {
  if (given.settings !== null) return settingsGiven(given.settings, given.manifest);
  const file = findManifest(given.manifest ?? undefined, cwd, env);
  if (file.ok) return { ok: true, value: { kind: 'file', path: file.value } };
  const module = env['DJANGO_SETTINGS_MODULE'] ?? '';
  // A file that was named and is not there is not replaced by something else.
  const named = given.manifest !== null || (env['PRODSERVER_MANIFEST'] ?? '') !== '';
  return named || module === '' ? file : { ok: true, value: { kind: 'settings', module } };
}

function settingsGiven(module: string, manifest: string | null): Result<ManifestSource> {
  if (manifest !== null) return misused('--settings and --manifest exclude each other');
  if (module === '' || /[/\s]|\.py$|^-/.test(module))
    return misused(`--settings must be a module such as myproject.settings, not "${module}"`);
  return { ok: true, value: { kind: 'settings', module } };
}

const misused = (detail: string): Result<never> => ({ ok: false, error: failure('usage', { detail }) });

/** By which its supervisors are found, without asking the settings anything. */
export const sourceId = (source: ManifestSource, cwd: string): string =>
  source.kind === 'file' ? lastingPath(source.path) : settingsId(source.module, cwd);

export const settingsId = (module: string, cwd: string): string => `${realPath(cwd)}:${module}`;
