/** A Procfile, as foreman, honcho and Heroku read it: `name: command`, which is given to a shell. */
import { fromShell, type CommandContext } from './command.ts';
import { Names } from './names.ts';
import type { NoteFact, Note } from './note.ts';
import { settle, type Found } from './settle.ts';
import type { Proposal } from './note.ts';

const LINE = /^([A-Za-z0-9_-]+):\s*(\S.*)$/;

export function readProcfile(
  file: string,
  text: string,
  io: Pick<CommandContext, 'interpreterOf'>,
): Proposal {
  const names = new Names();
  const found: Found[] = [];
  const notes: Note[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const where = { file, line: index + 1 };
    if (/^\s*(#|$)/.test(line)) continue;
    const match = LINE.exec(line);
    if (match === null) {
      notes.push({ where, process: null, fact: { kind: 'line-ignored' } });
      continue;
    }
    const [, asked = '', command = ''] = match;
    const { name, facts } = names.take(asked);
    const made = fromShell(command.trim(), { cwd: null, ...io });
    const release = asked === 'release' && /^(Django)?Command$/.test(String(made.entry['BACKEND']));
    const once: NoteFact[] = release ? [{ kind: 'release' }] : [];
    const add = (entry: Found['made']['entry']) => (release ? { ...entry, ONESHOT: true } : entry);
    found.push({
      name,
      where,
      made: {
        ...made,
        entry: add(made.entry),
        plain: add(made.plain),
        facts: [...facts, ...made.facts, ...once],
      },
    });
  }
  return settle(found, notes);
}
