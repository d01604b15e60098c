import { dirname, resolve } from 'node:path';
import { gather, type Gathered } from '../manifest/init/gather.ts';
import type { From } from '../manifest/init/note.ts';
import { verify } from '../manifest/init/verify.ts';
import { failure, severityOf, type Failure } from '../model/failure.ts';
import { fileExists, putFile } from '../os/files.ts';
import { runHelper } from '../os/run.ts';
import { diagnosticText } from '../render/diagnostics.ts';
import { renderFailure } from '../render/failures.ts';
import { foundText, manifestText, writtenText } from '../render/init.ts';
import { EXIT } from '../render/words.ts';
import { complain, errorPaint, fail, print } from './output.ts';
import type { Flags } from './verb.ts';

const SOURCES: readonly string[] = ['django', 'procfile', 'supervisord'] satisfies From[];
const isSource = (name: string): name is From => SOURCES.includes(name);

export async function run([file = null]: readonly (string | null)[], flags: Flags): Promise<number> {
  const given = (flag: string): string | null => {
    const value = flags[flag];
    return typeof value === 'string' ? value : null;
  };
  const from = given('from');
  if (from !== null && !isSource(from)) {
    return fail(failure('usage', { detail: `--from must be one of ${SOURCES.join(', ')}, not "${from}"` }));
  }
  const output = given('output') ?? 'prodserver.yaml';
  const path = resolve(output);
  const aloud = flags['stdout'] === true;
  const force = flags['force'] === true;
  // Before an interpreter is asked for a minute.
  if (!aloud && !force && fileExists(path)) return fail(failure('init-exists', { path: output }));
  const cwd = process.cwd();
  const folder = aloud ? cwd : dirname(path);
  const order = { from, file, settings: given('settings'), cwd, env: process.env, folder };
  const gathered = await gather(order, runHelper);
  if (!gathered.ok) return Math.max(...gathered.error.map(fail));
  const text = manifestText(gathered.value.source, gathered.value.proposal);
  if (aloud) process.stdout.write(text);
  else {
    const errno = putFile(path, text, force);
    if (errno === 'EEXIST') return fail(failure('init-exists', { path: output }));
    if (errno !== null) return fail(failure('init-unwritten', { path: output, errno }));
  }
  const shown = aloud ? '<stdout>' : output;
  const { secrets } = gathered.value.proposal;
  const findings = verify(text, { shown, path, folder, env: process.env, secrets });
  return tell(gathered.value, shown, findings, aloud);
}

/** What is on stdout is the manifest, or what became of it. */
function tell(gathered: Gathered, shown: string, findings: readonly Failure[], aloud: boolean): number {
  const say = aloud ? complain : print;
  const { trouble } = gathered;
  if (trouble !== null) complain(renderFailure(trouble));
  for (const line of foundText(gathered)) say(line);
  for (const finding of findings) complain(diagnosticText(finding, errorPaint()));
  if (!aloud) say(writtenText(shown, gathered));
  return findings.some(({ code }) => severityOf(code) === 'error') ? EXIT.failure : EXIT.ok;
}
