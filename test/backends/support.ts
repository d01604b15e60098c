/** Entries made by hand, and what the real programs say of their own options. */
import { spawnSync } from 'node:child_process';
import { inject } from 'vitest';
import type { Backend, Compiled, Entry } from '../../src/backends/backend.ts';
import type { Option } from '../../src/backends/options.ts';

/** `args` are values as a table has parsed them. */
export function compile(
  backend: Backend,
  change: Partial<Omit<Entry, 'args'>> = {},
  args: Readonly<Record<string, unknown>> = {},
): Compiled {
  return backend.compile({
    name: 'one',
    index: 1,
    instances: 1,
    app: 'shop.celery.app',
    args: new Map(Object.entries(args)),
    extraArgs: [],
    cmd: null,
    python: '/venv/bin/python',
    helpers: '/helpers',
    env: {},
    hasFile: () => false,
    installed: () => null,
    sockets: [],
    ...change,
  });
}

/** What a Python snippet prints as JSON, in the interpreter that has the programs. */
export function askPython(code: string, python = inject('wholePython')): unknown {
  const run = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`);
  return JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as unknown;
}

export type Kind = 'flag' | 'whole' | 'number' | 'choice' | 'text';

/** What an option of our tables takes, found by trying. */
export function kindOf(option: Option): Kind | 'refused' {
  const takes = (value: unknown): boolean => option.schema.safeParse(value).success;
  if (option.refused !== undefined) return 'refused';
  if (takes(null)) return 'flag';
  if (takes('a word like no other')) return 'text';
  if (option.schema.description?.startsWith('one of ') === true) return 'choice';
  return takes(20_000.5) ? 'number' : 'whole';
}

/** The words of a closed list. */
export const choicesOf = (option: Option): readonly string[] =>
  option.schema.description?.replace('one of ', '').split(', ') ?? [];
