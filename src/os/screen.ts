/** The whole of a terminal, for as long as it is wanted; and then it is as it was, whatever happens. */
import { isatty } from 'node:tty';

/** The other screen, without a cursor; what is too long is cut, not wrapped. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[0m\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';

export interface ScreenEvents {
  /** What keys send. */
  typed(text: string): void;
  /** Draw it: its size is another, or it has been away. */
  changed(): void;
  /** There is nobody who could see it any more. */
  hungUp(): void;
}

export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  /** One line a row, none wider than a row. Only those that are others than before are written. */
  draw(lines: readonly string[]): void;
  /** The next one is drawn whole. */
  forget(): void;
  /** Stops this process and its job, as Ctrl-Z does for programs that leave the terminal as it is. */
  suspend(): void;
  /** False: it has hung up. */
  isThere(): boolean;
  /** The terminal is as it was; may be called again. */
  close(): void;
}

/** The size of a terminal that does not know its own. */
const USUAL = { columns: 80, rows: 24 } as const;

/** Of standard input and output, which must be one. `close` is called at the end of the process too, if nobody has. */
export function openScreen(events: ScreenEvents): Screen {
  const { stdin: input, stdout: output } = process;
  let shown: readonly string[] = [];
  let open = false;

  const enter = (): void => {
    // Off first: who stopped us may have set the modes, and then they are set again.
    input.setRawMode(false);
    input.setRawMode(true);
    output.write(ENTER);
    open = true;
    shown = [];
  };
  const leave = (): void => {
    if (!open) return;
    open = false;
    output.write(LEAVE);
    input.setRawMode(false);
  };
  const onStop = (): void => {
    leave();
    process.off('SIGTSTP', onStop);
    // Without a listener it stops us here; a job that no shell could continue just goes on.
    process.kill(process.pid, 'SIGTSTP');
    process.on('SIGTSTP', onStop);
    onContinue();
  };
  const onContinue = (): void => {
    enter();
    events.changed();
  };
  const onSize = (): void => events.changed();
  const onHangUp = (): void => events.hungUp();
  const onInput = (chunk: Buffer): void => events.typed(chunk.toString('utf8'));

  input.on('data', onInput);
  input.on('end', onHangUp);
  input.on('error', onHangUp);
  output.on('resize', onSize);
  process.on('SIGTSTP', onStop);
  process.on('SIGCONT', onContinue);
  process.on('exit', leave);
  enter();

  return {
    size: () => ({ columns: output.columns || USUAL.columns, rows: output.rows || USUAL.rows }),
    draw(lines) {
      if (!open) return;
      // Erased before it is written: behind a full line the cursor stands on its last cell.
      const text = lines
        .map((line, row) => (line === shown[row] ? '' : `\x1b[${row + 1};1H\x1b[2K${line}\x1b[0m`))
        .join('');
      shown = lines;
      if (text !== '') output.write(text);
    },
    forget() {
      shown = [];
      if (open) output.write('\x1b[2J');
    },
    isThere: () => isatty(0),
    suspend: () => void process.kill(0, 'SIGTSTP'),
    close() {
      input.off('data', onInput);
      input.off('end', onHangUp);
      output.off('resize', onSize);
      process.off('SIGTSTP', onStop);
      process.off('SIGCONT', onContinue);
      leave();
      input.pause();
    },
  };
}
