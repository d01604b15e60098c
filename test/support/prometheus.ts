/** What Prometheus' own Python library makes of an exposition. It refuses what is not in the format. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';
import { ROOT } from './rig.ts';

/** `name{label="value"}`, the labels in their order, and its value. */
export type Samples = ReadonlyMap<string, number>;

export interface Parsed {
  /** By family, without `_total`: counter or gauge. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: Samples;
}

type Family = [name: string, type: string, samples: [string, Record<string, string>, number][]];

export function parseMetrics(text: string, open: boolean): Parsed {
  const { status, stdout, stderr } = spawnSync(
    inject('wholePython'),
    ['-I', join(ROOT, 'test', 'control', 'metrics.py')],
    { input: JSON.stringify({ text, open }), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${stderr}\n${text}`);
  const families = JSON.parse(stdout) as Family[];
  return {
    types: new Map(families.map(([name, type]) => [name, type])),
    samples: new Map(
      families.flatMap(([, , samples]) =>
        samples.map(([name, labels, value]): [string, number] => [name + labelText(labels), value]),
      ),
    ),
  };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
