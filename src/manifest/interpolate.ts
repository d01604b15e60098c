import { failure, type Failure } from '../model/failure.ts';
import type { Path } from './document.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolated {
  readonly value: unknown;
  readonly problems: readonly { readonly path: Path; readonly failure: Failure }[];
}

const PATTERN = /\$\$|\$\{socket:(?![-?])([^}]*)\}|\$\{([A-Za-z_]\w*)(?::(-|\?)([^}]*))?\}|\$\{[^}]*\}?/g;

/** What a name of SOCKETS stands for at this place, or why it stands for nothing. */
export type SocketReader = (name: string, path: Path) => string | Failure;

/** `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${socket:NAME}` and `$$`, in string values only; keys are left alone. */
export function interpolate(value: unknown, env: Environment, socket: SocketReader): Interpolated {
  const problems: { path: Path; failure: Failure }[] = [];

  const inText = (text: string, path: Path): string =>
    text.replaceAll(
      PATTERN,
      (whole: string, held?: string, name?: string, operator?: string, rest?: string) => {
        if (whole === '$$') return '$';
        const fail = (problem: Failure): string => {
          problems.push({ path, failure: problem });
          return whole;
        };
        if (held !== undefined) {
          const read = socket(held, path);
          return typeof read === 'string' ? read : fail(read);
        }
        if (name === undefined) return fail(failure('variable-syntax', { text: whole }));
        const found = env[name];
        // As in a shell, an empty variable counts as unset where a default or a message is given.
        if (operator === '-') return found === undefined || found === '' ? (rest ?? '') : found;
        if (operator === '?') {
          if (found !== undefined && found !== '') return found;
          return fail(failure('variable-required', { name, message: rest ?? '' }));
        }
        return found ?? fail(failure('variable-unset', { name }));
      },
    );

  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === 'string') return inText(node, path);
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
    }
    return node;
  };

  return { value: walk(value, []), problems };
}
