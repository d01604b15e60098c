import type { ProcessSpec } from '../../src/model/spec.ts';

/** What a spec says where the manifest asks for nothing. */
export const UNASKED: Pick<
  ProcessSpec,
  | 'readinessTiming'
  | 'liveness'
  | 'linkLiveness'
  | 'recycle'
  | 'overlap'
  | 'stackDump'
  | 'dependsOn'
  | 'waitFor'
  | 'oneshot'
> = {
  readinessTiming: { delayMs: 0, periodMs: 100, timeoutMs: 2000 },
  liveness: null,
  linkLiveness: null,
  recycle: null,
  overlap: null,
  stackDump: null,
  dependsOn: [],
  waitFor: null,
  oneshot: false,
};
