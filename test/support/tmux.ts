/** A real terminal: a shell in a tmux of its own, its keys, and what its screen shows. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Rig, until } from './rig.ts';

export interface PaneOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program may have left behind. */
export interface TerminalState {
  /** The other screen is on. */
  readonly alternate: boolean;
  readonly cursor: boolean;
  readonly wrap: boolean;
  /** All that `stty -a` tells, in one word. */
  readonly modes: string;
}

export class Pane {
  readonly #socket: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly tty: string;
  #seen = '';

  /** The shell is dash, which leaves the terminal as it finds it; NO_COLOR is that of the rig. */
  constructor(rig: Rig, { columns = 80, rows = 24, env = {} }: PaneOptions = {}) {
    this.#socket = join(rig.folder, 'tmux');
    this.#env = { ...rig.env, PS1: '$ ', ENV: '', ...env };
    onTestFinished(({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(`\n--- the screen\n${this.#seen}\n`);
      // Nobody else is at this socket.
      spawnSync('tmux', ['-S', this.#socket, 'kill-server'], { stdio: 'ignore' });
    });
    const size = ['-x', String(columns), '-y', String(rows)];
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', rig.folder, 'sh', '-i');
    this.tty = this.#ask('pane_tty');
  }

  /** Keys by their sign, or by tmux's name: `Enter`, `C-c`, `Down`. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** A line for the shell. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Each line without the blanks at its end; `colours`: with their sequences. */
  screen(colours = false): string {
    this.#seen = this.#tmux('capture-pane', '-p', ...(colours ? ['-e'] : []));
    return this.#seen;
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    return until(() => pattern.exec(this.screen()), `the screen to show ${pattern}`);
  }

  state(): TerminalState {
    const [alternate, cursor, wrap] = this.#ask('alternate_on} #{cursor_flag} #{wrap_flag').split(' ');
    const stty = spawnSync('stty', ['-F', this.tty, '-g'], { encoding: 'utf8' });
    return {
      alternate: alternate === '1',
      cursor: cursor === '1',
      wrap: wrap === '1',
      modes: stty.stdout.trim(),
    };
  }

  /** The terminal hangs up. */
  close(): void {
    this.#tmux('kill-server');
  }

  #ask(format: string): string {
    return this.#tmux('display-message', '-p', `#{${format}}`).trim();
  }

  #tmux(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-S', this.#socket, ...args], {
      encoding: 'utf8',
      env: this.#env,
    });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
}
