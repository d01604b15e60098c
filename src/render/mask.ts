/** Secrets are never printed: what looks like one becomes `***`. */
const NAMES =
  /(pass(word|wd)?|secret|token|api[_-]?key|private[_-]?key|credential|basic[_-]?auth|cookie|dsn|secret_key)/i;

/** `user:password@`, where a password may hold a raw "/" or "@"; or `user@`. */
const CREDENTIALS = /(\w+:\/\/)([^\s'";/@]*:[^\s'";]*|[^\s'";/@:]+)@/g;

/** Masks the credentials of any URL in `text`. */
export const maskUrls = (text: string): string => text.replaceAll(CREDENTIALS, '$1***@');

/** The same with the length kept, for a line that carets point into. */
export const maskUrlsInPlace = (text: string): string =>
  text.replaceAll(
    CREDENTIALS,
    (_, scheme: string, secret: string) => `${scheme}${'*'.repeat(secret.length)}@`,
  );

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
