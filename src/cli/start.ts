import pino from 'pino';
import type { Ending } from '../daemon/director.ts';
import { runDaemon } from '../daemon/run.ts';
import { failure } from '../model/failure.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { signalNumber } from '../os/signals.ts';
import { renderFailure, exitCodeOf } from '../render/failures.ts';
import { newJsonPresenter, newTextPresenter, type Presenter } from '../render/news.ts';
import { VERSION } from '../render/version.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { loadPlan } from './manifest.ts';
import { unknownOf } from './names.ts';
import { complain, fail, outputPaint } from './output.ts';

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const format = String(flags['logFormat']);
  if (format !== 'text' && format !== 'json') {
    return fail(failure('usage', { detail: `--log-format must be text or json, not "${format}"` }));
  }
  const source = await loadPlan(flags);
  if (typeof source === 'number') return source;
  const chosen = choose(source.plan, names, flags['all'] === true);
  if (!Array.isArray(chosen)) return chosen;
  const instances = chosen.map((spec) => spec.instance);
  const presenter: Presenter =
    format === 'text'
      ? newTextPresenter(instances, outputPaint())
      : newJsonPresenter(
          (write) => pino({ base: { pid: process.pid } }, { write }),
          () => Date.now(),
        );
  const ended = await runDaemon({
    plan: source.plan,
    specs: chosen,
    all: flags['all'] === true,
    version: VERSION,
    wait: flags['wait'] !== false,
    present: (news) => presenter.lines(news),
    lost: (count, to) => presenter.lost(count, to),
  });
  if (!ended.ok) return fail(ended.error);
  return exitCode(ended.value);
}

/** The processes to start, or the exit code of a complaint. */
function choose(plan: Plan, names: readonly string[], all: boolean): ProcessSpec[] | number {
  const known = [...new Set(plan.processes.map((spec) => spec.name))];
  if (known.length === 0) return fail(failure('nothing-to-start', { manifest: plan.manifest }));
  if (all && names.length > 0)
    return fail(failure('usage', { detail: '--all and names exclude each other' }));
  if (all) return [...plan.processes];
  if (names.length === 0) return fail(failure('name-needed', { names: known }));
  const unknown = unknownOf(names, known);
  if (unknown !== null) return fail(unknown);
  // Named outright, a process starts even where the manifest says AUTOSTART: false.
  return plan.processes
    .filter((spec) => names.includes(spec.name))
    .map((spec) => ({ ...spec, autostart: true }));
}

function exitCode(ending: Ending): number {
  switch (ending.kind) {
    case 'stopped':
      return EXIT.ok;
    case 'signalled':
      return 128 + signalNumber(ending.signal);
    case 'exited':
      return ending.exit.code ?? 128 + signalNumber(ending.exit.signal ?? 'SIGKILL');
    case 'failed':
      complain(renderFailure(ending.failure));
      return exitCodeOf(ending.failure);
    default:
      return ending satisfies never;
  }
}
