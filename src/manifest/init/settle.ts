/** What holds for all processes together: one interpreter, no secrets, and texts as a manifest writes them. */
import { unfit, type Made } from './command.ts';
import type { Draft, Note, Proposal, Where } from './note.ts';
import { hideSecrets, type Secrets } from './secrets.ts';
import { inManifest, mapTexts, variablesIn } from './text.ts';

export interface Found {
  readonly name: string;
  readonly where: Where;
  readonly made: Made;
}

export function settle(found: readonly Found[], notes: readonly Note[]): Proposal {
  const named = found.find(({ made }) => made.python !== null && made.python !== 'any');
  const first = named?.made.python ?? null;
  const python = first === null || first === 'any' ? null : first;
  // A manifest has one interpreter: who has another one goes on as it is.
  const alike = found.map((one): Found => {
    const own = one.made.python;
    if (own === null || own === 'any' || own.path === python?.path) return one;
    return { ...one, made: unfit(one.made.plain, { kind: 'python', python: own.path }) };
  });
  const drafts = alike.map(({ name, where, made }) => ({ name, where, entry: made.entry }));
  const decided = alike.flatMap(({ name, where, made }): Note[] =>
    made.facts.map((fact) => ({ where, process: name, fact })),
  );
  const interpreter: Note[] = [];
  const bare = alike.find(({ made }) => made.python === 'any');
  if (named !== undefined && python !== null) {
    const fact = { kind: 'interpreter', program: python.program, python: python.path } as const;
    interpreter.push({ where: named.where, process: null, fact });
  } else if (bare !== undefined) {
    interpreter.push({ where: bare.where, process: null, fact: { kind: 'interpreter-found' } });
  }
  return finish({ drafts, notes: [...interpreter, ...decided, ...notes], python: python?.path ?? null });
}

/** Set wherever a program runs. */
const ALWAYS = new Set(['PATH', 'HOME', 'PWD']);

/** The last step of every reader. */
export function finish({ drafts, notes, python }: Omit<Proposal, 'secrets'>): Proposal {
  const known: Secrets = new Map();
  const hidden = drafts.map((draft) => hideSecrets(draft, known));
  const names = new Set<string>();
  const collect = (text: string): string => {
    for (const name of variablesIn(text)) if (!ALWAYS.has(name)) names.add(name);
    return text;
  };
  for (const { draft } of hidden) mapTexts(draft.entry, collect);
  if (python !== null) collect(python);
  const [first] = drafts;
  const variables: Note[] =
    names.size === 0 || first === undefined
      ? []
      : [
          {
            where: { ...first.where, line: null },
            process: null,
            fact: { kind: 'variables', names: [...names] },
          },
        ];
  return {
    drafts: hidden.map(({ draft }): Draft => ({
      ...draft,
      entry: mapTexts(draft.entry, inManifest) as Draft['entry'],
    })),
    notes: [
      ...notes.map((note) => inPlainWords(note, known)),
      ...hidden.flatMap((one) => one.notes),
      ...variables,
    ],
    python: python === null ? null : inManifest(python),
    secrets: known,
  };
}

/** Variables and secrets are written in a note as in the manifest. */
function inPlainWords(note: Note, known: Secrets): Note {
  const entry = { EXTRA_ARGS: [], CMD: [], fact: note.fact };
  const { draft } = hideSecrets({ name: note.process ?? '', where: note.where, entry }, known);
  return { ...note, fact: mapTexts(draft.entry['fact'], inManifest) as Note['fact'] };
}
