/** What would be run, for people and for programs. Secrets are masked. */
import type { Readiness, ProcessSpec } from '../model/spec.ts';
import { unreachable } from '../model/unreachable.ts';
import { formatDuration } from '../model/units.ts';
import { maskArgv } from './mask.ts';
import type { Paint } from './paint.ts';

/** A token as a shell would need it, so that a line can be tried by hand. */
const quote = (token: string): string =>
  /^[\w@%+=:,./*-]+$/.test(token) ? token : `'${token.replaceAll("'", `'\\''`)}'`;

export function planText(manifest: string, specs: readonly ProcessSpec[], paint: Paint): string {
  const blocks = specs.map((spec) => {
    const rows: [string, string][] = [
      ['run', maskArgv(spec.argv).map(quote).join(' ')],
      ['added', maskArgv(spec.added).map(quote).join(' ')],
      ['cwd', spec.cwd],
      ['env', Object.keys(spec.env).join(', ')],
      ['ready', `${readinessText(spec.readiness)}, within ${formatDuration(spec.startTimeoutMs)}`],
      ['stop', spec.stop.map((rung) => stopText(rung)).join(', then ')],
      ['lock', lockText(spec)],
    ];
    const shown = rows.filter(([, text]) => text !== '').map(([key, text]) => `  ${key.padEnd(6)}${text}`);
    return [`${paint.bold(spec.instance)} ${spec.backend}`, ...shown].join('\n');
  });
  return [manifest, ...blocks].join('\n\n');
}

const stopText = ({ signal, waitMs }: ProcessSpec['stop'][number]): string =>
  signal === 'SIGKILL' ? 'SIGKILL to the whole tree' : `${signal} for ${formatDuration(waitMs)}`;

function lockText({ singleton }: ProcessSpec): string {
  if (singleton === null) return '';
  return singleton.kind === 'name' ? `named ${singleton.name}` : `of ${singleton.app} and its broker`;
}

function readinessText(readiness: Readiness): string {
  switch (readiness.kind) {
    case 'alive':
      return `alive for ${formatDuration(readiness.afterMs)}`;
    case 'listen': {
      const places = readiness.addresses.map((one) =>
        one.kind === 'unix' ? one.path : `${one.host}:${one.port}`,
      );
      return places.length === 0 ? 'it accepts on a socket of its own' : `it accepts on ${places.join(', ')}`;
    }
    case 'http':
      return `GET ${readiness.url} answers 2xx`;
    case 'link':
      return 'Celery says so from inside';
    default:
      return unreachable(readiness);
  }
}

/** Values of ENV are never shown: they are where secrets stand. */
export const planJson = (manifest: string, specs: readonly ProcessSpec[]): object => ({
  manifest,
  processes: specs.map((spec) => ({
    ...spec,
    argv: maskArgv(spec.argv),
    added: maskArgv(spec.added),
    env: Object.fromEntries(Object.keys(spec.env).map((name) => [name, '***'])),
  })),
});
