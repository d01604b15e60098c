/** A supervisord.conf as entries: its files, its sections, and what holds for all of its programs. */
import { dirname, resolve } from 'node:path';
import type { Failure, Result } from '../../model/failure.ts';
import { expand, readEnvironment } from './expand.ts';
import { malformed, readIni, type IniSection } from './ini.ts';
import { Names } from './names.ts';
import type { Note, NoteFact, Proposal } from './note.ts';
import { settle } from './settle.ts';
import { readProgram } from './supervisord-program.ts';
import type { ConfIo, Setting } from './supervisord-types.ts';
import { variable } from './text.ts';

/** What supervisord needs for itself; the same has no meaning for another supervisor. */
const OWN = new Set(
  'logfile logfile_maxbytes logfile_backups loglevel pidfile nodaemon silent nocleanup childlogdir identifier strip_ansi directory'.split(
    ' ',
  ),
);

export function readSupervisord(
  path: string,
  text: string,
  io: ConfIo,
): Result<Proposal, readonly Failure[]> {
  const file = io.shown(path);
  const folders = new Map([[file, dirname(resolve(path))]]);
  const parsed = readIni(file, text, new Map());
  if (!parsed.ok) return { ok: false, error: [parsed.error] };
  const sections = parsed.value;
  const notes: Note[] = [];
  const included = include(sections, folders, io, notes);
  if (included !== null) return { ok: false, error: [included] };

  const problems: Failure[] = [];
  const refuse = (setting: Setting, detail: string): void => {
    const excerpt = setting.key.startsWith('[')
      ? setting.key
      : `${setting.key}=${setting.value.split('\n')[0]}`;
    problems.push(malformed(setting.file, setting.line, excerpt, detail));
  };
  const main = sections.get('supervisord');
  const env = environmentOfAll(main, folders, refuse);
  notes.push(...notesOfMain(main), ...notesOfOthers(sections));
  const groups = groupsOf(sections);
  const names = new Names();
  const found = [...sections.values()]
    .filter((section) => section.name.startsWith('program:'))
    .flatMap((section) => {
      const umask = main?.values.get('umask');
      const inherited = { env, umask: umask === undefined ? null : { key: 'umask', ...umask } };
      return readProgram(section, { inherited, folders, groups, names, refuse, io, notes });
    });
  if (problems.length > 0) return { ok: false, error: problems };
  if (found.length > 0)
    notes.push({ where: { file, line: null }, process: null, fact: { kind: 'defaults' } });
  return { ok: true, value: settle(found, notes) };
}

/** Sections of the files that `[include]` names join those that are here. */
function include(
  sections: Map<string, IniSection>,
  folders: Map<string, string>,
  io: ConfIo,
  notes: Note[],
): Failure | null {
  const files = sections.get('include')?.values.get('files');
  if (files === undefined) return null;
  const here = folders.get(files.file) ?? '.';
  const expanded = expand(files.value, (name) =>
    name === 'here' ? here : name.startsWith('ENV_') ? (io.env[name.slice(4)] ?? null) : null,
  );
  if ('bad' in expanded)
    return malformed(files.file, files.line, `files=${files.value}`, unknown(expanded.bad));
  for (const pattern of expanded.text.split(/\s+/).filter(Boolean)) {
    const paths = io.glob(resolve(here, pattern));
    const fact = { kind: 'included', pattern, files: paths.length } as const;
    notes.push({ where: { file: files.file, line: files.line }, process: null, fact });
    for (const path of paths) {
      const text = io.read(path);
      if (!text.ok) return text.error;
      const shown = io.shown(path);
      folders.set(shown, dirname(path));
      const parsed = readIni(shown, text.value, sections);
      if (!parsed.ok) return parsed.error;
    }
  }
  return null;
}

export const unknown = (part: string): string => `supervisord does not know what ${part} stands for`;

function environmentOfAll(
  main: IniSection | undefined,
  folders: ReadonlyMap<string, string>,
  refuse: (setting: Setting, detail: string) => void,
): Readonly<Record<string, string>> {
  const given = main?.values.get('environment');
  if (given === undefined) return {};
  const expanded = expand(given.value, (name) =>
    name === 'here'
      ? (folders.get(given.file) ?? null)
      : name.startsWith('ENV_')
        ? variable(name.slice(4))
        : null,
  );
  const setting = { key: 'environment', ...given };
  if ('bad' in expanded) refuse(setting, unknown(expanded.bad));
  const env = 'bad' in expanded ? {} : readEnvironment(expanded.text);
  if (env === null) refuse(setting, 'environment must be KEY="value",KEY="value"');
  return env ?? {};
}

function notesOfMain(main: IniSection | undefined): Note[] {
  if (main === undefined) return [];
  const at = (line: number, fact: NoteFact): Note => ({
    where: { file: main.file, line },
    process: null,
    fact,
  });
  const own = [...main.values.keys()].filter((key) => OWN.has(key));
  const notes = own.length === 0 ? [] : [at(main.line, { kind: 'own-keys', keys: own })];
  for (const [key, { value, line }] of main.values) {
    if (key === 'user') notes.push(at(line, { kind: 'user-of-all', user: value }));
    else if (!OWN.has(key) && key !== 'environment' && key !== 'umask')
      notes.push(at(line, { kind: 'no-counterpart', key, value: /^\d+$/.test(value) ? value : null }));
  }
  return notes;
}

function notesOfOthers(sections: ReadonlyMap<string, IniSection>): Note[] {
  return [...sections.values()].flatMap(({ name, file, line }): Note[] => {
    if (name.startsWith('program:') || name === 'supervisord' || name === 'include') return [];
    const fact: NoteFact = name.startsWith('group:')
      ? { kind: 'group', group: name.slice('group:'.length) }
      : { kind: 'section', section: name };
    return [{ where: { file, line }, process: null, fact }];
  });
}

/** Program -> its group. */
function groupsOf(sections: ReadonlyMap<string, IniSection>): ReadonlyMap<string, string> {
  return new Map(
    [...sections.values()]
      .filter(({ name }) => name.startsWith('group:'))
      .flatMap(({ name, values }) =>
        (values.get('programs')?.value ?? '').split(',').map((one) => [one.trim(), name.slice(6)] as const),
      ),
  );
}
