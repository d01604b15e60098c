/** The names of a manifest, for those who must not wait for more and must not fail. */
import { parse } from 'yaml';

export interface NamedProcess {
  readonly name: string;
  readonly backend: string;
  /** 1 where that is not a plain number. */
  readonly instances: number;
}

/** Whatever can be read of it; none where it cannot be parsed at all. */
export function namesIn(text: string): NamedProcess[] {
  let whole: unknown;
  try {
    whole = parse(text, { merge: true, logLevel: 'silent' });
  } catch {
    return []; // half written: there is nothing to tell yet
  }
  return Object.entries(mapping(mapping(whole)['PRODUCTION_PROCESSES'])).map(([name, entry]) => {
    const { BACKEND, INSTANCES } = mapping(entry);
    const backend = typeof BACKEND === 'string' ? (BACKEND.split('.').at(-1) ?? '') : '';
    const instances = typeof INSTANCES === 'number' && INSTANCES >= 1 && INSTANCES <= 1000 ? INSTANCES : 1;
    return { name, backend, instances: Math.floor(instances) };
  });
}

const mapping = (node: unknown): Record<string, unknown> =>
  typeof node === 'object' && node !== null && !Array.isArray(node) ? (node as Record<string, unknown>) : {};
