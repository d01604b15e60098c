/** Runs programs under the dead-man's switch, and feeds it deadlines as a supervisor does. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { crc32 } from 'node:zlib';
import { inject, onTestFailed } from 'vitest';
import { type Rig, Running } from '../support/rig.ts';
import { HELPERS } from './harness.ts';

const DEADMAN = join(HELPERS, 'prodserver_deadman.py');
export const FENCE = 1_700_000_000_123;

/** Seconds of CLOCK_BOOTTIME, to 10 ms. */
export const bootNow = (): number => Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);

export interface Deadlines {
  readonly fence?: number;
  /** Boot seconds. */
  readonly stop: number;
  readonly kill: number;
}

const line = ({ fence = FENCE, stop, kill }: Deadlines): string =>
  JSON.stringify({ v: 1, fence, stop, kill });

/** Far enough for any test. Seconds from now. */
export const far = (): Deadlines => ({ stop: bootNow() + 500, kill: bootNow() + 600 });

export interface Fed {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export class Deadman extends Running {
  readonly #lease: Duplex;

  constructor(rig: Rig, first: Deadlines | string, argv: readonly string[], { env, cwd }: Fed = {}) {
    const python = inject('python');
    const child = spawn(python, ['-IS', DEADMAN, ...argv], {
      cwd: cwd ?? rig.folder,
      env: {
        ...rig.env,
        PYTHONUNBUFFERED: '1',
        PRODSERVER_LEASE_FD: '3',
        PRODSERVER_LEASE: typeof first === 'string' ? first : line(first),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    super(`dead-man of ${argv.join(' ')}`, child);
    this.#lease = child.stdio[3] as Duplex;
    this.#lease.on('error', () => this.#lease.destroy());
    onTestFailed(() => {
      process.stderr.write(`\n--- ${this.label}\n${this.stdout}\n--- its stderr\n${this.stderr}\n`);
    });
  }

  /** Later deadlines, or any other line. */
  feed(deadlines: Deadlines | string): void {
    this.#lease.write(`${typeof deadlines === 'string' ? deadlines : line(deadlines)}\n`);
  }

  /** Closes the supervisor's end, as its death does. */
  hangUp(): void {
    this.#lease.destroy();
  }

  /** A number that the program printed after `name`. */
  async number(name: string): Promise<number> {
    return Number((await this.says(new RegExp(`^${name} (\\d+)$`, 'm')))[1]);
  }
}

export interface FenceRecord {
  readonly fence: bigint;
  /** Boot seconds. */
  readonly stop: number;
  readonly sound: boolean;
}

/** What the program reads: the record behind one of its descriptors. */
export function recordOf(pid: number, fd: number): FenceRecord {
  const bytes = readFileSync(`/proc/${pid}/fd/${fd}`);
  const sound = bytes.length === 20 && crc32(bytes.subarray(0, 16)) === bytes.readUInt32LE(16);
  return { fence: bytes.readBigUInt64LE(0), stop: bytes.readDoubleLE(8), sound };
}
