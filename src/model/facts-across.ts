/** The facts of what a manifest says as a whole, no entry of which is wrong by itself; and of what it says to all who read it. */
export interface FactsAcross {
  /** `instead`: what to write for a number of INSTANCES; null where they are of different entries. */
  'address-twice': {
    readonly kind: 'port' | 'socket';
    readonly instances: readonly string[];
    readonly addresses: readonly string[];
    readonly instead: string | null;
  };
  'address-shared': {
    readonly instances: readonly string[];
    readonly address: string;
    readonly apps: readonly string[];
  };
  /** `names`: which end one after the other. */
  'stop-long': { readonly names: readonly string[]; readonly ms: number };
  /** Bytes; `successors`: entries of which one more may run for a while. */
  'memory-exceeded': {
    readonly bytes: number;
    readonly has: number;
    readonly of: 'cgroup' | 'machine';
    readonly names: readonly string[];
    readonly successors: readonly string[];
  };
  'secret-plain': { readonly key: string; readonly instead: string };
}
