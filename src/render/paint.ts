import { styleText } from 'node:util';

type Style = (text: string) => string;

/** Colours, or none: `NO_COLOR`, `TERM=dumb` and anything that is not a terminal give none. */
export interface Paint {
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
  readonly dim: Style;
  readonly bold: Style;
  /** One of a few colours, always the same for the same number. */
  readonly nth: (index: number) => Style;
}

const CYCLE = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
] as const;

export function newPaint(colours: boolean): Paint {
  const style = (name: Parameters<typeof styleText>[0]): Style =>
    // Whether to colour was decided for the stream that is meant; styleText would ask stdout again.
    colours ? (text) => styleText(name, text, { validateStream: false }) : (text) => text;
  return {
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    cyan: style('cyan'),
    dim: style('dim'),
    bold: style('bold'),
    nth: (index) => style(CYCLE[index % CYCLE.length] ?? 'cyan'),
  };
}

export const wantsColour = (isTerminal: boolean, env: NodeJS.ProcessEnv): boolean =>
  isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
