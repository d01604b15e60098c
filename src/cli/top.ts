/** `top`: the states on the whole terminal, as they change, with keys to act. */
import type { Cancel } from '../model/clock.ts';
import { failure, type Result } from '../model/failure.ts';
import { sourceId } from '../manifest/source.ts';
import { systemClock as clock } from '../os/clock.ts';
import { openScreen, type Screen } from '../os/screen.ts';
import { signalNumber } from '../os/signals.ts';
import { leaveTerminal } from '../os/terminal.ts';
import { newPaint, wantsColour } from '../render/paint.ts';
import { topFrame } from '../render/top.ts';
import { EXIT } from '../render/words.ts';
import { keysOf } from '../screen/keys.ts';
import { newTop, stepTop, type TopEffect, type TopEvent } from '../screen/top.ts';
import type { Wish } from '../screen/wish.ts';
import { findRunning } from './names.ts';
import { fail } from './output.ts';
import { sourceOf } from './source.ts';
import { newEyes } from './top-eyes.ts';
import type { Flags } from './verb.ts';

/** Between two frames, however much happens. Milliseconds. */
const FRAME_MS = 50;
const ENDS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
const signalled = (signal: (typeof ENDS)[number]): number => 128 + signalNumber(signal);

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || env['TERM'] === 'dumb') {
    const detail =
      'top needs a terminal; see "prodserver status", or "prodserver status --json" for programs';
    return fail(failure('usage', { detail }));
  }
  const source = sourceOf(flags);
  if (!source.ok) return fail(source.error);
  const found = await findRunning(flags, names);
  if (!found.ok) return fail(found.error);
  const code = await show(sourceId(source.value, process.cwd()), names.length === 0 ? null : names);
  // A question to a supervisor that hangs is not to hold up who leaves.
  return process.exit(code);
}

/** Shows it until it is left; gives the exit code. Throws what nobody caught, with the terminal as it was. */
async function show(manifest: string, names: readonly string[] | null): Promise<number> {
  let end: (code: number) => void = () => undefined;
  let fault: (error: unknown) => void = () => undefined;
  const ended = new Promise<number>((done, refuse) => {
    end = done;
    fault = refuse;
  });
  const hungUp = (): void => {
    leaveTerminal();
    end(signalled('SIGHUP'));
  };
  const onFault = (error: unknown): void => (screen.isThere() ? fault(error) : hungUp());
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  for (const signal of ENDS) process.on(signal, () => (screen.isThere() ? end(signalled(signal)) : hungUp()));

  // It has nothing to tell before the rest of this has run.
  const eyes = newEyes(manifest, names, (event) => tell(event), onFault);
  const paint = newPaint(wantsColour(true, process.env));
  const screen: Screen = openScreen({
    typed(text) {
      for (const key of keysOf(text))
        tell({ type: 'pressed', key, now: new Date(clock.wall()).toISOString() });
    },
    changed() {
      screen.forget();
      tell({ type: 'resized', size: screen.size() });
      draw();
    },
    hungUp,
  });
  let top = newTop(screen.size());
  let drawnAt = -Infinity;
  let waiting: Cancel | null = null;
  const draw = (): void => {
    waiting?.();
    waiting = null;
    drawnAt = clock.now();
    screen.draw(topFrame(top, { now: clock.wall(), paint }));
  };
  const tell = (event: TopEvent): void => {
    const step = stepTop(top, event);
    top = step.top;
    for (const effect of step.effects) act(effect);
    waiting ??= clock.after(Math.max(0, drawnAt + FRAME_MS - clock.now()), draw);
  };
  const act = (effect: TopEffect): void => {
    switch (effect.do) {
      case 'order':
        return void order(effect.wish).catch(onFault);
      case 'follow':
        return eyes.follow(effect.instance);
      case 'unfollow':
        return eyes.follow(null);
      case 'redraw':
        return screen.forget();
      case 'suspend':
        return screen.suspend();
      case 'quit':
        return end(EXIT.ok);
      case 'interrupt':
        return end(signalled('SIGINT'));
      default:
        return effect satisfies never;
    }
  };
  const order = async (wish: Wish): Promise<void> => {
    const remote = eyes.remoteOf(wish.instance);
    const answer = await remote?.[wish.order]([wish.instance]);
    const result: Result<number> =
      answer === undefined || !answer.ok
        ? (answer ?? { ok: true, value: 0 })
        : { ok: true, value: answer.value.instances.length };
    tell({ type: 'answered', wish, result, at: clock.now() });
    eyes.look();
  };

  try {
    return await ended;
  } finally {
    eyes.close();
    screen.close();
  }
}
