/** A server as its backend starts it, with an application that answers when the test says so. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, Compiled } from '../../../src/backends/backend.ts';
import { Rig, type Running } from '../../support/rig.ts';
import { compile } from '../support.ts';

/** pip fetches what is not there yet. Milliseconds. */
export const MAKING_MS = 900_000;

export interface Stage {
  readonly rig: Rig;
  readonly server: Running;
  readonly compiled: Compiled;
}

/** ARGS as a manifest may write them; what `check` refuses is passed on all the same. */
export function open(
  backend: Backend,
  python: string,
  args: Readonly<Record<string, unknown>>,
  extraArgs: readonly string[] = [],
): Stage {
  const rig = new Rig();
  copyFileSync(join(import.meta.dirname, 'app.py'), join(rig.folder, 'app.py'));
  rig.write('key.pem', '');
  // Of a process that lives, and is none of the server's.
  rig.write('left.pid', `${process.pid}\n`);
  copyFileSync(join(import.meta.dirname, 'settings.py'), join(rig.folder, 'settings.py'));
  const options = backend.options();
  const parsed = Object.entries(args).map(([key, value]) => [key, options[key]?.schema.parse(value)]);
  const app = backend.app === 'asgi' ? 'app:asgi' : 'app:application';
  const compiled = compile(
    backend,
    { app, python, extraArgs },
    Object.fromEntries(parsed) as Record<string, unknown>,
  );
  // Warnings of Python are how some programs tell that they ignore something.
  const env = { ...compiled.env, PYTHONWARNINGS: 'always' };
  return { rig, compiled, server: rig.spawn(compiled.argv, { env }) };
}
