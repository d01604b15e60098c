/** Which backends a manifest may name, and the one that an entry names. */
import { resolve } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import type { Registry } from '../backends/registry.ts';
import { failure, type Failure } from '../model/failure.ts';
import { nearest } from '../model/units.ts';
import type { Document } from './document.ts';
import type { BackendFile } from './loaded.ts';
import { supervisorSchema } from './schema.ts';

/** The files of SUPERVISOR.backends; null where they are no list of paths, which is told with the rest of SUPERVISOR. */
export function backendFiles(
  doc: Document,
  root: Record<string, unknown>,
  folder: string,
): BackendFile[] | null {
  const supervisor = root['SUPERVISOR'] as { readonly backends?: unknown } | null | undefined;
  const given = supervisor?.backends;
  const parsed = supervisorSchema.shape.backends.safeParse(given);
  if (!parsed.success) return null;
  return (parsed.data ?? []).map((file, index) => ({
    path: resolve(folder, file),
    place: doc.place(['SUPERVISOR', 'backends', index], 'value'),
  }));
}

/** `whole`: no file of backends is missing, so that an unknown name is a mistake of its own. */
export interface Known {
  readonly registry: Registry;
  readonly whole: boolean;
}

export function resolveBackend(
  doc: Document,
  text: string,
  base: string[],
  { registry, whole }: Known,
  findings: Failure[],
): Backend | null {
  const backend = registry.find(text);
  if (backend !== null || !whole) return backend;
  const place = doc.place([...base, 'BACKEND'], 'value');
  const { names, spellings } = registry;
  const near = nearest(text, spellings) ?? nearest(text.split('.').at(-1) ?? '', names);
  findings.push(failure('backend-unknown', { backend: text, near, known: names }, { place }));
  return null;
}
