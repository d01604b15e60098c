/** What a terminal sends when keys are pressed, in raw mode. */

/** A key that has no sign of its own. */
export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-z';

/** One of those, or the sign on the key; what is neither is left out. */
export type Key = NamedKey | (string & {});

const NAMED: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x1b': 'escape',
  '\x03': 'ctrl-c',
  '\x0c': 'ctrl-l',
  '\x1a': 'ctrl-z',
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[D': 'left',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
};

// oxlint-disable-next-line no-control-regex
const PRESSED = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[A-Z]|[\s\S]/gu;

/** Arrows come in two forms, by the mode that the terminal was left in. */
export const keysOf = (text: string): Key[] =>
  [...text.matchAll(PRESSED)].flatMap(([sent]) => {
    const named = NAMED[sent.replace('\x1bO', '\x1b[')];
    if (named !== undefined) return [named];
    return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(sent) ? [sent] : [];
  });
