/** The sample's database with its tables: Django takes two seconds of a processor to make it, so it is made once. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Rig, ROOT } from './rig.ts';

const SHOP = join(ROOT, 'fixtures', 'shop');
/** By interpreter. */
const made = new Map<string, Buffer>();

/** Puts it into `data`, the folder that SHOP_DATA names. */
export async function makeTables(rig: Rig, python: string, data: string): Promise<void> {
  mkdirSync(data, { recursive: true });
  const database = join(data, 'db.sqlite3');
  const known = made.get(python);
  if (known !== undefined) return writeFileSync(database, known);
  const env = { SHOP_DATA: data };
  const migrate = await rig.spawn([python, 'manage.py', 'migrate', '--verbosity', '0'], { cwd: SHOP, env })
    .ended;
  expect(migrate, migrate.stderr).toMatchObject({ code: 0 });
  made.set(python, readFileSync(database));
}
