/** What a supervisor tells its service manager, and whether systemd would take it so. */
import { join } from 'node:path';
import type { Rig, Running } from './rig.ts';

export interface Message {
  /** Of the sender. */
  readonly pid: number;
  readonly lines: readonly string[];
}

export class Manager {
  readonly #running: Running;
  readonly address: string;

  private constructor(running: Running, address: string) {
    this.#running = running;
    this.address = address;
  }

  static async start(rig: Rig, address: string): Promise<Manager> {
    const program = join(import.meta.dirname, 'manager.py');
    const running = rig.spawn(['python3', program, address]);
    await running.says(/"listening".*\n/);
    return new Manager(running, address);
  }

  /** Waits for a line after the last that was waited for. */
  async hears(line: RegExp): Promise<void> {
    await this.#running.says(new RegExp(`"${line.source}"`));
  }

  get messages(): Message[] {
    const texts = this.#running.stdout.split('\n').slice(1);
    const all = texts.filter((text) => text !== '').map((text) => JSON.parse(text) as Message);
    return all.filter(({ lines }) => lines[0] !== 'BARRIER=1');
  }

  /** Those that say more than that it lives and how it is, which come when they come. */
  get story(): string[] {
    return this.messages
      .filter(({ lines }) => !lines.every((line) => /^(WATCHDOG|EXTEND_TIMEOUT_USEC|STATUS)=/.test(line)))
      .map(({ lines }) => lines.join(' ').replaceAll(/(?<=(PID|MONOTONIC_USEC)=)\d+/g, 'N'));
  }
}

const LINE =
  /^(READY=1|RELOADING=1|STOPPING=1|WATCHDOG=1|MAINPID=\d+|(MONOTONIC|EXTEND_TIMEOUT)_USEC=\d+|STATUS=[^\n]{1,500})$/;

/** What in a whole life breaks the protocol. */
export function offences(messages: readonly Message[], mainPid: number | null): string[] {
  const found: string[] = [];
  let state: 'starting' | 'up' | 'reloading' | 'stopping' = 'starting';
  let reloadedAt = 0;
  for (const { pid, lines } of messages) {
    for (const line of lines) if (!LINE.test(line)) found.push(`${line} is no line of sd_notify`);
    const has = (line: string): boolean => lines.includes(line);
    if (mainPid !== null && pid !== mainPid) found.push(`${lines[0]} came from ${pid}`);
    const states = ['READY=1', 'RELOADING=1', 'STOPPING=1'].filter(has);
    if (states.length > 1) found.push(`${states.join(' and ')} at one time`);
    if (state === 'stopping' && states.length > 0) found.push(`${states.join()} after STOPPING=1`);
    if (has('READY=1') && state === 'up') found.push('READY=1 twice');
    if (has('RELOADING=1')) {
      const at = Number(lines.find((line) => line.startsWith('MONOTONIC_USEC='))?.slice(15) ?? 0);
      if (at <= reloadedAt) found.push(`RELOADING=1 at ${at}, after ${reloadedAt}`);
      if (state === 'starting') found.push('RELOADING=1 before READY=1');
      reloadedAt = at;
    }
    if (has('READY=1')) state = 'up';
    if (has('RELOADING=1')) state = 'reloading';
    if (has('STOPPING=1')) state = 'stopping';
  }
  if (state !== 'stopping') found.push('no STOPPING=1');
  return found;
}
