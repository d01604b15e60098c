import { dirname } from 'node:path';
import pino from 'pino';
import type { GuardedDoor } from '../control/http-guard.ts';
import type { Ending } from '../daemon/director.ts';
import { runDaemon } from '../daemon/run.ts';
import type { Scales } from '../manifest/loaded.ts';
import { failure, type Failure, type Result } from '../model/failure.ts';
import { HTTP_EXPECTS, httpAddressText, isLoopback, parseHttpAddress } from '../model/http-door.ts';
import type { Plan, ProcessSpec } from '../model/spec.ts';
import { serviceManager } from '../os/activation.ts';
import { httpToken, takeHttpToken } from '../os/http-token.ts';
import { signalNumber } from '../os/signals.ts';
import { newEventMaker } from '../render/event.ts';
import { renderFailure, exitCodeOf } from '../render/failures.ts';
import { newJsonPresenter, newTextPresenter, type Presenter } from '../render/news.ts';
import { serviceText } from '../render/service.ts';
import { VERSION } from '../render/version.ts';
import { EXIT } from '../render/words.ts';
import type { Flags } from './verb.ts';
import { attach } from './attach.ts';
import { loadPlan, loadSource, type Planned, type Source } from './manifest.ts';
import { isAll, unknownOf } from './names.ts';
import { complain, fail, outputPaint } from './output.ts';

type Read = Pick<Source, 'loaded' | 'sources'>;

export async function run(names: readonly string[], flags: Flags): Promise<number> {
  const format = String(flags['logFormat']);
  if (format !== 'text' && format !== 'json') {
    return fail(failure('usage', { detail: `--log-format must be text or json, not "${format}"` }));
  }
  const watched = watchedOf(flags);
  if (!watched.ok) return fail(watched.error);
  if (flags['attach'] === true) {
    if (names.length > 0 || flags['all'] === true) return attach(names, flags);
    return fail(failure('usage', { detail: 'name the processes to start, or give --all' }));
  }
  // Before anything of the project runs, which is not to speak in our name.
  const manager = serviceManager();
  const given = takeHttpToken();
  const since = Date.now();
  const source = await loadPlan(flags);
  if (typeof source === 'number') return source;
  const all =
    flags['all'] === true ||
    (names.length === 1 &&
      names.every((name) =>
        isAll(
          name,
          source.plan.processes.map((one) => one.name),
        ),
      ));
  const complaint = complaintOf(source.plan, flags['all'] === true || !all ? names : [], all);
  if (complaint !== null) return fail(complaint);
  const door = doorOf(source.plan, flags['http'], given);
  if (!door.ok) return fail(door.error);
  const chosen = choose(source.plan, names, all);
  const instances = chosen.map((spec) => spec.instance);
  let { sources } = source;
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
    door: door.value,
    reread: async (scales) => {
      const read = await reread(source, scales);
      sources = sourcesAfter(source, sources, read);
      return read.loaded;
    },
    choose: (plan) => choose(plan, names, all),
    all,
    version: VERSION,
    manager,
    summary: serviceText,
    watch: watched.value === null ? null : { ...watched.value, since, sources: () => sources },
    wait: flags['wait'] !== false,
    present: (news) => presenter.lines(news),
    lost: (count, to) => presenter.lost(count, to),
    eventOf: newEventMaker(),
  });
  if (!ended.ok) return fail(ended.error);
  return exitCode(ended.value);
}

/** `--http` takes the place of the manifest's address; `off`: nowhere. */
function doorOf({ http }: Plan, flag: Flags[string], given: string | null): Result<GuardedDoor | null> {
  if (flag === 'off' || (flag === undefined && http === null)) return { ok: true, value: null };
  const named = typeof flag === 'string' ? parseHttpAddress(flag) : http;
  if (named === null) {
    const detail = `--http must be ${HTTP_EXPECTS}, or off, not "${String(flag)}"`;
    return { ok: false, error: failure('usage', { detail }) };
  }
  const { host, port } = named;
  const token = httpToken(http?.tokenFile ?? null, given);
  if (!token.ok) return token;
  if (token.value === null && !isLoopback(host))
    return { ok: false, error: failure('http-open', { address: httpAddressText(named) }) };
  return { ok: true, value: { host, port, hosts: http?.hosts ?? [], token: token.value } };
}

/** Why these cannot be started; null where they can. */
function complaintOf(plan: Plan, names: readonly string[], all: boolean): Failure | null {
  const known = [...new Set(plan.processes.map((spec) => spec.name))];
  if (known.length === 0) return failure('nothing-to-start', { manifest: plan.manifest });
  if (all && names.length > 0) return failure('usage', { detail: '--all and names exclude each other' });
  if (all) return null;
  return names.length === 0 ? failure('name-needed', { names: known }) : unknownOf(names, known);
}

/** Named outright, a process starts even where the manifest says AUTOSTART: false. */
const choose = (plan: Plan, names: readonly string[], all: boolean): ProcessSpec[] =>
  all
    ? [...plan.processes]
    : plan.processes
        .filter((spec) => names.includes(spec.name))
        .map((spec) => ({ ...spec, autostart: true }));

/** Which files are to be looked after; null: none. */
function watchedOf(flags: Flags): Result<{ readonly manifest: boolean; readonly code: boolean } | null> {
  const [manifest, code] = [flags['watch'] === true, flags['watchCode'] === true];
  if (!manifest && !code) return { ok: true, value: null };
  const flag = manifest ? '--watch' : '--watch-code';
  const wrong = (detail: string): Result<never> => ({ ok: false, error: failure('usage', { detail }) });
  if (flags['attach'] === true)
    return wrong(`${flag} is for a supervisor that is started: --attach starts none`);
  if (manifest && flags['manifest'] === '-')
    return wrong('a manifest from standard input cannot be watched: keep it in a file');
  return { ok: true, value: { manifest, code } };
}

/** From where it was read first, whatever has come beside it; what came by standard input came once. */
async function reread({ from, plan, sources }: Planned, scales: Scales): Promise<Read> {
  if (plan.manifest !== '-') return loadSource(from, scales);
  const detail = 'a manifest from standard input cannot be read again: keep it in a file';
  return { loaded: { plan: null, findings: [failure('usage', { detail })], schedules: [] }, sources };
}

/** One that cannot be used has not told all that it is made of. */
function sourcesAfter({ from }: Planned, before: readonly string[], { loaded, sources }: Read): string[] {
  if (loaded.plan !== null) return [...sources];
  // What settings want to import may not be there yet.
  const folders = from.kind === 'settings' ? [process.cwd(), ...before.map((file) => dirname(file))] : [];
  return [...new Set([...before, ...sources, ...folders])];
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
