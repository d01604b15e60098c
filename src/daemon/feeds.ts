/** What readers of a stream are given: a place in what the supervisor keeps, and from there on what comes. */
import type { Feed } from '../control/pour.ts';
import type { EventRecord, LineRecord, LiveRecord, LostRecord, StreamAsked } from '../control/records.ts';
import type { History, Lines } from '../logs/history.ts';
import { isMeant } from '../model/patterns.ts';

/** Who is told that there is more, and whether that is the last. */
export interface Bell {
  watch(more: () => void): () => void;
  over(): boolean;
}

const LIVE: LiveRecord = { live: true };
const json = (one: LineRecord | LostRecord | LiveRecord): string => `${JSON.stringify(one)}\n`;

const nameOf = (instance: string): string => instance.slice(0, instance.lastIndexOf('.'));

/** Lines, each as one JSON object; `{"live":true}` stands where the past ends. */
export function newLineFeed(history: History, asked: StreamAsked, bell: Bell, gone: () => void): Feed {
  const present = history.newest();
  const read = history.read({
    wants: (instance) => isMeant({ name: nameOf(instance), instance }, asked.names),
    count: asked.count,
    since: asked.since,
  });
  let held: Lines | null = null;
  const next = (): ReturnType<typeof read> => {
    const kept = held;
    held = null;
    return kept ?? read();
  };
  const past = newPast(asked.follow, json(LIVE));
  return {
    type: 'application/x-ndjson',
    read() {
      if (past.closed()) return null;
      const found = next();
      if (found === null) return past.end();
      if (found.kind === 'lost') return json({ lost: found.count, instance: found.instance });
      if (found.order > present && !past.ended()) {
        held = found;
        return past.end();
      }
      return linesText(found);
    },
    over: () => past.closed() || bell.over(),
    ...watching(bell, gone),
  };
}

function linesText({ instance, stream, at, texts, cut }: Lines): string {
  const time = new Date(at).toISOString();
  const process = nameOf(instance);
  const last = texts.length - 1;
  return texts
    .map((line, index) => {
      const record: LineRecord = { time, process, instance, stream, line };
      return json(cut && index === last ? { ...record, cut } : record);
    })
    .join('');
}

/**
 * Server-sent events; `live` stands where the past ends. `kept`: the oldest first, without gaps. The id is that of the
 * event behind `epoch`, which no other supervisor has: one who comes back to another one has all that it keeps.
 */
export function newEventFeed(
  kept: readonly EventRecord[],
  asked: StreamAsked,
  epoch: string,
  bell: Bell,
  gone: () => void,
): Feed {
  const wanted = ({ process: name, instance, time }: EventRecord): boolean =>
    (asked.since === null || Date.parse(time) >= asked.since) &&
    (asked.names === null ||
      (name !== null && instance !== null && isMeant({ name, instance }, asked.names)));
  const all = kept.filter(wanted);
  const present = kept.at(-1)?.id ?? 0;
  const first = asked.count === null ? all[0] : all[Math.max(0, all.length - asked.count)];
  const had = asked.after === undefined ? null : idIn(asked.after, epoch);
  let next = had === null ? (first?.id ?? present + 1) : Math.min(had, present) + 1;
  const past = newPast(asked.follow, `event: live\ndata: ${JSON.stringify(LIVE)}\n\n`);
  return {
    type: 'text/event-stream',
    beat: ':\n\n',
    read() {
      for (;;) {
        if (past.closed()) return null;
        if (next > present && !past.ended()) return past.end();
        const oldest = kept[0]?.id ?? next;
        if (next < oldest) {
          const lost: LostRecord = { lost: oldest - next, instance: null };
          next = oldest;
          return `event: lost\ndata: ${JSON.stringify(lost)}\n\n`;
        }
        const event = kept[next - oldest];
        if (event === undefined) return null;
        next += 1;
        if (wanted(event)) return `id: ${epoch}-${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
      }
    },
    over: () => past.closed() || bell.over(),
    ...watching(bell, gone),
  };
}

/** Null: it is another supervisor's, or nobody's. */
function idIn(text: string, epoch: string): number | null {
  const id = text.startsWith(`${epoch}-`) ? text.slice(epoch.length + 1) : '';
  return /^\d{1,15}$/.test(id) ? Number(id) : null;
}

/** `mark` stands between what was kept and what comes; who does not follow goes no further. */
function newPast(follow: boolean, mark: string) {
  let ended = false;
  return {
    ended: () => ended,
    /** Nothing more is read. */
    closed: () => ended && !follow,
    /** The mark, once. */
    end(): string | null {
      if (ended) return null;
      ended = true;
      return mark;
    },
  };
}

function watching(bell: Bell, gone: () => void): Pick<Feed, 'watch' | 'close'> {
  let leave: () => void = () => undefined;
  let open = true;
  return {
    watch: (more) => void (leave = bell.watch(more)),
    close() {
      if (!open) return;
      open = false;
      leave();
      gone();
    },
  };
}
