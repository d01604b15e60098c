/** One folder, one file in it, and what is told of it: as `check` would, without a new process for each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCronPattern } from '../../../src/manifest/cron.ts';
import type { Environment } from '../../../src/manifest/interpolate.ts';
import { loadManifest } from '../../../src/manifest/load.ts';
import { checkSchedules, type Loaded } from '../../../src/manifest/loaded.ts';

export interface Desk {
  load(text: string | Buffer): Loaded;
  clear(): void;
}

/** No environment but this, so that every machine says the same. */
export function newDesk(env: Environment = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'desk-'));
  const path = join(folder, 'prodserver.yaml');
  return {
    load(text) {
      writeFileSync(path, text);
      return checkSchedules(loadManifest(path, 'prodserver.yaml', env, folder), isCronPattern);
    },
    clear: () => rmSync(folder, { recursive: true }),
  };
}
