/** Answers a shell that asks what a line may go on with: at once or not at all, and never with an error. */
import { homedir } from 'node:os';
import type { Command } from 'commander';
import { findSupervisors } from '../../control/client.ts';
import { namesIn } from '../../manifest/names.ts';
import { sourceId } from '../../manifest/source.ts';
import { readManifestText } from '../../os/files.ts';
import { signalNames } from '../../os/signals.ts';
import { sourceOf } from '../source.ts';
import { complete, type Candidate, type Kind, type Line } from './candidates.ts';
import { isBroken, mended, unquoted } from './bash-words.ts';

/** Nobody waits longer for a key, and supervisors answer in less. Milliseconds. */
const PATIENCE_MS = 1000;
const RUNNING_MS = 500;

/** Prints how to take it (`:files`, `:nospace` or `:`), and a line for each value: a tab stands before what it means. */
export async function run(root: Command, [shell = '', ...words]: readonly string[]): Promise<void> {
  const late = setTimeout(() => process.exit(0), PATIENCE_MS);
  try {
    const line = complete(root, shell === 'bash' ? mended(words).map(unquoted) : words);
    const { kind, before } = line.completion;
    const all = await candidatesOf(line);
    const wanted = words.at(-1) ?? '';
    // bash has taken the word apart at its equals sign, and replaces the last part only.
    const inFront = shell === 'bash' && isBroken(words) ? '' : before;
    const start = shell === 'bash' ? unquoted(wanted === '=' ? '' : wanted) : wanted;
    const told = all
      .map(({ value, about }) => ({ value: `${inFront}${value}`, about }))
      .filter(({ value }) => value.startsWith(start));
    const how = kind === 'files' ? ':files' : kind === 'counts' ? ':nospace' : ':';
    const lines = told.map(({ value, about }) => (about === '' ? value : `${value}\t${about}`));
    await new Promise<void>((done) => process.stdout.write(`${[how, ...lines].join('\n')}\n`, () => done()));
  } catch {
    // A shell would show it in the middle of the line that is being written; the command itself will say it.
  }
  clearTimeout(late);
  // A supervisor that hangs may still be asked.
  process.exit(0);
}

async function candidatesOf({ completion, flags }: Line): Promise<readonly Candidate[]> {
  if (completion.kind === 'words') return completion.words;
  const values: Readonly<Record<Kind, () => Promise<Candidate[]> | Candidate[]>> = {
    files: () => [],
    signals: () => signalNames().map((name) => ({ value: name.slice(3), about: '' })),
    names: async () => {
      const names = await namesOf(flags);
      return names.filter(({ value }) => !completion.given.includes(value));
    },
    counts: async () => {
      const names = (await namesOf(flags)).filter(({ value }) => !/\.\d+$/.test(value));
      return names.map(({ value, about }) => ({ value: `${value}=`, about }));
    },
  };
  return values[completion.kind]();
}

/** Of the manifest as it is now, and of what runs. A Django project is not asked: that takes longer than anybody waits. */
async function namesOf(flags: Line['flags']): Promise<Candidate[]> {
  const { manifest } = flags;
  const home = manifest?.startsWith('~/') === true ? { manifest: homedir() + manifest.slice(1) } : {};
  const source = sourceOf({ ...flags, ...home });
  if (!source.ok) return [];
  const found = new Map<string, string>();
  const add = (name: string, instances: readonly string[], about: string): void => {
    found.set(name, found.get(name) || about);
    if (instances.length > 1) for (const one of instances) found.set(one, found.get(one) || about);
  };
  if (source.value.kind === 'file' && source.value.path !== '-') {
    const text = readManifestText(source.value.path);
    for (const { name, backend, instances } of text.ok ? namesIn(text.value) : []) {
      const all = Array.from({ length: instances }, (_, index) => `${name}.${index + 1}`);
      add(name, all, backend);
    }
  }
  const running = await Promise.race([
    findSupervisors(sourceId(source.value, process.cwd())),
    new Promise<null>((none) => setTimeout(() => none(null), RUNNING_MS)),
  ]);
  const rows = running?.ok === true ? running.value.flatMap(({ status }) => status.processes) : [];
  for (const { name, backend } of rows) {
    const instances = rows.filter((row) => row.name === name).map((row) => row.instance);
    add(name, instances, backend);
  }
  const [names, instances] = [false, true].map((one) =>
    [...found].filter(([value]) => /\.\d+$/.test(value) === one),
  );
  return [...(names ?? []), ...(instances ?? [])].map(([value, about]) => ({ value, about }));
}
