/** Secrets are never printed: what looks like one becomes `***`. */
const NAMES =
  /(pass(word|wd)?|secret|token|api[_-]?key|private[_-]?key|credential|basic[_-]?auth|cookie|dsn|secret_key)/i;

/** `user:password@`, where a password may hold a raw "/" or "@"; or `user@`. */
const CREDENTIALS = /((?<!\w)\w+:\/\/)([^\s'";/@]*:[^\s'";]*|[^\s'";/@:]+)@/g;

/** Masks the credentials of any URL in `text`. */
export const maskUrls = (text: string): string => text.replaceAll(CREDENTIALS, '$1***@');

/** Whether a value of that name is likely to be a secret. */
export const isSecretName = (name: string): boolean => NAMES.test(name);

/** `password: "..."`, `basic_auth: [a:b, c:d]`: a key of a manifest and its value on one line. */
const SECRET = new RegExp(
  `((?<![\\w-]|\\$\\{)["']?[\\w-]*${NAMES.source}[\\w-]*["']?\\s*[:=]\\s*)` +
    `("(?:[^"\\\\]|\\\\.)*"|'(?:[^']|'')*'|\\[[^\\]]*\\]?|[^\\s,}\\]#"'[{][^,}\\]]*)`,
  'gi',
);

const stars = (text: string): string => text.replaceAll(/[^\s"'[\],]/g, '*');

/** A line of a manifest without its secrets, its length kept, for carets point into it. `path` is where they point. */
export function maskLine(line: string, path: readonly (string | number)[]): string {
  const masked = line
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
      ? '***'
      : maskToken(token);
  });
}
