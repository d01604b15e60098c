/** Who sends an application's periodic tasks on this machine, by the command lines of all that runs. Pure. */
import { basename } from 'node:path';
import type { CommandLine } from '../os/command-lines.ts';
import type { BeatProcess } from './verdict.ts';

/** Options that stand before Celery's sub-command and take the word that follows. */
const WITH_VALUE = new Set([
  '-A',
  '--app',
  '-b',
  '--broker',
  '--result-backend',
  '--loader',
  '--config',
  '--workdir',
]);

export interface CeleryCommand {
  readonly app: string | null;
  readonly verb: string;
  readonly args: readonly string[];
}

/** What a command line asks of Celery; null: nothing. */
export function celeryCommand(argv: readonly string[]): CeleryCommand | null {
  const [program = ''] = argv;
  // What setproctitle has written over it.
  const whole = argv.join(' ');
  const title = /^\[celery(?: beat|d: [^\]]*)\]\s*(?:-[a-z]+- )?\(?(.*?)\)?$/.exec(whole);
  if (title !== null) {
    const read = readWords((title[1] ?? '').split(/\s+/));
    return whole.startsWith('[celery beat]') ? { ...read, verb: 'beat' } : read;
  }
  const at = argv.findIndex((word, index) => isCelery(word, argv[index - 1]));
  // A shell, an editor or a client of a container runtime may name it too, and runs none itself.
  const runs = at === 0 || /^(python|pypy)[\d.]*$/.test(basename(program));
  return at === -1 || !runs ? null : readWords(argv.slice(at + 1));
}

const isCelery = (word: string, before: string | undefined): boolean =>
  before === '-m' ? word === 'celery' : ['celery', 'prodserver_celery.py'].includes(basename(word));

function readWords(words: readonly string[]): CeleryCommand {
  let app: string | null = null;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) return { app, verb: word, args: words.slice(index + 1) };
    const [, inline = null] = /^(?:--app=|-A=?)(.+)$/.exec(word) ?? [];
    if (inline !== null) app = inline;
    else if (WITH_VALUE.has(word)) {
      index += 1;
      if (word === '-A' || word === '--app') app = words[index] ?? null;
    }
  }
  return { app, verb: '', args: [] };
}

/** The value of an option of the sub-command, by any of its names; undefined: not given. */
export const optionOf = (args: readonly string[], ...names: string[]): string | undefined =>
  args
    .map((word, index) => {
      const name = names.find((one) => word === one || word.startsWith(`${one}=`));
      if (name === undefined) return undefined;
      return word === name ? args[index + 1] : word.slice(name.length + 1);
    })
    .find((one) => one !== undefined);

/** `-B`, also among other flags of one letter. */
const hasBeat = (args: readonly string[]): boolean =>
  args.some((word) => word === '--beat' || /^-[EDB]*B/.test(word));

/** `members`: pid to instance, of what the supervisors of this manifest have. */
export function findBeats(
  lines: readonly CommandLine[],
  members: ReadonlyMap<number, string>,
): BeatProcess[] {
  const sending = new Map<number, CommandLine & CeleryCommand>();
  for (const line of lines) {
    const command = celeryCommand(line.argv);
    if (command?.verb === 'beat' || (command?.verb === 'worker' && hasBeat(command.args)))
      sending.set(line.pid, { ...line, ...command });
  }
  const parents = new Map(lines.map(({ pid, parent }) => [pid, parent]));
  // What it has forked, and a parent that only watches it, have the same words; a shell may stand in between.
  const isBelowOne = (pid: number): boolean => {
    for (let up = parents.get(pid) ?? 0; up > 1; up = parents.get(up) ?? 0) if (sending.has(up)) return true;
    return false;
  };
  return [...sending.values()]
    .filter(({ pid }) => !isBelowOne(pid))
    .map(({ pid, app, verb, cwd }) => ({
      pid,
      app,
      embedded: verb === 'worker',
      cwd,
      instance: members.get(pid) ?? null,
    }));
}

/** `shop`, `shop.celery` and `shop.celery:app` are one application; one that is not named may be any. */
export function isSameApp(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return true;
  const [a, b] = [one, other].map((app) => `${app.replaceAll(':', '.')}.`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

export interface Group {
  readonly beats: readonly BeatProcess[];
  /** Two of them are of one application in one folder; else they may be of two projects of one name. */
  readonly sure: boolean;
}

/** Of those that may send the same tasks, each group once. `apps`: those that count; null: all. */
export function groupsOf(beats: readonly BeatProcess[], apps: readonly string[] | null): Group[] {
  const groups: BeatProcess[][] = [];
  for (const beat of beats) {
    if (apps !== null && !apps.some((app) => isSameApp(app, beat.app))) continue;
    const group = groups.find((one) => one.some((other) => isSame(beat, other)));
    if (group === undefined) groups.push([beat]);
    else group.push(beat);
  }
  return groups.map((group) => {
    const folders = group.map(({ cwd }) => cwd).filter((cwd) => cwd !== null);
    return { beats: group, sure: new Set(folders).size < folders.length };
  });
}

/** Without a name only the folder can tell. */
const isSame = (one: BeatProcess, other: BeatProcess): boolean =>
  isSameApp(one.app, other.app) && (one.cwd === other.cwd || (one.app !== null && other.app !== null));
