/** A folder with a manifest in it, and everything that a person is told about that manifest. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/manifest/interpolate.ts';
import { isCronPattern } from '../../src/manifest/cron.ts';
import { loadManifest } from '../../src/manifest/load.ts';
import { checkSchedules, type Loaded } from '../../src/manifest/loaded.ts';
import { severityOf, type Failure } from '../../src/model/failure.ts';
import type { ProcessSpec } from '../../src/model/spec.ts';
import type { AvailableMemory } from '../../src/os/available-memory.ts';
import { diagnosticText } from '../../src/render/diagnostics.ts';
import { newPaint } from '../../src/render/paint.ts';

export interface LoadOptions {
  readonly env?: Environment;
  /** The name of the file, by which people know it too. */
  readonly name?: string;
  /** What the machine has for all processes together; a test of something else is not to depend on it. */
  readonly memory?: AvailableMemory;
}

const PLENTY: AvailableMemory = { bytes: 2 ** 50, of: 'machine' };

/** A new folder, gone when the test is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function write(folder: string, name: string, text: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

export function load(
  text: string | Buffer,
  { env = {}, name = 'prodserver.yaml', memory = PLENTY }: LoadOptions = {},
): Loaded {
  const folder = newFolder();
  const loaded = loadManifest(write(folder, name, text), name, env, folder, new Map(), () => memory);
  return checkSchedules(loaded, isCronPattern);
}

const PLAIN = newPaint(false);

/** All that is wrong with a manifest as `check` says it, without colours. */
export const told = (text: string | Buffer, options: LoadOptions = {}): string => tell(load(text, options));

const textOf = (findings: readonly Failure[]): string =>
  findings.map((finding) => diagnosticText(finding, PLAIN)).join('\n\n');

export const tell = ({ findings }: Loaded): string =>
  textOf(findings.filter(({ code }) => severityOf(code) !== 'info'));

/** What `check` adds where nothing is wrong. */
export const infos = (text: string, options: LoadOptions = {}): string =>
  textOf(load(text, options).findings.filter(({ code }) => severityOf(code) === 'info'));

/** The processes of a manifest that must be right; warnings are allowed. */
export function processes(text: string, options: LoadOptions = {}): readonly ProcessSpec[] {
  const loaded = load(text, options);
  if (loaded.plan === null) throw new Error(tell(loaded));
  return loaded.plan.processes;
}

/** A manifest with one entry of these lines. */
export const entry = (name: string, ...lines: readonly string[]): string =>
  ['PRODUCTION_PROCESSES:', `  ${name}:`, ...lines.map((line) => `    ${line}`), ''].join('\n');

export const job = (...lines: readonly string[]): string =>
  entry('job', 'BACKEND: Command', 'CMD: [date]', ...lines);
export const worker = (...lines: readonly string[]): string =>
  entry('worker', 'BACKEND: CeleryWorker', 'APP: shop.celery.app', ...lines);
export const beat = (...lines: readonly string[]): string =>
  entry('beat', 'BACKEND: CeleryBeat', 'APP: shop.celery.app', ...lines);
export const web = (...lines: readonly string[]): string =>
  entry('web', 'BACKEND: GunicornServer', 'APP: shop.wsgi', ...lines);

/** The argv of the one process of a manifest. */
export const argvOf = (text: string, options: LoadOptions = {}): readonly string[] =>
  processes(text, options)[0]?.argv ?? [];
