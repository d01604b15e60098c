import type { EventRecord } from '../control/records.ts';
import { subscribeEvents } from '../control/subscribe.ts';
import { eventLines, eventsLostText, stampOf } from '../render/event.ts';
import { follow } from './follow.ts';
import { outputPaint } from './output.ts';
import type { Flags } from './verb.ts';

/** What the supervisors themselves have told. */
export const run = async (names: readonly string[], flags: Flags): Promise<number> =>
  follow<EventRecord>(names, flags, {
    subscribe: subscribeEvents,
    show() {
      if (flags['json'] === true) return (one) => `${JSON.stringify(one)}\n`;
      const paint = outputPaint();
      return (one) => {
        if ('lost' in one) return `${eventsLostText(one.lost, paint)}\n`;
        const lines = eventLines(one, paint, stampOf(one, flags['timestamps'] === true, paint));
        return lines.map((line) => `${line}\n`).join('');
      };
    },
  });
