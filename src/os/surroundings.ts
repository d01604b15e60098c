/** Where this process is: in a container or on a host, and who its first process is. */
import { basename } from 'node:path';
import { fileExists, readText } from './files.ts';
import { argvOf } from './command-lines.ts';
import { allStats, readProc } from './proc.ts';

export interface Surroundings {
  /** False: on a host, as far as that can be seen. */
  readonly isContainer: boolean;
  /** What runs such containers, as many as it likes; null: nothing that is known to. */
  readonly orchestrator: string | null;
  /** What process 1 is called, and its first words. */
  readonly first: { readonly name: string; readonly argv: readonly string[] } | null;
  /** Dead children of process 1 that it has not taken leave of. */
  readonly zombies: number;
  /** Of the supervisor's own: -1000 to 1000, or null. Its children begin with it. */
  readonly oomScoreAdj: number | null;
  /** vm.overcommit_memory; null: not known. */
  readonly overcommit: number | null;
  /** Bytes: the whole, what may be had without swapping; null: not known. */
  readonly memory: { readonly total: number; readonly available: number } | null;
  /** Bytes that may still be promised where the kernel counts them strictly; null: not known. */
  readonly commitLeft: number | null;
}

export function readSurroundings(pid: number | 'self', env: NodeJS.ProcessEnv): Surroundings {
  const name = readProc('/proc/1/comm')?.trim();
  const score = Number.parseInt(readProc(`/proc/${pid}/oom_score_adj`) ?? '', 10);
  const overcommit = Number.parseInt(readProc('/proc/sys/vm/overcommit_memory') ?? '', 10);
  const meminfo = readProc('/proc/meminfo') ?? '';
  const bytes = (key: string): number | null => {
    const kibibytes = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(meminfo)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  };
  const [total, available] = [bytes('MemTotal'), bytes('MemAvailable')];
  const [limit, committed] = [bytes('CommitLimit'), bytes('Committed_AS')];
  return {
    isContainer: isContainer(env),
    orchestrator: orchestratorOf(env),
    first: name === undefined ? null : { name, argv: argvOf(1).map((word) => basename(word)) },
    zombies: allStats().filter(({ parent, state }) => parent === 1 && state === 'Z').length,
    oomScoreAdj: Number.isNaN(score) ? null : score,
    overcommit: Number.isNaN(overcommit) ? null : overcommit,
    memory: total === null || available === null ? null : { total, available },
    commitLeft: limit === null || committed === null ? null : limit - committed,
  };
}

function isContainer(env: NodeJS.ProcessEnv): boolean {
  if (orchestratorOf(env) !== null || fileExists('/.dockerenv') || fileExists('/run/.containerenv'))
    return true;
  // What systemd and others tell their containers; of process 1 only root may read it.
  return (env['container'] ?? readText('/run/systemd/container') ?? '') !== '';
}

/** Each by a variable that it gives to all its containers. */
const ORCHESTRATORS: Readonly<Record<string, string>> = {
  KUBERNETES_SERVICE_HOST: 'Kubernetes',
  ECS_CONTAINER_METADATA_URI_V4: 'Amazon ECS',
  NOMAD_ALLOC_ID: 'Nomad',
  FLY_MACHINE_ID: 'Fly.io',
  RENDER_INSTANCE_ID: 'Render',
  RAILWAY_REPLICA_ID: 'Railway',
  DYNO: 'Heroku',
};

const orchestratorOf = (env: NodeJS.ProcessEnv): string | null =>
  Object.entries(ORCHESTRATORS).find(([name]) => (env[name] ?? '') !== '')?.[1] ?? null;
