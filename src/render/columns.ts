/** A table that is never wider than its terminal: what matters least is left out first, then texts are cut. */
import { clipped, fitted, widthOf } from './width.ts';

export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly align?: 'left' | 'right';
  /** The highest goes first where there is not enough room; without one it stays. */
  readonly leave?: number;
  /** Takes what the others leave, and is cut; it wants so many cells before others are left out for it. */
  readonly wants?: number;
}

/** Between two columns. Cells. */
const GAP = 2;
/** A name is not cut below this. Cells. */
const SHORTEST = 8;

export interface Laid {
  readonly titles: readonly string[];
  readonly widths: readonly number[];
  /** Each cell is as wide as its column. */
  readonly rows: readonly (readonly string[])[];
}

/** `width`: cells. Of all columns the first gives way last. */
export function laid(columns: readonly Column[], width: number): Laid {
  let chosen = columns.map((column) => ({
    ...column,
    natural: Math.max(...[column.title, ...column.cells].map(widthOf)),
  }));
  const wanted = ({ natural, wants }: (typeof chosen)[number]): number =>
    wants === undefined ? natural : Math.min(natural, wants);
  const total = (): number =>
    chosen.reduce((sum, column) => sum + wanted(column), 0) + GAP * (chosen.length - 1);
  while (total() > width) {
    const last = chosen.reduce((most, { leave = 0 }) => Math.max(most, leave), 0);
    if (last === 0) break;
    chosen = chosen.filter(({ leave = 0 }) => leave !== last);
  }
  const over = Math.max(0, total() - width);
  let spare = Math.max(0, width - total());
  const widths = chosen.map((column, index) => {
    const room = wanted(column) - (index === 0 ? Math.min(over, Math.max(0, column.natural - SHORTEST)) : 0);
    if (column.wants === undefined) return room;
    const more = Math.min(spare, column.natural - room);
    spare -= more;
    return room + more;
  });
  const cell = (text: string, index: number): string =>
    fitted(text, widths[index] ?? 0, chosen[index]?.align ?? 'left');
  return {
    titles: chosen.map(({ title }, index) => cell(title, index)),
    widths,
    rows: (columns[0]?.cells ?? []).map((_, row) =>
      chosen.map(({ cells }, index) => cell(cells[row] ?? '', index)),
    ),
  };
}

/** One line of the table; `colour` paints a cell, which must not change how wide it is. */
export function lineOf(
  cells: readonly string[],
  width: number,
  colour: (text: string, column: number) => string = (text) => text,
): string {
  const gap = ' '.repeat(GAP);
  let left = width;
  const shown: string[] = [];
  for (const [index, text] of cells.entries()) {
    if (left <= 0) break;
    const part = clipped(index === cells.length - 1 ? text.trimEnd() : text, left);
    left -= widthOf(part) + GAP;
    shown.push(colour(part, index));
  }
  return shown.join(gap).trimEnd();
}
