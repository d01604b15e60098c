/** Text that is to stand in so many cells of a terminal. */

/** They take two cells: East Asian wide and full-width forms, and what is shown as a picture. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** They stand on the character before them. */
const NONE = /^(?:\p{Mn}|\p{Me}|\u200b|\u200c|\u200d|\u2060)$/u;
const ASCII = /^[ -~]*$/;
/** Colours, moves of the cursor, titles: what programs send to a terminal and nobody else should. */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g;
/** What acts instead of being shown: controls of both kinds, breaks of lines, turns of the direction of writing. */
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** Nothing of it acts on a terminal; a tab is two spaces. */
export const harmless = (text: string): string =>
  text.replaceAll(ESCAPES, '').replaceAll('\t', '  ').replaceAll(CONTROLS, '\ufffd');

const cellsOf = (sign: string): number => (NONE.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1);

/** How many cells it takes. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const sign of text) cells += cellsOf(sign);
  return cells;
}

/** Not more than `width` cells; of what is longer the beginning, and `…`. */
export function clipped(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  let cells = 0;
  let kept = '';
  for (const sign of text) {
    cells += cellsOf(sign);
    if (cells > width - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}

/** Exactly `width` cells. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = clipped(text, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return align === 'left' ? shown + space : space + shown;
}
