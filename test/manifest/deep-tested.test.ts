/** The versions that are told as tested are those that the tests have. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TESTED } from '../../src/manifest/deep-tested.ts';
import { isOlder } from '../../src/model/version.ts';
import { ROOT } from '../support/rig.ts';

test('first and last, of every package that a requirements file names', () => {
  const folder = join(ROOT, 'test', 'python', 'requirements');
  const files = [
    // A peer, not a part of anybody's project.
    ...readdirSync(folder)
      .filter((file) => file !== 'supervisor.txt')
      .map((file) => join(folder, file)),
    join(ROOT, 'fixtures', 'shop', 'requirements.txt'),
  ];
  const found = new Map<string, string[]>();
  for (const line of files.flatMap((file) => readFileSync(file, 'utf8').split('\n'))) {
    const [, name, version] = /^([\w.-]+)(?:\[.*\])?==(\d+\.\d+)/.exec(line.trim()) ?? [];
    if (name === undefined || version === undefined) continue;
    found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), version]);
  }
  const ranges = [...found].map(([name, versions]) => {
    const sorted = versions.toSorted((a, b) => (a === b ? 0 : isOlder(a, b) ? -1 : 1));
    return [name, [sorted[0], sorted.at(-1)]];
  });
  expect(TESTED).toEqual(Object.fromEntries(ranges));
});
