import type { Failure } from '../model/failure.ts';
import type { Hindrance } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';

/** A lock that is held. It lives as long as any copy of the descriptor is open, so the child's life keeps it. */
export interface Grip {
  /** To be inherited by the process that the lock protects. */
  readonly fd: number;
  /** Writes down, for those who wait, which process holds it now. */
  tell(pid: number): void;
  /** Closes our own copy. */
  close(): void;
}

export type LockAnswer =
  /** Without a grip: there was only something to wait for. */
  | { readonly kind: 'acquired'; readonly grip: Grip | null }
  | { readonly kind: 'held'; readonly hindrance: Hindrance }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly permanent: boolean };

/** One holder at a time. */
export interface Locker {
  /** Whether this process must ask before it starts. */
  wants(spec: ProcessSpec): boolean;
  /**
   * Asks once, without waiting; `abort` ends what the asking has started. It has been asked, in vain, for the last
   * `waitedMs` milliseconds.
   */
  take(spec: ProcessSpec, abort: AbortSignal, waitedMs: number): Promise<LockAnswer>;
}
