/** Secrets are never printed: what looks like one becomes `***`. */
const NAMES =
  /(pass(word|wd)?|secret|token|api[_-]?key|private[_-]?key|credential|basic[_-]?auth|cookie|dsn)/i;

/** Masks the password of any URL in `text`. */
export const maskUrls = (text: string): string => text.replaceAll(/(\w+:\/\/)[^\s/@]*@/g, '$1***@');

/** One token of a command line: `--basic_auth=...` and its like lose their value, URLs their credentials. */
export function maskToken(token: string): string {
  const match = /^(--?[\w-]+)=/s.exec(token);
  if (match?.[1] !== undefined && NAMES.test(match[1])) return `${match[1]}=***`;
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
