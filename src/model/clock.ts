/** Cancels what was armed; calling it again does nothing. */
export type Cancel = () => void;

/** All time that the core sees. The real one is `os/clock.ts`; tests inject their own. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary instant. */
  now(): number;
  /** Milliseconds since the epoch: for people and for files, never for decisions. */
  wall(): number;
  /** Calls `fire` once, `ms` milliseconds from now; any length works, those past 2^31-1 ms too. */
  after(ms: number, fire: () => void): Cancel;
}

/** One instant as the pure core sees it: the time, and the chance drawn for this step (0 <= chance < 1). */
export interface Moment {
  readonly at: number;
  readonly chance: number;
}
