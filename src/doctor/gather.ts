/** Asks all sources at one time, each for so long and no longer, and has what they say judged. */
import type { StatusAnswer } from '../control/protocol.ts';
import type { Clock } from '../model/clock.ts';
import { severityOf, type Result } from '../model/failure.ts';
import type { Deep } from '../manifest/deep.ts';
import type { Loaded } from '../manifest/loaded.ts';
import type { ProcessSpec } from '../model/spec.ts';
import { commandLines } from '../os/command-lines.ts';
import { bytesOfLogs, roomFor, type Room } from '../os/room.ts';
import { lookAtLock } from '../singleton/inspect.ts';
import type { Keys } from '../singleton/key.ts';
import { lockFolders, readMachine } from './gather-machine.ts';
import { judgeBeats, judgeLocks, type LockFinding } from './judge-beats.ts';
import { judgeDisks, logsOf } from './judge-disks.ts';
import { judgeLive } from './judge-live.ts';
import { judgeMachine } from './judge-machine.ts';
import { judgeProject } from './judge-project.ts';
import { interpretersOf, judgePython } from './judge-python.ts';
import { judgeVersions } from './judge-versions.ts';
import { verdict, type Source, type Verdict } from './verdict.ts';
import { dirname } from 'node:path';

/** What the flags name. */
export interface ManifestFacts {
  readonly shown: string;
  readonly loaded: Loaded;
  /** Somebody has named it, so that it has to be there. */
  readonly named: boolean;
}

export interface Ports {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly keys: Keys;
  manifest(): Promise<ManifestFacts>;
  supervisors(): Promise<Result<readonly StatusAnswer[]>>;
  /** What the project's own interpreter says. */
  project(manifest: ManifestFacts): Promise<Deep>;
  /** Who has not answered so far, every now and then; `ms` since the beginning. */
  tell(pending: readonly Source[], ms: number): void;
}

export interface Examination {
  readonly verdicts: readonly Verdict[];
  /** Somebody may never answer, and would keep this process alive. */
  readonly isOver: boolean;
}

/** What each source is given. Milliseconds. */
const PATIENCE_MS = 30_000;
/** When people are told for whom they wait, first and then again. Milliseconds. */
const TELL_MS = 1000;
const TELL_AGAIN_MS = 5000;

export async function examine(ports: Ports): Promise<Examination> {
  const { clock, env } = ports;
  const pending = new Set<Source>();
  const late: Source[] = [];
  const began = clock.now();
  const ask = async <T>(source: Source, asked: Promise<T>): Promise<T | null> => {
    pending.add(source);
    let cancel = (): void => undefined;
    const patience = new Promise<null>((done) => {
      cancel = clock.after(PATIENCE_MS, () => {
        late.push(source);
        done(null);
      });
    });
    const answer = await Promise.race([asked, patience]);
    cancel();
    pending.delete(source);
    return answer;
  };
  const tell = (): void => {
    if (pending.size > 0) ports.tell([...pending], clock.now() - began);
    stopTelling = clock.after(TELL_AGAIN_MS, tell);
  };
  let stopTelling = clock.after(TELL_MS, tell);

  const [manifest, status] = await Promise.all([
    ask('manifest', ports.manifest()),
    ask('supervisors', ports.supervisors()),
  ]);
  const specs = manifest?.loaded.plan?.processes ?? [];
  const answers = status?.ok === true ? status.value : [];
  const supervisors = answers.map(({ supervisor }) => supervisor);
  const rows = answers.flatMap(({ processes }) => processes);
  const logs = logsOf(specs);
  const [locks, project, rooms] = await Promise.all([
    ask('locks', Promise.all(locked(specs).map(async (spec) => lookAt(spec, ports)))),
    manifest === null || specs.length === 0 ? null : ask('project', ports.project(manifest)),
    ask('disks', roomsOf(logs.map(({ file }) => dirname(file)))),
  ]);
  stopTelling();

  const wall = clock.wall();
  const machine = readMachine(supervisors, env, wall);
  const { memory, orchestrator } = machine.around;
  const { memoryLimit, memoryUsed } = machine.cgroup;
  const rest = memoryLimit === null || memoryUsed === null ? Infinity : memoryLimit - memoryUsed;
  const available = Math.min(memory?.available ?? Infinity, rest);
  const bounded = new Set(specs.filter(isBounded).map(({ instance }) => instance));
  const interpreters = interpretersOf(specs, rows, project?.facts ?? null);
  const wanted = logs.map((log) => ({ ...log, folder: dirname(log.file), has: bytesOfLogs(log.file) }));
  const live = judgeLive(status, { bounded, available: available === Infinity ? null : available }, wall);
  const verdicts = [
    ...judgeManifest(manifest),
    // Where there is no manifest, nobody could have started it.
    ...(manifest !== null && isMissing(manifest) ? live.filter(({ code }) => code !== 'supervisor') : live),
    ...judgeBeats(commandLines(), rows, manifest?.loaded.plan == null ? null : specs),
    ...(locks === null ? [] : judgeLocks({ found: locks, orchestrator, folders: lockFolders() }, rows)),
    ...(project === null ? [] : judgeProject(project, new Set(live.map(({ code }) => code)))),
    ...judgePython(interpreters),
    ...judgeVersions(interpreters),
    ...judgeMachine(machine, specs),
    ...(rooms === null ? [] : judgeDisks(wanted, rooms)),
    ...late.map((what) => verdict('unanswered', 'unknown', { kind: 'silent', what, ms: PATIENCE_MS })),
  ];
  return { verdicts, isOver: late.length === 0 };
}

const isBounded = ({ recycle }: ProcessSpec): boolean =>
  recycle !== null && (recycle.maxMemory !== null || recycle.maxMemoryHard !== null);

/** One instance of each is enough: they share the lock. */
const locked = (specs: readonly ProcessSpec[]): ProcessSpec[] =>
  specs.filter(({ singleton, index }) => singleton !== null && index === 1);

async function lookAt(spec: ProcessSpec, { keys, clock }: Ports): Promise<LockFinding> {
  const look = await lookAtLock(spec, keys, clock);
  if (!look.ok) return { kind: 'failed', spec, problem: look.error };
  const { file, holder, server } = look.value;
  const evicts = server?.evictsAll === true ? 'all' : server?.evicts === true ? 'some' : 'no';
  return { kind: 'seen', spec, file, holder, evicts };
}

async function roomsOf(folders: readonly string[]): Promise<ReadonlyMap<string, Room | null>> {
  const unique = [...new Set(folders)];
  return new Map(await Promise.all(unique.map(async (folder) => [folder, await roomFor(folder)] as const)));
}

const isMissing = ({ loaded }: ManifestFacts): boolean =>
  loaded.findings.some(({ code }) => code === 'manifest-missing');

function judgeManifest(facts: ManifestFacts | null): Verdict[] {
  if (facts === null) return [];
  const { shown, named, loaded } = facts;
  const { plan, findings } = loaded;
  const errors = findings.filter(({ code }) => severityOf(code) === 'error');
  const [first] = errors;
  if (first === undefined) {
    const names = [...new Set(plan?.processes.map(({ name }) => name))];
    return [verdict('manifest', 'ok', { kind: 'good', shown, names })];
  }
  // The machine alone is worth a look too, where an image is made.
  if (first.code === 'manifest-missing')
    return [verdict('manifest', named ? 'bad' : 'warn', { kind: 'none', problem: first })];
  return [verdict('manifest', 'bad', { kind: 'errors', shown, errors: errors.length, first })];
}
