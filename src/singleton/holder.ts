import type { Duplex } from 'node:stream';
import type { Failure } from '../model/failure.ts';
import type { Hindrance, LockLoss } from '../model/process.ts';
import type { ProcessSpec } from '../model/spec.ts';

/** A lock that is held, for one run of a process. */
export interface Grip {
  /** To be inherited by the process that the lock protects, whose life then keeps it; null: it is kept otherwise. */
  readonly fd: number | null;
  /** For the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the process is to be given a socket over which it hears until when it may go on. */
  readonly feeds: boolean;
  /** The process runs. `lost`: it must not go on; called once at most. */
  spawned(pid: number, feed: Duplex | null, lost: (loss: LockLoss) => void): void;
  /** The process has ended by itself, or so it seems: a loss that is due is told now, since that may be why. */
  exited(): void;
  /**
   * Nothing is left of the run, or it was never started: the lock is given back, if it was not before. Resolves when
   * that is done, or cannot be; null: at once.
   */
  ended(): Promise<void> | null;
}

export type LockAnswer =
  /** Without a grip: there was only something to wait for. */
  | { readonly kind: 'acquired'; readonly grip: Grip | null }
  /** `againMs`: to be asked again so soon; as often as other locks unless given. */
  | { readonly kind: 'held'; readonly hindrance: Hindrance; readonly againMs?: number }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly permanent: boolean };

/** What is known of a lock that is held here; a lock of the kernel has neither number. */
export interface Holding {
  readonly fence: number | null;
  /** Milliseconds until others may have it, unless it is renewed. */
  readonly expiresInMs: number | null;
}

/** One holder at a time. */
export interface Locker {
  /** Whether this process must ask before it starts. */
  wants(spec: ProcessSpec): boolean;
  /**
   * Asks once, without waiting; `abort` ends what the asking has started. It has been asked, in vain, for the last
   * `waitedMs` milliseconds.
   */
  take(spec: ProcessSpec, abort: AbortSignal, waitedMs: number): Promise<LockAnswer>;
  /** It is not wanted any more, and no grip was given. */
  abandon(spec: ProcessSpec): void;
}
