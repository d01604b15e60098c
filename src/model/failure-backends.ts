/** The facts of what may be wrong with BACKEND, with the user's own backends, and with STOP.signal. */
export interface BackendFacts {
  'backend-unknown': {
    readonly backend: string;
    readonly near: string | null;
    readonly known: readonly string[];
  };
  // SUPERVISOR.backends
  'backend-file-missing': { readonly path: string };
  /** `detail`: what it threw; null where it did not end in time. */
  'backend-file-broken': { readonly path: string; readonly detail: string | null };
  /** `backend`: null where that is not known yet. */
  'backend-shape': {
    readonly path: string;
    readonly backend: string | null;
    readonly field: string;
    readonly expected: string;
    readonly got: string;
  };
  /** `owner`: the file that has it already; null: prodserver itself. */
  'backend-taken': { readonly path: string; readonly name: string; readonly owner: string | null };
  'backend-failed': {
    readonly path: string;
    readonly backend: string;
    readonly method: string;
    readonly detail: string;
  };
  /** `own`: the signal of the backend's own first step. */
  'stop-signal': {
    readonly signal: string;
    readonly backend: string;
    readonly own: string;
    readonly why: string;
  };
}
