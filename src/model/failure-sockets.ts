/** Facts of what may go wrong with the sockets that the supervisor holds: see `failure.ts`. */
export interface SocketFacts {
  'socket-unknown': {
    readonly name: string;
    readonly near: string | null;
    readonly names: readonly string[];
  };
  'socket-misplaced': { readonly name: string };
  'socket-unused': { readonly name: string };
  /** A key that says nothing of a socket of that kind. */
  'socket-key': { readonly key: string; readonly kind: 'tcp' | 'unix' };
  'socket-unfit': { readonly name: string; readonly backend: string; readonly why: string };
  /** `holder`: who listens there; null where that cannot be seen. */
  'socket-in-use': {
    readonly name: string;
    readonly address: string;
    readonly holder: { readonly pid: number; readonly program: string } | null;
  };
  'socket-refused': { readonly name: string; readonly address: string; readonly detail: string };
  /** Passed by the service manager, and used by nobody; `address`: null where it does not listen. */
  'socket-spare': { readonly name: string; readonly address: string | null };
  /** Passed under the name of a socket, which has another address in the manifest. */
  'socket-elsewhere': { readonly name: string; readonly address: string; readonly passed: string };
  'socket-tool': { readonly name: string; readonly detail: string };
}

/** Those that do not end anything. */
export const SOCKET_WARNINGS = ['socket-key', 'socket-unused', 'socket-spare', 'socket-elsewhere'] as const;
