/** Families as text: Prometheus 0.0.4, or OpenMetrics 1.0.0 for those who accept it. Loaded when it is asked for first. */
import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';
import type { Family } from './metrics.ts';

export interface Exposition {
  readonly type: string;
  readonly text: string;
}

/** `accept`: of the request. A new registry each time: what was counted is kept elsewhere. */
export async function expose(all: readonly Family[], accept: string): Promise<Exposition> {
  const registry = new Registry<RegistryContentType>();
  if (wantsOpenMetrics(accept)) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const { name, help, type, samples } of all) {
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
    const settings = { name, help, labelNames, registers: [registry] };
    if (type === 'counter') {
      const counter = new Counter(settings);
      for (const { labels, value } of samples) counter.inc({ ...labels }, value);
    } else {
      const gauge = new Gauge(settings);
      for (const { labels, value } of samples) gauge.set({ ...labels }, value);
    }
  }
  return { type: registry.contentType, text: await registry.metrics() };
}

/** Whether it is named and wanted no less than plain text; Prometheus names both, this one first. */
export function wantsOpenMetrics(accept: string): boolean {
  const wish = (name: string): number => {
    for (const part of accept.toLowerCase().split(',')) {
      const [type, ...parameters] = part.split(';').map((piece) => piece.trim());
      if (type !== name) continue;
      const version = parameters.find((one) => one.startsWith('version='));
      if (name.startsWith('application/') && version !== undefined && !/^version="?1\.0\.0"?$/.test(version))
        continue;
      const weight = parameters.find((one) => one.startsWith('q='))?.slice(2) ?? '1';
      return Number.isNaN(Number(weight)) ? 0 : Number(weight);
    }
    return 0;
  };
  const open = wish('application/openmetrics-text');
  return open > 0 && open >= wish('text/plain');
}
