import { failure, type Failure } from '../model/failure.ts';
import type { Path } from './document.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolated {
  readonly value: unknown;
  readonly problems: readonly { readonly path: Path; readonly failure: Failure }[];
  /** What the environment brought, to the variable that did. */
  readonly brought: ReadonlyMap<string, string>;
}

/** Shorter ones are no secrets, and parts of other words. Characters. */
const SHORTEST_SECRET = 6;

const PATTERN = /\$\$|\$\{socket:(?![-?])([^}]*)\}|\$\{([A-Za-z_]\w*)(?::(-|\?)([^}]*))?\}|\$\{[^}]*\}?/g;

/** What a name of SOCKETS stands for at this place, and why it should not stand there. */
export type SocketReader = (
  name: string,
  path: Path,
) => { readonly text: string; readonly problem: Failure | null };

/** `${VAR}`, `${VAR:-default}`, `${VAR:?message}`, `${socket:NAME}` and `$$`, in string values only; keys are left alone. */
export function interpolate(value: unknown, env: Environment, socket: SocketReader): Interpolated {
  const problems: { path: Path; failure: Failure }[] = [];
  const brought = new Map<string, string>();

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
          const { text: number, problem } = socket(held, path);
          if (problem !== null) fail(problem);
          return number;
        }
        if (name === undefined) return fail(failure('variable-syntax', { text: whole }));
        const found = Object.hasOwn(env, name) ? env[name] : undefined;
        if (found !== undefined && found.length >= SHORTEST_SECRET) brought.set(found, whole);
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

  return { value: walk(value, []), problems, brought };
}

/** With each variable in place of what it brought: that may be a secret, and it is not what stands in the file. */
export function withoutBrought(finding: Failure, brought: Interpolated['brought']): Failure {
  if (brought.size === 0) return finding;
  const hide = (fact: unknown): unknown => {
    if (typeof fact === 'string')
      return [...brought].reduce((text, [value, variable]) => text.replaceAll(value, () => variable), fact);
    if (Array.isArray(fact)) return fact.map(hide);
    if (typeof fact !== 'object' || fact === null) return fact;
    return Object.fromEntries(Object.entries(fact).map(([key, item]) => [key, hide(item)]));
  };
  return { ...finding, facts: hide(finding.facts) } as Failure;
}
