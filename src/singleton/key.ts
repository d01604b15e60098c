/** What a lock is about, as one text: equal texts exclude each other. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { failure, type Failure, type Result } from '../model/failure.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { readEnvFiles } from '../os/env-file.ts';
import type { HelperOrder, HelperResult } from '../os/run.ts';

/** How long an application may take to import. Milliseconds. */
const ASK_TIMEOUT_MS = 60_000;

/** The system is short of something: that passes. */
const SHORTAGES: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

const answerSchema = z.object({
  v: z.literal(1),
  main: z.string().nullable(),
  broker: z.union([z.string(), z.array(z.string())]),
  scope: z.record(z.string(), z.unknown()),
});

export type Ask = (order: HelperOrder) => Promise<HelperResult>;

export interface KeyFailure {
  readonly failure: Failure;
  readonly permanent: boolean;
}

/** Like `lockKey`, and each application is asked once: its broker cannot change but with its files of variables. */
export type Keys = (spec: ProcessSpec, abort: AbortSignal) => Promise<Result<string, KeyFailure>>;

export function newKeys(ask: Ask): Keys {
  const known = new Map<string, string>();
  return async (spec, abort) => {
    const asked = questionOf(spec);
    const key = known.get(asked);
    if (key !== undefined) return { ok: true, value: key };
    const resolved = await lockKey(spec, ask, abort);
    if (resolved.ok) known.set(asked, resolved.value);
    return resolved;
  };
}

/** A key is good for as long as this is the same; the files' values are not kept. */
function questionOf({ name, envFiles }: ProcessSpec): string {
  if (envFiles.length === 0) return name;
  const files = readEnvFiles(envFiles);
  // What is wrong with them is told by the asking.
  const text = files.ok ? JSON.stringify(files.value) : '';
  return `${name} ${digest(text)}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** For a lock file, which is found by everybody who asks about the same. */
export const fileOfKey = (key: string): string => `${digest(key).slice(0, 24)}.lock`;

/** The name given in LOCK as it stands; else a short one for the application. */
export const nameOfKey = (key: string): string =>
  key.startsWith(NAMED) ? key.slice(NAMED.length) : `app-${digest(key).slice(0, 16)}`;

const NAMED = 'name ';

/**
 * The name given in LOCK, else the application and the broker that it really uses: staging and production may both be
 * named "config" and not block each other, while two checkouts of one application do. Passwords are left out.
 */
export async function lockKey(
  spec: ProcessSpec,
  ask: Ask,
  abort: AbortSignal,
): Promise<Result<string, KeyFailure>> {
  const { singleton } = spec;
  if (singleton === null) throw new Error(`${spec.instance} wants no lock`);
  if (singleton.kind === 'name') return { ok: true, value: NAMED + singleton.name };
  const { app } = singleton;
  const argv = singleton.ask as [string, ...string[]];
  const env = { ...spec.env, PRODSERVER_PROBE_FD: '3' };
  const { cwd, identity, envFiles } = spec;
  const result = await ask({ argv, env, cwd, identity, envFiles, timeoutMs: ASK_TIMEOUT_MS, abort });
  if (result.refused !== null) return { ok: false, error: result.refused };
  const output = result.said;
  const { errno } = result;
  if (errno !== null && SHORTAGES.has(errno))
    return refuse(failure('spawn-refused', { errno, detail: errno }), false);
  if (errno !== null)
    return refuse(failure('program-missing', { program: argv[0], searched: [argv[0]] }), true);
  if (result.timedOut) {
    return refuse(failure('application-silent', { app, output, seconds: ASK_TIMEOUT_MS / 1000 }), false);
  }
  const answer = parse(result.answer);
  if (result.exit.code !== 0 || answer === null) {
    const { exit } = result;
    // Celery's own exit code for an APP that is not found: trying again cannot help.
    return refuse(failure('application-broken', { app, output, exit }), result.exit.code === 2);
  }
  const scope = Object.entries(answer.scope).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { ok: true, value: JSON.stringify(['application', answer.main ?? app, answer.broker, scope]) };
}

const refuse = (problem: Failure, permanent: boolean): Result<string, KeyFailure> => ({
  ok: false,
  error: { failure: problem, permanent },
});

function parse(text: string): z.output<typeof answerSchema> | null {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // no JSON: the exit code and what was said tell why
  }
}
