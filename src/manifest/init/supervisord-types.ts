/** What the readers of a supervisord.conf hand to each other. */
import type { Result } from '../../model/failure.ts';
import type { Environment } from '../interpolate.ts';
import type { CommandContext } from './command.ts';
import type { IniValue } from './ini.ts';
import type { Names } from './names.ts';
import type { Note, NoteFact } from './note.ts';

export interface ConfIo extends Pick<CommandContext, 'interpreterOf'> {
  /** The text of a file that is included. */
  read(path: string): Result<string>;
  /** The files that a pattern of absolute paths means, sorted. */
  glob(pattern: string): readonly string[];
  /** A path as people know it. */
  shown(path: string): string;
  readonly env: Environment;
  /** Where the manifest will be: paths below it are written from there. */
  readonly folder: string;
}

/** A key with what it says, and where. */
export interface Setting extends IniValue {
  readonly key: string;
}

export interface Surroundings {
  readonly inherited: { readonly env: Readonly<Record<string, string>>; readonly umask: Setting | null };
  readonly folders: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, string>;
  readonly names: Names;
  /** Says that supervisord would not take it. */
  refuse(setting: Setting, detail: string): void;
  readonly io: ConfIo;
  readonly notes: Note[];
}

/** What the readers of single keys ask. */
export interface Program {
  readonly name: string;
  /** How many run of an entry. */
  readonly instances: number;
  has(key: string): boolean;
  /** Expanded; null where it is not given. */
  text(key: string): string | null;
  whole(key: string, fallback: number): number;
  truth(key: string, fallback: boolean): boolean;
  /** A path, from the manifest's folder where it is below it. */
  near(path: string): string;
  note(key: string, fact: NoteFact): void;
  bad(key: string, detail: string): void;
}
