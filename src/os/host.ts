/** Which boot of which host this is, and which namespace its pids are of: a pid means one process only within both. */
import { readlinkSync } from 'node:fs';
import { readProc } from './proc.ts';

export interface Host {
  /** A new one at each boot. */
  readonly bootId: string;
  /** `pid:[4026531836]`: two containers with one boot have two. */
  readonly pidNamespace: string;
}

export function thisHost(): Host {
  return {
    bootId: readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown',
    pidNamespace: namespaceOf(),
  };
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'unknown'; // a kernel without namespaces has one
  }
}
