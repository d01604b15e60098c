/** One `[program:x]` as an entry, or as several. */
import { isAbsolute, join, relative } from 'node:path';
import { fromWords, type Made } from './command.ts';
import { expand, readEnvironment, type Lookup } from './expand.ts';
import type { IniSection } from './ini.ts';
import type { NoteFact } from './note.ts';
import type { Found } from './settle.ts';
import { splitPlain } from './shell.ts';
import { logOf } from './supervisord-log.ts';
import { policyOf } from './supervisord-policy.ts';
import type { ConfIo, Program, Setting, Surroundings } from './supervisord-types.ts';
import { onlyVariable, variable } from './text.ts';

const KNOWN = new Set(
  (
    'command process_name numprocs numprocs_start priority autostart autorestart startsecs startretries exitcodes ' +
    'stopsignal stopwaitsecs stopasgroup killasgroup user umask directory environment redirect_stderr ' +
    'stdout_logfile stdout_logfile_maxbytes stdout_logfile_backups stdout_syslog ' +
    'stderr_logfile stderr_logfile_maxbytes stderr_logfile_backups stderr_syslog'
  ).split(' '),
);
const TRUTHS: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  1: true,
  no: false,
  false: false,
  off: false,
  0: false,
};
/** What would make the copies of a program different from each other. */
const OWN_TO_EACH = ['command', 'environment', 'directory'];

export function readProgram(section: IniSection, around: Surroundings): Found[] {
  const asked = section.name.slice('program:'.length).trim();
  const raw = (key: string): string => section.values.get(key)?.value ?? '';
  const number = (key: string, fallback: number): number =>
    /^\s*\d+\s*$/.test(raw(key)) ? Number(raw(key)) : fallback;
  const copies = number('numprocs', 1);
  const start = number('numprocs_start', 0);
  const differ = OWN_TO_EACH.some((key) => raw(key).includes('%(process_num)'));
  if (!section.values.has('command')) {
    const at = { key: `[${section.name}]`, value: '', file: section.file, line: section.line };
    around.refuse(at, 'the program has no command');
    return [];
  }
  if (copies === 1 || !differ)
    return [one(section, around, { asked, start, number: start, copies, instances: copies })];
  const notes = around.notes;
  notes.push({
    where: { file: section.file, line: section.line },
    process: asked,
    fact: { kind: 'split', count: copies },
  });
  return Array.from({ length: copies }, (_, index) =>
    one(section, around, {
      asked: `${asked}-${start + index}`,
      start,
      number: start + index,
      copies,
      instances: 1,
    }),
  );
}

interface Copy {
  readonly asked: string;
  readonly start: number;
  readonly number: number;
  readonly copies: number;
  readonly instances: number;
}

function one(section: IniSection, around: Surroundings, copy: Copy): Found {
  const { io } = around;
  const { name, facts: renamed } = around.names.take(copy.asked);
  const program = section.name.slice('program:'.length).trim();
  const facts: NoteFact[] = [...renamed];
  const note = (key: string, fact: NoteFact): void => {
    const line = section.values.get(key)?.line ?? section.line;
    const file = section.values.get(key)?.file ?? section.file;
    around.notes.push({ where: { file, line }, process: name, fact });
  };
  const bad = (key: string, detail: string): void => {
    const found = section.values.get(key) ?? { value: '', file: section.file, line: section.line };
    around.refuse({ key, ...found }, detail);
  };
  let env: Readonly<Record<string, string>> = around.inherited.env;
  const lookup =
    (key: string): Lookup =>
    (asked) => {
      if (asked === 'program_name') return program;
      if (asked === 'group_name') return around.groups.get(program) ?? program;
      if (asked === 'process_num')
        return key.endsWith('_logfile') && copy.instances > 1 ? '{instance}' : copy.number;
      if (asked === 'numprocs') return copy.copies;
      if (asked === 'here') {
        const folder = around.folders.get(section.values.get(key)?.file ?? '') ?? '.';
        if (key === 'command' || key === 'environment') note(key, { kind: 'here', folder });
        return folder;
      }
      if (asked === 'host_node_name') {
        note(key, { kind: 'host-name' });
        return variable('HOSTNAME');
      }
      if (!asked.startsWith('ENV_')) return null;
      const wanted = asked.slice(4);
      return env[wanted] ?? variable(wanted);
    };
  const text = (key: string): string | null => {
    const given = section.values.get(key);
    if (given === undefined) return null;
    // In a log's name the number is that of the instance, whatever its form.
    const form = key.endsWith('_logfile')
      ? given.value.replaceAll(/%\(process_num\)0?\d*d/g, '%(process_num)s')
      : given.value;
    const expanded = expand(form, lookup(key));
    if ('text' in expanded) return expanded.text;
    bad(key, `supervisord does not know what ${expanded.bad} stands for`);
    return null;
  };
  const asking: Program = {
    name,
    instances: copy.instances,
    has: (key) => section.values.has(key),
    text,
    whole(key, fallback) {
      const given = text(key);
      if (given === null) return fallback;
      if (!/^\s*[+-]?\d+\s*$/.test(given)) bad(key, `${key} must be a whole number`);
      return Number(given);
    },
    truth(key, fallback) {
      const given = text(key);
      if (given === null) return fallback;
      const read = TRUTHS[given.toLowerCase()];
      if (read === undefined) bad(key, `${key} must be true or false`);
      return read ?? fallback;
    },
    near(path) {
      const near = relative(io.folder, path);
      return isAbsolute(path) && !near.startsWith('..') ? near || '.' : path;
    },
    note,
    bad,
  };
  const pairs = readEnvironment(text('environment') ?? '');
  if (pairs === null) bad('environment', 'environment must be KEY="value",KEY="value"');
  env = { ...env, ...pairs };
  const made = commandOf(asking, io);
  for (const [key, { value }] of section.values)
    if (!KNOWN.has(key))
      note(key, { kind: 'no-counterpart', key, value: /^[\w.]*$/.test(value) ? value : null });
  const entry = {
    ...(copy.instances === 1 ? {} : { INSTANCES: copy.instances }),
    ...placeOf(asking, around.inherited.umask),
    ...(Object.keys(env).length === 0 ? {} : { ENV: env }),
    ...policyOf(asking, String(made.entry['BACKEND'])),
    ...logOf(asking),
  };
  const line = section.values.get('command')?.line ?? section.line;
  return {
    name,
    where: { file: section.values.get('command')?.file ?? section.file, line },
    made: {
      ...made,
      entry: joined(made.entry, entry),
      plain: joined(made.plain, entry),
      facts: [...facts, ...made.facts],
    },
  };
}

function commandOf(program: Program, io: ConfIo): Made {
  const line = program.text('command');
  const words = splitPlain(line ?? '');
  if (line !== null && (words === null || words.length === 0))
    program.bad('command', 'the command has no end, or is empty');
  for (const { text } of words ?? []) {
    const only = onlyVariable(text);
    if (only !== null) program.note('command', { kind: 'one-word', variable: only });
  }
  const context = { cwd: program.text('directory'), interpreterOf: io.interpreterOf };
  return fromWords(words ?? [], context);
}

/** Folder, user and mask. */
function placeOf(program: Program, ofAll: Setting | null): Record<string, unknown> {
  const directory = program.text('directory');
  const user = program.text('user');
  const umask = program.text('umask') ?? ofAll?.value ?? null;
  if (umask !== null && !/^0*[0-7]{1,3}$/.test(umask)) program.bad('umask', 'umask must be octal digits');
  return {
    ...(directory === null ? {} : { CWD: program.near(directory) }),
    ...(user === null ? {} : { USER: /^\d+$/.test(user) ? Number(user) : user }),
    ...(umask === null ? {} : { UMASK: `0${umask.replace(/^0+(?=.)/, '')}` }),
  };
}

/** What the command says of itself (a folder, an environment of its own) stands above what its section says. */
function joined(own: Made['entry'], section: Record<string, unknown>): Made['entry'] {
  const env = { ...(section['ENV'] as object | undefined), ...(own['ENV'] as object | undefined) };
  const { ENV: _, CWD: folder, ...rest } = own;
  const base = typeof section['CWD'] === 'string' ? section['CWD'] : '';
  return {
    ...rest,
    ...section,
    ...(typeof folder === 'string' ? { CWD: isAbsolute(folder) ? folder : join(base, folder) } : {}),
    ...(Object.keys(env).length === 0 ? {} : { ENV: env }),
  };
}
