/** Two of one server on one address: what the second does, and who is taken along. */
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Backend, Listening } from '../../../src/backends/backend.ts';
import { refusal } from '../../../src/os/listen.ts';
import { entry, told } from '../../manifest/support.ts';
import { freePort, Rig, until } from '../../support/rig.ts';
import { open } from './stage.ts';

/** Milliseconds. */
const LOOK_MS = 1000;

type Args = Readonly<Record<string, unknown>>;

/** What it says when it listens. */
export const LISTENS =
  /Listening at:|running on (http|unix)|Running on (http|unix)|Serving on|Listening on TCP/;

export interface Case {
  readonly backend: Backend;
  /** PORT stands for a free one. */
  readonly args: Args;
  /** `ends`: the second does; `shares`: both listen. */
  readonly second: 'ends' | 'shares';
  /** Whether its `[::]` is every IPv4 address too. */
  readonly dualStack: boolean;
}

const claimOf = (claims: readonly unknown[]): Listening => claims[0] as Listening;

/** On `[::]`, for what it does to IPv4 is seen only there. */
export async function judgePort(python: string, { backend, args, second, dualStack }: Case): Promise<void> {
  const port = await freePort();
  const real = Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      value === 'PORT' ? port : typeof value === 'string' ? value.replace('PORT', String(port)) : value,
    ]),
  );
  const { server, compiled } = open(backend, python, real);
  await until(
    async () => (await refusal({ kind: 'tcp', host: '::1', port }, LOOK_MS)) === null,
    `${backend.name} to listen`,
  );
  const reached = (await refusal({ kind: 'tcp', host: '127.0.0.1', port }, LOOK_MS)) === null;
  expect.soft(reached, 'reached by IPv4').toBe(dualStack);
  expect.soft(claimOf(compiled.claims).dualStack, 'held to be so').toBe(dualStack);

  const { server: other } = open(backend, python, real);
  await until(
    () => other.over || LISTENS.test(other.stdout + other.stderr),
    `a second ${backend.name} to listen or to end`,
  );
  expect.soft(other.over ? 'ends' : 'shares').toBe(second);
  expect.soft(server.over).toBe(false);
  expect(check(backend, real).includes('[address-twice]')).toBe(second === 'ends');
}

/** Two entries as these. */
const check = (backend: Backend, args: Args): string => {
  const one = (name: string): string =>
    entry(name, `BACKEND: ${backend.name}`, 'APP: app', `ARGS: ${JSON.stringify(args)}`);
  return told(one('web') + one('more').split('\n').slice(1).join('\n'));
};

/** `takes`: the first goes on to run, and nobody reaches it. */
export async function judgeSocket(
  python: string,
  backend: Backend,
  option: string,
  second: 'ends' | 'takes',
): Promise<void> {
  const path = join(new Rig().folder, 'shared.sock');
  const value = option === 'bind' ? `unix:${path}` : path;
  const { server } = open(backend, python, { [option]: value });
  const listens = async (): Promise<boolean> => (await refusal({ kind: 'unix', path }, LOOK_MS)) === null;
  await until(listens, `${backend.name} to listen`);
  const { server: other } = open(backend, python, { [option]: value });
  await until(() => other.over || LISTENS.test(other.stdout + other.stderr), 'the second');
  expect.soft(other.over ? 'ends' : 'takes').toBe(second);
  expect.soft(server.over).toBe(false);
  if (second === 'takes') {
    // Who answers is the second: without it there is nobody.
    other.kill('SIGTERM');
    await other.ended;
    expect(await listens()).toBe(false);
  }
}
