/**
 * What goes into the machine of one would-be holder of a lease, what comes out, and what it knows in between. All times
 * are milliseconds of the boot clock of this host, unless they are lengths.
 */

export interface ServerFacts {
  /** Another one after each start of the server and each promotion of a replica. */
  readonly run: string;
  /** As the server says it, by its own wall clock. */
  readonly uptimeMs: number;
  /** It may evict keys that have a TTL. */
  readonly evicts: boolean;
}

export type AcquireReply =
  | {
      readonly kind: 'acquired';
      readonly fence: number;
      /** The last record of the fence: whose lease this follows. */
      readonly previous: { readonly fence: number; readonly ttlMs: number } | null;
      /** What a holder left behind whose whole tree had ended. */
      readonly released: { readonly fence: number; readonly run: string } | null;
      /** It was ours already: an earlier answer was lost. */
      readonly again: boolean;
      readonly server: ServerFacts;
    }
  | {
      readonly kind: 'held';
      /** Of the holder, as its TTL is. */
      readonly fence: number;
      readonly ttlMs: number;
      /** Until it runs out, by the server's clock (PTTL). */
      readonly leftMs: number;
      readonly server: ServerFacts;
    };

/** `sentAt` is the instant just before the command was sent. */
export type LeaseEvent =
  /** Somebody wants to start. `token` is fresh and random, and used only where a new one is needed. */
  | { readonly type: 'asked'; readonly token: string }
  | { readonly type: 'answered'; readonly sentAt: number; readonly reply: AcquireReply }
  | { readonly type: 'renewed'; readonly sentAt: number; readonly token: string }
  /** The server says that the lease is not ours. */
  | { readonly type: 'refused'; readonly token: string }
  /** No answer in time, or an error. A late answer is never passed on. */
  | { readonly type: 'failed'; readonly command: 'acquire' | 'renew'; readonly sentAt: number }
  | { readonly type: 'woke' }
  /** The granted child and its whole tree are reaped, or it was never started. */
  | { readonly type: 'ended' }
  /** Nobody wants to start any more, and nothing was granted. */
  | { readonly type: 'abandoned' };

/**
 * `grant`, `delay` and `yield` answer `asked`, and come at no other time: each `asked` gets one of them, in the same
 * step or when the acquire that it led to is answered. Where that fails there is none: whoever reports `failed` knows.
 */
export type LeaseOrder =
  | { readonly do: 'acquire'; readonly token: string }
  | { readonly do: 'renew'; readonly token: string }
  /** Marked with the fence, as the tree has ended. Nothing reports how it went. */
  | { readonly do: 'release'; readonly token: string; readonly fence: number }
  /** Replaces the one before. */
  | { readonly do: 'wake'; readonly at: number }
  /** The child may start. */
  | {
      readonly do: 'grant';
      readonly fence: number;
      readonly stopAt: number;
      readonly killAt: number;
    }
  /** Ours, but not to be used before `until`: ask again then. */
  | { readonly do: 'delay'; readonly fence: number; readonly until: number }
  /** Somebody else has it. */
  | { readonly do: 'yield' }
  /** After each acknowledged renewal while granted. */
  | { readonly do: 'extend'; readonly stopAt: number; readonly killAt: number }
  /** To the granted child, once. */
  | { readonly do: 'stop'; readonly why: 'taken' | 'silent'; readonly killAt: number };

/** What the looks of one who waits have shown of the server and of its present holder. */
export interface Watch {
  readonly run: string;
  /** Since then nothing happened that we could not explain. */
  readonly since: number;
  /** The last look: before it was sent, when its answer was here, and what it said of the uptime. */
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly uptimeMs: number;
  readonly fence: number;
  readonly ttlMs: number;
  /** The lease runs out between these, if it is not renewed. */
  readonly runsOutFrom: number;
  readonly runsOutBy: number;
}

/** A lease that the server has confirmed. */
export interface Tenure {
  readonly token: string;
  readonly fence: number;
  /** Just before the last acknowledged acquire or renewal was sent. */
  readonly anchor: number;
  /** When the last acquire or renewal was ordered. */
  readonly orderedAt: number;
  /** It is not yet known how that went. */
  readonly inFlight: boolean;
}

export type Lease =
  | {
      readonly state: 'seeking';
      /** Of a lease that the server may have given us without our knowing: to be used again. */
      readonly token: string | null;
      /** The acquire of which nothing is known yet. */
      readonly flight: {
        readonly token: string;
        readonly orderedAt: number;
        readonly wanted: boolean;
      } | null;
      readonly watch: Watch | null;
    }
  /** Ours, but a holder before us may still be alive. */
  | { readonly state: 'delayed'; readonly tenure: Tenure; readonly until: number }
  | { readonly state: 'granted'; readonly tenure: Tenure }
  /** The child was told to stop and has not ended. */
  | { readonly state: 'stopping'; readonly why: 'silent'; readonly tenure: Tenure }
  | { readonly state: 'stopping'; readonly why: 'taken' };

export interface LeaseStep {
  readonly lease: Lease;
  readonly orders: readonly LeaseOrder[];
}
