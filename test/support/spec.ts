import type { LinkLiveness, ProcessSpec, RecyclePolicy } from '../../src/model/spec.ts';
import type { WorkerVitals } from '../../src/model/vitals.ts';

/** What a spec says where the manifest asks for nothing. */
export const UNASKED: Pick<
  ProcessSpec,
  | 'sockets'
  | 'readinessTiming'
  | 'liveness'
  | 'linkLiveness'
  | 'recycle'
  | 'overlap'
  | 'stackDump'
  | 'reload'
  | 'dependsOn'
  | 'waitFor'
  | 'oneshot'
  | 'lockStore'
> = {
  sockets: [],
  readinessTiming: { delayMs: 0, periodMs: 100, timeoutMs: 2000 },
  liveness: null,
  linkLiveness: null,
  recycle: null,
  overlap: null,
  stackDump: null,
  reload: null,
  dependsOn: [],
  waitFor: null,
  oneshot: false,
  lockStore: { kind: 'file', path: null },
};

/** Of the holder of a lock of the kernel. */
export const NO_LEASE = { host: null, fence: null, expiresInMs: null } as const;

/** How a prefork worker is judged. Milliseconds. */
export const LINK_LIVENESS: LinkLiveness = {
  loop: 'beside',
  loopMs: 30_000,
  canaryMs: 30_000,
  pollingMs: 15_000,
  beatMs: 30_000,
  taskMs: null,
  stuck: 'report',
};

/** A worker of one slot that has had no task, on a broker without canaries. */
export const IDLE_WORKER: WorkerVitals = {
  kind: 'worker',
  heardAt: 0,
  loopAgeMs: 0,
  counts: { received: 0, succeeded: 0, failed: 0, retried: 0, revoked: 0 },
  active: 0,
  reserved: 0,
  slots: 1,
  oldest: null,
  polling: null,
  canaryMs: null,
  canaries: null,
  childExits: 0,
  unknown: null,
};

/** RECYCLE without a limit. */
export const NO_LIMITS: RecyclePolicy = {
  maxMemory: null,
  maxMemoryHard: null,
  memory: 'pss',
  maxTasks: null,
  maxAgeMs: null,
  schedule: null,
  timezone: null,
  jitter: 0,
  minUptimeMs: 0,
};
