/** SUPERVISOR.backends: backends of the user's own, from files that the manifest names. Nothing else is ever loaded. */
import type * as z from 'zod';
import type { Backend } from '../backends/backend.ts';
import { newRegistry, OURS, spellingsOf } from '../backends/registry.ts';
import { TOOLKIT } from '../backends/toolkit.ts';
import { failure, FailureError, type Failure } from '../model/failure.ts';
import { importFile, tellThrown, type Imported } from '../os/module.ts';
import { backendSchema, compiledSchema, findingsSchema, optionsSchema } from './custom-schema.ts';
import type { BackendFile, Custom, Loaded } from './loaded.ts';
import { mistakes } from './problems.ts';

/** How long a file may take to run. Milliseconds. */
const IMPORT_TIMEOUT_MS = 10_000;

/** The same manifest with the backends that it brings along; every reader of a manifest goes through this. */
export async function withBackends(loaded: Loaded): Promise<Loaded> {
  const { pending } = loaded;
  if (pending === undefined) return loaded;
  return pending.resume(await loadBackends(pending.files));
}

/** One file after the other, so that of two backends of one name the later file is told. */
async function loadBackends(files: readonly BackendFile[]): Promise<Custom> {
  const findings: Failure[] = [];
  const owners = new Map(OURS.spellings.map((spelling): [string, string | null] => [spelling, null]));
  const loaded: Backend[] = [];
  for (const { path, place } of files) {
    const imported = await importFile(path, IMPORT_TIMEOUT_MS);
    const { backends, failures } = await read(path, imported);
    const taken = backends.flatMap(spellingsOf).flatMap((name) => {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, path);
      return owner === undefined ? [] : [failure('backend-taken', { path, name, owner })];
    });
    findings.push(...[...failures, ...taken].map((one) => ({ ...one, place })));
    loaded.push(...backends);
  }
  return { registry: newRegistry([...loaded, ...OURS.all]), findings };
}

interface Read {
  readonly backends: readonly Backend[];
  readonly failures: readonly Failure[];
}

const none = (...failures: readonly Failure[]): Read => ({ backends: [], failures });

async function read(path: string, imported: Imported): Promise<Read> {
  if (!imported.ok) {
    if (imported.kind === 'missing') return none(failure('backend-file-missing', { path }));
    return none(broken(path, imported.error));
  }
  let given = imported.value;
  if (typeof given === 'function') {
    try {
      given = await (given as (toolkit: typeof TOOLKIT) => unknown)(TOOLKIT);
    } catch (error) {
      return none(broken(path, error));
    }
  }
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0)
    return none(shape(path, null, { field: '', expected: 'a backend', got: 'an empty list' }));
  const each = list.map((one, index) => check(path, one, list.length === 1 ? '' : `[${index}]`));
  return {
    backends: each.flatMap((one) => one.backends),
    failures: each.flatMap((one) => one.failures),
  };
}

const broken = (path: string, error: unknown): Failure =>
  failure('backend-file-broken', { path, detail: error === null ? null : tellThrown(error, path) });

interface Mistake {
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

const shape = (path: string, backend: string | null, mistake: Mistake): Failure =>
  failure('backend-shape', { path, backend, ...mistake });

function check(path: string, given: unknown, which: string): Read {
  const parsed = backendSchema.safeParse(given);
  const below = (field: string): string => [which, field].filter((part) => part !== '').join('.');
  if (!parsed.success) {
    const found = mistakes(backendSchema, parsed.error, given);
    return none(...found.map((one) => shape(path, null, { ...one, field: below(one.field) })));
  }
  const { options, rules, compile, ...plain } = parsed.data;
  const { name } = plain;
  // What its methods call `this` is what its author wrote.
  const run = <T>(method: string, schema: z.ZodType<T>, call: () => unknown): T =>
    checked(path, name, method, schema, call);
  try {
    const known = options === undefined ? {} : run('options', optionsSchema, () => options.call(given));
    const backend: Backend = {
      ...plain,
      options: () => known,
      rules: (subject) => run('rules', findingsSchema, () => rules?.call(given, subject) ?? []),
      compile: (entry) => ({
        ...run('compile', compiledSchema, () => compile.call(given, entry)),
        link: false,
        linkLoop: null,
      }),
    };
    return { backends: [backend], failures: [] };
  } catch (error) {
    if (error instanceof FailureError) return none(error.failure);
    throw error;
  }
}

/** Code of the user's own must not be the end of a supervisor, and what it gives goes into a plan. */
function checked<T>(
  path: string,
  backend: string,
  method: string,
  schema: z.ZodType<T>,
  call: () => unknown,
): T {
  let given: unknown;
  try {
    given = call();
  } catch (error) {
    throw new FailureError(
      failure('backend-failed', { path, backend, method, detail: tellThrown(error, path) }),
    );
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [first = { field: '', expected: '', got: '' }] = mistakes(schema, parsed.error, given);
  const { field } = first;
  const below = `${method}()${field === '' || field.startsWith('[') ? '' : '.'}${field}`;
  // What an `async` method gives.
  const wrong = given instanceof Promise ? { ...first, got: 'a promise' } : first;
  throw new FailureError(shape(path, backend, { ...wrong, field: below }));
}
