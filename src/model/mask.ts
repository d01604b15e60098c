import { isSecretName, SECRET_NAMES as NAMES } from './secrets.ts';
import type { ProcessSpec } from './spec.ts';

/** Secrets are never printed: what looks like one becomes this. */
export const MASK = '***';

export { isSecretName };

/** `user:password@`, where a password may hold a raw "/" or "@"; or `user@`. */
const CREDENTIALS = /((?<!\w)\w+:\/\/)([^\s'";/@]*:[^\s'";]*|[^\s'";/@:]+)@/g;

/** Masks the credentials of any URL in `text`. */
export const maskUrls = (text: string): string => text.replaceAll(CREDENTIALS, '$1***@');

/** `password: "..."`, `basic_auth: [a:b, c:d]`: a key of a manifest and its value on one line. */
const SECRET = new RegExp(
  `((?<![\\w-]|\\$\\{)["']?[\\w-]*${NAMES.source}[\\w-]*["']?\\s*[:=]\\s*)` +
    `("(?:[^"\\\\]|\\\\.)*"|'(?:[^']|'')*'|\\[[^\\]]*\\]?|[^\\s,}\\]#"'[{][^,}\\]]*)`,
  'gi',
);

const stars = (text: string): string => text.replaceAll(/[^\s"'[\],]/g, '*');

/** A name and its value on one line; a variable is no secret, its name is what one wants to see. */
const PAIR =
  /\$\{[^}]*\}|([\w"'.-]+\s*[:=]\s*)(?!["']?\$\{)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,}\]#"'[{][^,}\]]*)/g;

const maskPairs = (text: string): string =>
  text.replaceAll(PAIR, (whole: string, name?: string, value?: string) =>
    name === undefined || value === undefined ? whole : name + stars(value),
  );

/** Whatever stands in ENV: on the line of the key itself, or where `path` is below it. */
function maskVariables(line: string, path: readonly (string | number)[]): string {
  const own = /(?<![\w-])(["']?ENV["']?\s*:\s*\{)((?:\$\{[^}]*\}|[^}])*)(\}|$)/;
  if (own.test(line))
    return line.replace(own, (_, key: string, pairs: string, end: string) => key + maskPairs(pairs) + end);
  return path[2] === 'ENV' && path.length > 3 ? maskPairs(line) : line;
}

/** A line of a manifest without its secrets, its length kept, for carets point into it. `path` is where they point. */
export function maskLine(line: string, path: readonly (string | number)[]): string {
  const masked = maskVariables(line, path)
    .replaceAll(CREDENTIALS, (_, scheme: string, secret: string) => `${scheme}${'*'.repeat(secret.length)}@`)
    .replaceAll(SECRET, (whole: string, key: string) => {
      const value = whole.slice(key.length);
      return /^["']?\$\{/.test(value) ? whole : `${key}${stars(value)}`;
    });
  // An item of a list, and in Python the value itself, may stand on a line below the key.
  const secret = path.slice(2).findLast((step) => typeof step === 'string' && isSecretName(step));
  return secret === undefined || line.includes(String(secret))
    ? masked
    : masked.replace(/^(\s*(?:-\s*)?)(.*)$/, (_, lead: string, rest: string) => lead + stars(rest));
}

const QUOTED = new RegExp(`((?<![\\w-])[\\w-]*${NAMES.source}[\\w-]*["']?\\s*[:=]\\s*)(["'])[^"']+\\4`, 'gi');

/** A line of code, or of what a program says: credentials of URLs, and texts that are given to a name of a secret. */
export const maskText = (text: string): string =>
  maskUrls(text).replaceAll(
    QUOTED,
    (_, name: string, ...rest: string[]) => `${name}${rest[2]}${MASK}${rest[2]}`,
  );

/** The same text without the values of `env` that are secrets by their names. */
export function maskValues(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const secrets = Object.entries(env).flatMap(([name, value]) =>
    // Shorter ones are words of every text, such as "guest" or "1".
    value !== undefined && value.length >= 6 && isSecretName(name) ? [value] : [],
  );
  return secrets
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** One token of a command line: `--basic_auth=...` and its like lose their value, URLs their credentials. */
export function maskToken(token: string): string {
  // Also NAME=value inside a value: --env=SECRET_KEY=...
  for (const match of token.matchAll(/(?<=^|=)(-{0,2}[\w-]+)=/gs)) {
    if (NAMES.test(match[1] ?? '')) return `${token.slice(0, match.index + match[0].length)}***`;
  }
  return maskUrls(token);
}

/** An argv; a value that follows its option in a token of its own is masked too. */
export function maskArgv(argv: readonly string[]): string[] {
  return argv.map((token, index) => {
    const before = argv[index - 1] ?? '';
    return /^--?[\w-]+$/.test(before) && NAMES.test(before) && !token.startsWith('-')
      ? MASK
      : maskToken(token);
  });
}

/** Variables that we give a process ourselves, and that hold no secret. */
const PLAIN_VARIABLES = new Set(['PYTHONUNBUFFERED', 'DJANGO_SETTINGS_MODULE', 'PRODSERVER_CANARY']);

export interface Masked {
  readonly spec: ProcessSpec;
  /** By their path in the spec (`argv.3`, `env.SECRET_KEY`), the texts that were masked, as they were. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** A spec as it may be shown. Values of ENV are never: they are where secrets stand. */
export function maskSpec(spec: ProcessSpec): Masked {
  const secrets = new Map<string, string>();
  const noted = (path: string, text: string, masked: string): string => {
    if (masked !== text) secrets.set(path, text);
    return masked;
  };
  const walk = (node: unknown, path: string): unknown => {
    const below = (key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);
    if (typeof node === 'string') return noted(path, node, maskUrls(node));
    if (isTexts(node)) {
      const masked = maskArgv(node);
      return node.map((text, index) => noted(below(index), text, masked[index] ?? MASK));
    }
    if (Array.isArray(node)) return node.map((item, index) => walk(item, below(index)));
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).map(([key, value]): [string, unknown] => {
      const hidden = path === 'env' && !PLAIN_VARIABLES.has(key);
      return [key, hidden ? noted(below(key), String(value), MASK) : walk(value, below(key))];
    });
    return Object.fromEntries(entries);
  };
  return { spec: walk(spec, '') as ProcessSpec, secrets };
}

const isTexts = (node: unknown): node is string[] =>
  Array.isArray(node) && node.every((item) => typeof item === 'string');
