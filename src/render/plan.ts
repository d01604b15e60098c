/** What would be run, for people and for programs. Secrets are masked. */
import { httpAddressText, type HttpDoor } from '../model/http-door.ts';
import type { Probe, ProcessSpec, Readiness, RecyclePolicy } from '../model/spec.ts';
import { FIRST_DESCRIPTOR, socketText, type HeldSocket } from '../model/sockets.ts';
import { unreachable } from '../model/unreachable.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { maskSpec } from '../model/mask.ts';
import { MEMORY } from './replacement.ts';
import type { Paint } from './paint.ts';

/** A token as a shell would need it, so that a line can be tried by hand. */
export const quote = (token: string): string =>
  /^[\w@%+=:,./*-]+$/.test(token) ? token : `'${token.replaceAll("'", `'\\''`)}'`;

/** Masked, though those of a running supervisor are already. */
export function planText(
  manifest: string,
  specs: readonly ProcessSpec[],
  paint: Paint,
  http: HttpDoor | null = null,
): string {
  const blocks = specs.map((whole) => {
    const { spec } = maskSpec(whole);
    const shown = planRows(spec).filter(({ text }) => text !== '');
    const lines = shown.map(({ label, text }) => `  ${label.padEnd(6)}${text}`);
    return [`${paint.bold(spec.instance)} ${spec.backend}`, ...lines].join('\n');
  });
  const door = http === null ? '' : `\n  http  ${httpText(http)}`;
  return [`${manifest}${door}`, ...blocks].join('\n\n');
}

function httpText(door: HttpDoor): string {
  const { tokenFile, hosts } = door;
  const token = tokenFile === null ? '' : `, with the token in ${tokenFile}`;
  const names = hosts.length === 0 ? '' : `, also as ${hosts.join(', ')}`;
  return `${httpAddressText(door)}${token}${names}`;
}

const descriptorText = (socket: HeldSocket, index: number): string =>
  `${FIRST_DESCRIPTOR + index} is ${socket.name}, ${socketText(socket)}`;

/** How new code comes into it, where that is not by a new process. */
const reloadText = ({ reload }: ProcessSpec): string =>
  reload === null
    ? ''
    : reload.order === 'new-first'
      ? `new at ${reload.signal}: new workers are started, then the old ones end`
      : `new at ${reload.signal}: the workers end, then new ones are started; connections wait meanwhile`;

export interface PlanRow {
  readonly label: string;
  /** Of the spec: those that it tells of. */
  readonly fields: readonly (keyof ProcessSpec)[];
  /** Empty: nothing to tell. */
  readonly text: string;
}

/** The lines on a masked spec. */
export function planRows(spec: ProcessSpec): PlanRow[] {
  const row = (label: string, fields: PlanRow['fields'], text: string): PlanRow => ({ label, fields, text });
  return [
    row('run', ['argv'], argvText(spec.argv)),
    row('added', ['added'], argvText(spec.added)),
    row('cwd', ['cwd'], spec.cwd),
    row('user', ['identity'], userText(spec)),
    row('umask', ['identity'], umaskText(spec)),
    ...spec.sockets.map((socket, index) => row('fd', ['sockets'], descriptorText(socket, index))),
    row('limit', ['identity'], limitsText(spec)),
    row('files', ['envFiles'], spec.envFiles.join(', ')),
    row('env', ['env'], envText(spec)),
    row('after', ['dependsOn', 'waitFor'], afterText(spec)),
    row(
      'ready',
      ['readiness', 'startTimeoutMs'],
      `${readinessText(spec.readiness)}, within ${formatDuration(spec.startTimeoutMs)}`,
    ),
    row('live', ['liveness'], livenessText(spec)),
    row('live', ['linkLiveness'], linkLivenessText(spec)),
    row('renew', ['recycle'], spec.recycle === null ? '' : recycleText(spec.recycle)),
    row('code', ['reload'], reloadText(spec)),
    row('stop', ['stop'], spec.stop.map((rung) => stopText(rung)).join(', then ')),
    row('lock', ['singleton', 'lockStore'], lockText(spec)),
    row('log', ['log'], logText(spec)),
  ];
}

export const argvText = (argv: readonly string[]): string => argv.map(quote).join(' ');

const envText = ({ env }: ProcessSpec): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join(' ');

const stopText = ({ signal, waitMs }: ProcessSpec['stop'][number]): string =>
  signal === 'SIGKILL' ? 'SIGKILL to the whole tree' : `${signal} for ${formatDuration(waitMs)}`;

function userText({ identity: { user, group } }: ProcessSpec): string {
  if (group === null) return user ?? '';
  return user === null ? `that of the supervisor, group ${group}` : `${user}, group ${group}`;
}

const umaskText = ({ identity: { umask } }: ProcessSpec): string =>
  umask === null ? '' : `0${umask.toString(8).padStart(3, '0')}`;

const limitsText = ({ identity: { limits } }: ProcessSpec): string =>
  Object.entries(limits)
    .map(([name, limit]) => `${name}=${limit}`)
    .join(' ');

function lockText({ singleton, lockStore }: ProcessSpec): string {
  if (singleton === null) return '';
  const what = singleton.kind === 'name' ? `named ${singleton.name}` : `of ${singleton.app} and its broker`;
  if (lockStore.kind === 'file') return lockStore.path === null ? what : `the file ${lockStore.path}`;
  const { ttlMs, renewEveryMs, renewDeadlineMs, killGraceMs } = lockStore.timings;
  return (
    `${what}, in ${lockStore.url} for ${formatDuration(ttlMs)}, renewed every ${formatDuration(renewEveryMs)}; ` +
    `not renewed for ${formatDuration(renewDeadlineMs)}: stopped, and killed ${formatDuration(killGraceMs)} later`
  );
}

function logText({ log }: ProcessSpec): string {
  if (log === null) return '';
  const { file, maxBytes, maxAgeMs, keep, whenFull } = log;
  const age = maxAgeMs === null ? '' : ` or after ${formatDuration(maxAgeMs)}`;
  const kept = keep === 0 ? 'emptied' : `rotated, ${keep} kept,`;
  return `${file}, ${kept} at ${formatBytes(maxBytes)}${age}; when full: ${whenFull}`;
}

function readinessText(readiness: Readiness): string {
  switch (readiness.kind) {
    case 'alive':
      return `alive for ${formatDuration(readiness.afterMs)}`;
    case 'link':
      return 'Celery says so from inside';
    case 'all':
      return readiness.probes.map(probeText).join(', and ');
    default:
      return probeText(readiness);
  }
}

function probeText(probe: Probe): string {
  switch (probe.kind) {
    case 'listen': {
      const places = probe.addresses.map((one) =>
        one.kind === 'unix' ? one.path : `${one.host}:${one.port}`,
      );
      return places.length === 0 ? 'it accepts on a socket of its own' : `it accepts on ${places.join(', ')}`;
    }
    case 'http':
      return `GET ${probe.url} answers 2xx`;
    case 'command':
      return `${argvText(probe.argv)} ends with 0`;
    case 'file':
      return probe.maxAgeMs === null
        ? `${probe.path} was written since the start`
        : `${probe.path} was written within ${formatDuration(probe.maxAgeMs)}`;
    case 'awaits':
      return `it waits for connections on ${probe.names.join(', ')}`;
    default:
      return unreachable(probe);
  }
}

function livenessText({ liveness }: ProcessSpec): string {
  if (liveness === null) return '';
  const { probes, periodMs, timeoutMs, failures } = liveness;
  return (
    `${probes.map(probeText).join(', and ')}; asked every ${formatDuration(periodMs)}, for ${formatDuration(timeoutMs)}; ` +
    `${failures} ${failures === 1 ? 'failure' : 'failures in a row'}: restarted`
  );
}

/** When it is replaced by a new one. A limit that is drawn for each run is a range. */
function recycleText(policy: RecyclePolicy): string {
  const { maxMemory, maxMemoryHard, maxTasks, maxAgeMs, schedule, timezone, jitter } = policy;
  const memory = MEMORY[policy.memory];
  const drawn = (limit: number, text: (value: number) => string): string => {
    const [low, high] = [text(limit * (1 - jitter)), text(limit)];
    return low === high ? high : `${low} to ${high}`;
  };
  const reasons = [
    maxMemory === null ? null : `above ${formatBytes(maxMemory)} ${memory}`,
    maxMemoryHard === null ? null : `at once above ${formatBytes(maxMemoryHard)} ${memory}`,
    maxTasks === null ? null : `after ${drawn(maxTasks, (tasks) => String(Math.ceil(tasks)))} tasks`,
    maxAgeMs === null ? null : `after ${drawn(maxAgeMs, formatDuration)}`,
    schedule === null ? null : `at ${schedule}${timezone === null ? '' : ` of ${timezone}`}`,
  ];
  const told = reasons.filter((reason) => reason !== null).join(', or ');
  return policy.minUptimeMs === 0
    ? told
    : `${told}; not before it was ready for ${formatDuration(policy.minUptimeMs)}`;
}

function linkLivenessText({ linkLiveness }: ProcessSpec): string {
  if (linkLiveness === null) return '';
  const { loop, loopMs, canaryMs, pollingMs, beatMs, taskMs, stuck } = linkLiveness;
  if (loop === 'beat') return `from inside: no tick more than ${formatDuration(beatMs)} late, else restarted`;
  const canary = canaryMs === null ? '' : `a message to itself within ${formatDuration(canaryMs)}, `;
  const turn = {
    beside: 'a turn of its loop',
    with: 'a turn of its hub',
    between: 'between tasks a turn of its loop',
  }[loop];
  const slots =
    taskMs === null
      ? ''
      : `; all slots held by tasks older than ${formatDuration(taskMs)}: ${stuck === 'report' ? 'reported' : 'restarted'}`;
  return (
    `from inside: ${turn} within ${formatDuration(loopMs)}, ${canary}` +
    `a look for messages within ${formatDuration(pollingMs)}, else restarted${slots}`
  );
}

/** Whom it waits for before it starts. */
function afterText({ dependsOn, waitFor }: ProcessSpec): string {
  const targets = waitFor?.targets.map(({ text }) => text) ?? [];
  return [...dependsOn.map(({ name, needs }) => `${name} (${needs})`), ...targets].join(', ');
}

/** With the fields that the supervisor goes by. */
export const planJson = (
  manifest: string,
  specs: readonly ProcessSpec[],
  http: HttpDoor | null = null,
): object => ({
  manifest,
  http:
    http === null
      ? null
      : { address: httpAddressText(http), token_file: http.tokenFile, hosts: [...http.hosts] },
  processes: specs.map((spec) => maskSpec(spec).spec),
});
