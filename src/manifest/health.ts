/** READY, LIVE, WAIT_FOR and DEPENDS_ON of an entry as parts of its spec. */
import { resolve } from 'node:path';
import type { Compiled } from '../backends/backend.ts';
import type { Address, Dependency, Liveness, Probe, ProbeTiming, Readiness, WaitFor } from '../model/spec.ts';
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
  return {
    probes: probesOf(input, input['max-age'] ?? periodMs * failures, compiled, cwd),
    delayMs: input.delay ?? LIVE_TIMING.delayMs,
    periodMs,
    timeoutMs: input.timeout ?? LIVE_TIMING.timeoutMs,
    failures,
  };
}

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
