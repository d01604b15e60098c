/** The facts of what may go wrong between a command and the supervisors. */
export interface ControlFacts {
  'supervisor-missing': { readonly manifest: string };
  'supervisor-stopping': Record<string, never>;
  'update-refused': { readonly supervisorPid: number };
  'process-not-running-here': {
    readonly name: string;
    readonly near: string | null;
    readonly names: readonly string[];
  };
  'control-broken': { readonly socket: string; readonly detail: string };
  'control-version': { readonly socket: string; readonly theirs: number; readonly ours: number };
  'stop-timeout': { readonly instances: readonly string[]; readonly ms: number };
  'restart-timeout': { readonly instances: readonly string[]; readonly ms: number };
  'restart-failed': { readonly problems: readonly string[] };
  'reload-timeout': { readonly instances: readonly string[]; readonly ms: number };
  'reload-failed': { readonly problems: readonly string[] };
  /** `old`: workers of before the signal that are still there; 0: the new ones did not stay, or its READY does not hold. */
  'reload-unseen': {
    readonly signal: string;
    readonly pid: number;
    readonly old: number;
    readonly ms: number;
  };
}
