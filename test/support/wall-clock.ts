/** A wall clock that jumps under programs that run, by libfaketime; what counts time since boot goes on as it was. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { alive, type Rig } from './rig.ts';

const LIBRARY = 'faketime/libfaketime.so.1';
const SHARED = '/dev/shm';

export class WallClock {
  /** For the programs that are to have it. */
  readonly env: NodeJS.ProcessEnv;
  readonly #rig: Rig;
  readonly #file: string;
  /** Seconds. */
  #offset = 0;

  constructor(rig: Rig, name: string) {
    this.#rig = rig;
    this.#file = `${name}.offset`;
    this.env = {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: rig.write(this.#file, '+0\n'),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    onTestFinished(sweep);
  }

  /** By this much, seen within a second. Seconds. */
  jump(by: number): void {
    this.#offset += by;
    this.#rig.write(this.#file, `${this.#offset < 0 ? '' : '+'}${this.#offset}\n`);
  }
}

function library(): string {
  for (const root of ['/usr/lib', '/usr/lib64']) {
    const folders = existsSync(root) ? ['', ...readdirSync(root)] : [];
    const found = folders.map((folder) => join(root, folder, LIBRARY)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  throw new Error(`the tests need ${LIBRARY}: on Debian, apt-get install faketime`);
}

/** A process that is killed leaves the memory that it shared with its children. */
function sweep(): void {
  for (const name of readdirSync(SHARED)) {
    const pid = /^(?:sem\.faketime_sem|faketime_shm)_(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) rmSync(join(SHARED, name), { force: true });
  }
}
