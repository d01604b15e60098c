/** RECYCLE of an entry as part of its spec, and the rules between its keys. */
import type { Backend } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { RecyclePolicy } from '../model/spec.ts';
import type { Document } from './document.ts';
import type { Schedule } from './loaded.ts';
import { wrongValue } from './problems.ts';
import { recycle, SCHEDULE, type RecycleInput } from './schema-recycle.ts';

/** A tenth keeps replicas apart that were started together; what has just been started is left to settle. */
const DEFAULTS = { memory: 'pss', jitter: 0.1, minUptimeMs: 30_000 } as const;

export function recycleOf(input: RecycleInput | undefined): RecyclePolicy | null {
  if (input === undefined) return null;
  return {
    maxMemory: input['max-memory'] ?? null,
    maxMemoryHard: input['max-memory-hard'] ?? null,
    memory: input.memory ?? DEFAULTS.memory,
    maxTasks: input['max-tasks'] ?? null,
    maxAgeMs: input['max-age'] ?? null,
    schedule: input.schedule ?? null,
    timezone: input.timezone ?? null,
    jitter: input.jitter ?? DEFAULTS.jitter,
    minUptimeMs: input['min-uptime'] ?? DEFAULTS.minUptimeMs,
  };
}

/** That of an entry, if there is one; a value of another kind is the schema's concern. */
export function scheduleOf(doc: Document, entry: unknown, base: readonly string[]): Schedule[] {
  const given = (entry as { readonly RECYCLE?: { readonly schedule?: unknown } | null } | null)?.RECYCLE;
  const pattern = given?.schedule;
  if (typeof pattern !== 'string') return [];
  return [{ pattern, wrong: wrongValue(doc, [...base, 'RECYCLE', 'schedule'], SCHEDULE, pattern) }];
}

/** `oneshot`: the entry is to end by itself. */
export function recycleRules(
  doc: Document,
  backend: Backend,
  given: unknown,
  oneshot: boolean,
  base: readonly string[],
): Failure[] {
  if (given === undefined) return [];
  const path = [...base, 'RECYCLE'];
  const found: Failure[] = [];
  const useless = (at: readonly string[], why: string): void => {
    const facts = { key: at.at(-1) ?? '', backend: backend.name, why };
    found.push(failure('key-useless', facts, { place: doc.place(at, 'key') }));
  };
  if (oneshot) useless(path, 'with ONESHOT it ends by itself');
  const input = recycle.safeParse(given).data;
  if (input === undefined) return found;

  if (input['max-tasks'] !== undefined && backend.name !== 'CeleryWorker')
    useless([...path, 'max-tasks'], notCounted(backend.name));
  const { 'max-memory': soft, 'max-memory-hard': hard } = input;
  if (soft !== undefined && hard !== undefined && hard <= soft) {
    const written = (given as Record<string, unknown>)['max-memory-hard'];
    found.push(wrongValue(doc, [...path, 'max-memory-hard'], 'above max-memory', written));
  }
  if (input.timezone !== undefined && input.schedule === undefined) {
    const facts = { key: 'schedule', owner: 'RECYCLE', example: "schedule: '0 4 * * *'" };
    found.push(failure('key-missing', facts, { place: doc.place([...path, 'timezone'], 'key') }));
  }
  if (input.memory !== undefined && soft === undefined && hard === undefined) {
    const facts = { key: 'max-memory', owner: 'RECYCLE', example: 'max-memory: 512MiB' };
    found.push(failure('key-missing', facts, { place: doc.place([...path, 'memory'], 'key') }));
  }
  return found;
}

/** Servers that restart a worker of theirs after so many requests, and how they are told. */
const COUNTS: Readonly<Record<string, string>> = {
  GunicornServer: 'gunicorn counts requests itself (max-requests)',
  UvicornServer: 'uvicorn counts requests itself (limit-max-requests)',
  UvicornWSGIServer: 'uvicorn counts requests itself (limit-max-requests)',
  HypercornServer: 'Hypercorn counts requests itself (max-requests)',
  DjangoTasksWorker: 'db_worker counts them itself (max-tasks)',
};

function notCounted(backend: string): string {
  const why = 'only a CeleryWorker tells how many tasks it has done';
  return COUNTS[backend] === undefined ? why : `${why}; ${COUNTS[backend]}`;
}
