/** Which interpreters the manifest means, and what is installed beside them. Nothing is run. */
import { basename } from 'node:path';
import type { ProcessRow } from '../control/protocol.ts';
import type { DeepFacts } from '../manifest/deep-facts.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { installedVersion } from '../os/packages.ts';
import { findProgram } from '../os/programs.ts';
import { celeryCommand, optionOf } from './beats.ts';
import type { VersionFacts } from './judge-versions.ts';
import { verdict, type Verdict, type Versions } from './verdict.ts';

export interface Interpreter extends VersionFacts {
  readonly path: string;
  readonly exists: boolean;
}

const PACKAGES = ['celery', 'kombu', 'billiard', 'redis'] as const;

/** `deep`: what an interpreter itself has told of them; null: it was not asked. */
export function interpretersOf(
  specs: readonly ProcessSpec[],
  rows: readonly ProcessRow[],
  deep: DeepFacts | null,
): Interpreter[] {
  const pythons = specs.filter(({ argv }) => /^(python|pypy)[\d.]*$/.test(basename(argv[0])));
  const byPath = new Map<string, ProcessSpec[]>();
  for (const spec of pythons) byPath.set(spec.argv[0], [...(byPath.get(spec.argv[0]) ?? []), spec]);
  return [...byPath].map(([path, mine]) => {
    const instances = new Set(mine.map(({ instance }) => instance));
    const told = rows.find(({ instance, versions }) => instances.has(instance) && versions !== null);
    const lost = rows.map(({ cause }) => (cause?.kind === 'broker-unreachable' ? cause.url : null));
    const asked = (deep?.applications ?? []).flatMap(({ brokers }) => brokers?.map(({ url }) => url) ?? []);
    return {
      path,
      exists: mine.every(({ cwd, env }) => findProgram(path, { cwd, env }) !== null),
      // What runs is what it was started with, whatever has been installed since.
      versions: told?.versions ?? askedOf(path, deep) ?? installedAt(path),
      pools: mine.flatMap(({ argv }) => poolOf(argv) ?? []),
      broker: [...lost, ...asked].find((url) => url !== null)?.split(':')[0] ?? null,
    };
  });
}

/** Of several answers each may tell of other packages. */
function askedOf(path: string, deep: DeepFacts | null): Versions | null {
  const told = deep?.interpreters.filter(({ python }) => python === path) ?? [];
  const wanted: readonly string[] = PACKAGES;
  const packages = told.flatMap((one) => one.packages).filter(({ name }) => wanted.includes(name));
  if (!packages.some(({ name, version }) => name === 'celery' && version !== null)) return null;
  const versions = packages.map(({ name, version }) => [name, version] as const);
  return { python: told[0]?.version, ...Object.fromEntries(versions) };
}

const installedAt = (python: string): Versions =>
  Object.fromEntries(PACKAGES.map((name) => [name, installedVersion(python, name)]));

/** Celery's own choice is prefork, unless the settings of the project say otherwise. */
function poolOf(argv: readonly string[]): string | null {
  const command = celeryCommand(argv);
  return command?.verb === 'worker' ? (optionOf(command.args, '--pool', '-P') ?? 'prefork') : null;
}

export function judgePython(interpreters: readonly Interpreter[]): Verdict[] {
  if (interpreters.length === 0) return [verdict('python', 'ok', { kind: 'unneeded' })];
  const missing = interpreters.filter(({ exists }) => !exists);
  if (missing.length > 0)
    return missing.map(({ path }) => verdict('python', 'bad', { kind: 'missing', path }));
  return [verdict('python', 'ok', { kind: 'found', paths: interpreters.map(({ path }) => path) })];
}
