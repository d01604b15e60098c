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
  'socket-tool': { readonly name: string; readonly detail: string };
}
