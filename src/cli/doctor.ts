import { findSupervisors } from '../control/client.ts';
import type { StatusAnswer } from '../control/protocol.ts';
import { examine, type ManifestFacts } from '../doctor/gather.ts';
import { sourceId } from '../manifest/source.ts';
import type { Failure, Result } from '../model/failure.ts';
import { systemClock as clock } from '../os/clock.ts';
import { askingText, doctorJson, doctorLines } from '../render/doctor.ts';
import { EXIT } from '../render/words.ts';
import { keys } from './lock.ts';
import { load } from './manifest.ts';
import { complain, fail, outputPaint, print } from './output.ts';
import { sourceOf } from './source.ts';
import type { Flags } from './verb.ts';

export async function run(_names: readonly string[], flags: Flags): Promise<number> {
  const source = sourceOf(flags);
  if (!source.ok && source.error.code === 'usage') return fail(source.error);
  const { env } = process;
  const { verdicts, isOver } = await examine({
    clock,
    env,
    keys,
    manifest: async () => manifestFacts(flags),
    supervisors: async () => supervisors(source.ok ? sourceId(source.value, process.cwd()) : null),
    project: async () => project(),
    tell: (pending, ms) => complain(askingText(pending, ms)),
  });
  if (flags['json'] === true) print(JSON.stringify(doctorJson(verdicts), null, 2));
  else for (const line of doctorLines(verdicts, flags['verbose'] === true, outputPaint())) print(line);
  const refuses = (status: string): boolean =>
    status === 'bad' || (flags['strict'] === true && status === 'warn');
  const code = verdicts.some(({ status }) => refuses(status)) ? EXIT.failure : EXIT.ok;
  // Whoever did not answer in time would keep this process for as long as it takes.
  if (!isOver) process.stdout.write('', () => process.exit(code));
  return code;
}

async function manifestFacts(flags: Flags): Promise<ManifestFacts> {
  const { shown, loaded } = await load(flags);
  const named = ['manifest', 'settings'].some((flag) => flags[flag] !== undefined);
  return { shown, plan: loaded.plan, findings: loaded.findings, named };
}

async function supervisors(manifest: string | null): Promise<Result<readonly StatusAnswer[]>> {
  if (manifest === null) return { ok: true, value: [] };
  const found = await findSupervisors(manifest);
  return found.ok ? { ok: true, value: found.value.map(({ status }) => status) } : found;
}

async function project(): Promise<readonly Failure[]> {
  return [];
}
