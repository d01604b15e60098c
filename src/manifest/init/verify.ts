/** What `check` will say of a new manifest, once the variables that it names are set. */
import { severityOf, type Failure } from '../../model/failure.ts';
import { parseManifest, type Path } from '../document.ts';
import type { Environment } from '../interpolate.ts';
import { compile } from '../load.ts';

export interface Text {
  readonly shown: string;
  readonly path: string;
  readonly folder: string;
  readonly env: Environment;
  /** Values of variables that the new manifest has in the place of what was there. */
  readonly secrets: ReadonlyMap<string, string>;
}

export function verify(text: string, { shown, path, folder, env: own, secrets }: Text): readonly Failure[] {
  const parsed = parseManifest(shown, text);
  if (!parsed.ok) return parsed.error;
  const doc = parsed.value;
  const env = { ...own, ...Object.fromEntries(secrets) };
  const missing = [...text.matchAll(/\$\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => env[name] === undefined);
  // A number is a text as well; where neither is right, nobody knows the value yet.
  const assumed = { ...Object.fromEntries(missing.map((name) => [name, '1'])), ...env };
  const { findings } = compile(doc, { path, folder, env: assumed, settings: null });
  return findings.filter(
    ({ code, place }) =>
      code === 'option-unwise' ||
      (severityOf(code) !== 'info' &&
        !namesOneOf(valueAt(doc.value, place === undefined ? [] : place.path), missing)),
  );
}

const namesOneOf = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'string' && names.some((name) => value.includes(`\${${name}}`));

function valueAt(value: unknown, path: Path): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}
