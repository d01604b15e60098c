import type { LineRecord } from '../control/records.ts';
import { subscribeLogs } from '../control/subscribe.ts';
import { stampOf } from '../render/event.ts';
import { newTextPresenter } from '../render/news.ts';
import { follow } from './follow.ts';
import { outputPaint } from './output.ts';
import type { Flags } from './verb.ts';

/** The last lines of processes, wherever they go. */
export const run = async (names: readonly string[], flags: Flags): Promise<number> =>
  follow<LineRecord>(names, flags, {
    subscribe: subscribeLogs,
    show(found) {
      if (flags['json'] === true) return (one) => `${JSON.stringify(one)}\n`;
      const paint = outputPaint();
      const rows = found.flatMap(({ status }) => status.processes);
      const presenter = newTextPresenter(
        rows.map(({ instance }) => instance),
        paint,
      );
      return (one) => {
        if ('lost' in one) return `${presenter.lost(one.lost, 'stdout')}\n`;
        const { instance, stream, line: text, cut = false } = one;
        const stamp = stampOf(one, flags['timestamps'] === true, paint);
        const shown = presenter.lines({ type: 'line', line: { instance, stream, text, cut } });
        return shown.map((line) => `${stamp}${line}\n`).join('');
      };
    },
  });
