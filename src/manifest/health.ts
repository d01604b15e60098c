/** READY, LIVE, WAIT_FOR and DEPENDS_ON of an entry as parts of its spec. */
import { resolve } from 'node:path';
import type { Compiled } from '../backends/backend.ts';
import type {
  Address,
  Dependency,
  LinkLiveness,
  Liveness,
  Probe,
  ProbeTiming,
  Readiness,
  WaitFor,
} from '../model/spec.ts';
import type { DependsOnInput, LiveInput, ReadyInput, WaitForInput } from './schema-health.ts';
import { parseTarget } from './targets.ts';

/** A server that has just become ready is noticed at once, for people's eyes. */
const READY_TIMING: ProbeTiming = { delayMs: 0, periodMs: 100, timeoutMs: 2000 };
/** Kubernetes' periodSeconds and failureThreshold; its 1 s for a look kills servers that are only busy. */
const LIVE_TIMING: ProbeTiming = { delayMs: 0, periodMs: 10_000, timeoutMs: 5000 };
const LIVE_FAILURES = 3;
/** A program costs more than a connection. Milliseconds. */
const COMMAND_PERIOD_MS = 1000;

export function readinessOf(input: ReadyInput | undefined, compiled: Compiled, cwd: string): Readiness {
  const wanted = probesOf(input ?? {}, null, compiled, cwd);
  const [only] = wanted;
  if (only === undefined) return compiled.readiness;
  // On a held socket the predecessor would answer for it.
  if (compiled.readiness.kind === 'awaits') return { kind: 'all', probes: [compiled.readiness, ...wanted] };
  return wanted.length === 1 ? only : { kind: 'all', probes: wanted };
}

export const readinessTimingOf = (input: ReadyInput | undefined): ProbeTiming => ({
  delayMs: input?.delay ?? READY_TIMING.delayMs,
  periodMs: input?.period ?? (input?.command === undefined ? READY_TIMING.periodMs : COMMAND_PERIOD_MS),
  timeoutMs: input?.['probe-timeout'] ?? READY_TIMING.timeoutMs,
});

export function livenessOf(input: LiveInput | undefined, compiled: Compiled, cwd: string): Liveness | null {
  if (input === undefined) return null;
  const periodMs = input.period ?? LIVE_TIMING.periodMs;
  const failures = input.failures ?? LIVE_FAILURES;
  const probes = probesOf(input, input['max-age'] ?? periodMs * failures, compiled, cwd);
  if (probes.length === 0) return null;
  return {
    probes,
    delayMs: input.delay ?? LIVE_TIMING.delayMs,
    periodMs,
    timeoutMs: input.timeout ?? LIVE_TIMING.timeoutMs,
    failures,
  };
}

/** Celery's own worst stretches (a slow start of many children, a full disk of logs) stay below. Milliseconds. */
const LINK = { loopMs: 30_000, canaryMs: 30_000, pollingMs: 15_000, beatMs: 30_000 } as const;

/** On wherever a process reports what can be judged, unless it is turned off. */
export function linkLivenessOf(
  input: LiveInput | undefined,
  { linkLoop: loop }: Compiled,
): LinkLiveness | null {
  const given = input?.celery ?? {};
  if (loop === null || given === 'off') return null;
  return {
    loop,
    loopMs: given.loop ?? LINK.loopMs,
    canaryMs: given.canary === 'off' ? null : (given.canary ?? LINK.canaryMs),
    pollingMs: given.polling ?? LINK.pollingMs,
    beatMs: given.beat ?? LINK.beatMs,
    taskMs: given.task ?? null,
    stuck: given.stuck ?? 'report',
  };
}

/** What LIVE.celery says in vain, by key, and why. */
export function uselessLive(
  celery: LiveInput['celery'],
  backend: string,
): { readonly key: string; readonly why: string }[] {
  const known = LINKED[backend];
  if (celery === undefined) return [];
  if (known === undefined)
    return [{ key: 'celery', why: 'only CeleryWorker and CeleryBeat report from inside' }];
  if (celery === 'off') return [];
  const other = Object.keys(celery)
    .filter((key) => !known.keys.includes(key))
    .map((key) => ({ key, why: `it is for ${known.other}` }));
  const limitless = celery.stuck !== undefined && celery.task === undefined;
  return limitless && known.keys.includes('stuck')
    ? [...other, { key: 'stuck', why: 'it needs task, after which a slot counts as stuck' }]
    : other;
}

/** Which keys of LIVE.celery mean something to whom, and to whom the others do. */
const LINKED: Readonly<Record<string, { readonly keys: readonly string[]; readonly other: string }>> = {
  CeleryWorker: { keys: ['loop', 'canary', 'polling', 'task', 'stuck'], other: 'CeleryBeat' },
  CeleryBeat: { keys: ['beat'], other: 'CeleryWorker' },
};

function probesOf(
  { http, tcp, command, file }: Pick<ReadyInput, 'http' | 'tcp' | 'command' | 'file'>,
  maxAgeMs: number | null,
  compiled: Compiled,
  cwd: string,
): Probe[] {
  const addresses = compiled.readiness.kind === 'listen' ? compiled.readiness.addresses : [];
  const found: (Probe | null)[] = [
    http === undefined ? null : { kind: 'http', url: http, addresses },
    tcp === undefined ? null : { kind: 'listen', addresses: [tcpAddress(tcp)] },
    command === undefined ? null : { kind: 'command', argv: command as [string, ...string[]] },
    file === undefined ? null : { kind: 'file', path: resolve(cwd, file), maxAgeMs },
  ];
  return found.filter((probe) => probe !== null);
}

function tcpAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  return {
    kind: 'tcp',
    host: text.slice(0, colon).replaceAll(/[[\]]/g, ''),
    port: Number(text.slice(colon + 1)),
  };
}

export function waitForOf(input: WaitForInput | undefined, cwd: string): WaitFor | null {
  if (input === undefined) return null;
  const { targets, timeout = null } = Array.isArray(input) ? { targets: input } : input;
  return {
    targets: targets.flatMap((text) => parseTarget(text, cwd) ?? []),
    timeoutMs: timeout,
  };
}

/** In a list, what is to end must have completed, and everything else be ready. */
export function dependsOnOf(
  input: DependsOnInput | undefined,
  isOneshot: (name: string) => boolean,
): Dependency[] {
  if (input === undefined) return [];
  if (!Array.isArray(input)) return Object.entries(input).map(([name, needs]) => ({ name, needs }));
  return input.map((name) => ({ name, needs: isOneshot(name) ? 'completed' : 'ready' }));
}
