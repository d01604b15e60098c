/** The faults, by name. Each is over, and what it froze, cut or filled is mended, when its promise is. */
import type { LeaseHost, Role } from './lease-host.ts';
import type { Stage } from './lease-stage.ts';
import { alive, tryKill, until } from './rig.ts';
import type { Direction } from './wire.ts';

/** How the lease went from one host to the other. Milliseconds from the signal to the first send of the other. */
export interface Takeover {
  readonly after: 'stop' | 'kill';
  readonly ms: number;
}

export type Act = (stage: Stage) => Promise<Takeover | null>;

type Plain = (stage: Stage) => Promise<void> | void;
const plain =
  (act: Plain): Act =>
  async (stage) => {
    await act(stage);
    return null;
  };

const frozen = (...roles: readonly Role[]): Act =>
  plain(async (stage) => {
    const host = await stage.owning(...roles);
    const pids = roles.flatMap((role) => host.pid(role) ?? []);
    const ms = stage.spell();
    stage.tell(`${roles.join(' and ')} of ${host.name} (${pids.join(', ')}) frozen for ${Math.round(ms)} ms`);
    for (const pid of pids) tryKill(pid, 'SIGSTOP');
    await stage.pause(ms);
    for (const pid of pids) if (alive(pid)) tryKill(pid, 'SIGCONT');
  });

const killed = (role: 'deadman' | 'beat'): Act =>
  plain(async (stage) => {
    const host = await stage.owning(role);
    stage.tell(`${role} of ${host.name} (${host.pid(role)}) killed`);
    host.signal(role, 'SIGKILL');
  });

/** The owner is killed while another part cannot hear of it. */
const killedWhileFrozen = (role: 'deadman' | 'beat'): Act =>
  plain(async (stage) => {
    const host = await stage.owning('owner', role);
    const pid = host.pid(role);
    const ms = stage.spell();
    stage.tell(`owner of ${host.name} killed, its ${role} (${pid}) frozen for ${Math.round(ms)} ms`);
    if (pid !== null) tryKill(pid, 'SIGSTOP');
    await host.kill();
    await stage.pause(ms);
    if (pid !== null && alive(pid)) tryKill(pid, 'SIGCONT');
    host.restart();
  });

/** The host that sends goes, and comes back once the other has taken over. */
const gone =
  (after: Takeover['after']): Act =>
  async (stage) => {
    const host = await stage.owning('owner', 'beat');
    stage.tell(`${host.name} ${after === 'stop' ? 'stopped' : 'killed'}`);
    const moment = performance.now();
    const end = after === 'stop' ? host.stop() : host.kill();
    try {
      return { after, ms: await stage.sentAfter(moment, stage.patienceMs, stage.other(host)) };
    } finally {
      await end;
      host.restart();
    }
  };

/** As long as it takes the other to send, and some sends longer. */
const frozenPastLease: Act = plain(async (stage) => {
  const host = await stage.owning('owner', 'beat');
  stage.tell(`owner of ${host.name} (${host.pid('owner')}) frozen until the other sends`);
  const moment = performance.now();
  host.signal('owner', 'SIGSTOP');
  try {
    await stage.sentAfter(moment, stage.patienceMs, stage.other(host));
    await stage.pause(stage.ttlMs / 4);
  } finally {
    host.signal('owner', 'SIGCONT');
  }
  await until(() => host.pid('beat') === null, `the beat of ${host.name} to be gone`);
});

const back = (end: (host: LeaseHost) => Promise<void>, word: string): Act =>
  plain(async (stage) => {
    const host = stage.target();
    stage.tell(`${host.name} ${word} and started again at once`);
    await end(host);
    host.restart();
  });

const cut = (...directions: readonly Direction[]): Act =>
  plain(async (stage) => {
    const host = stage.target();
    const [ms, isClosed] = [stage.spell(), stage.chance() < 0.5];
    const how = isClosed ? 'then closed' : 'then delivered late';
    stage.tell(`${directions.join(' and ')} of ${host.name} cut for ${Math.round(ms)} ms, ${how}`);
    host.wire.set({ kind: 'cut', directions });
    await stage.pause(ms);
    if (isClosed) host.wire.hangUp();
    host.wire.set({ kind: 'none' });
  });

const redis = (what: string, act: (stage: Stage) => Promise<unknown>): Act =>
  plain(async (stage) => {
    stage.tell(`redis ${what}`);
    await act(stage);
  });

/** Far enough that every lease, expiry and key of a message is another one. Seconds. */
const JUMP_S = 3600;

/** Ahead for good, or behind for a while: a beat whose clock is behind its schedule has nothing due until it is back. */
const jumped: Act = plain(async (stage) => {
  const host = stage.target();
  const clock = stage.clocks.get(host.name);
  if (clock === undefined) throw new Error(`${host.name} has no clock of its own`);
  const isBack = stage.chance() < 0.5;
  stage.tell(`clock of ${host.name} ${isBack ? 'back for a while' : 'ahead'}`);
  clock.jump(isBack ? -JUMP_S : JUMP_S);
  if (!isBack) return;
  await stage.pause(stage.spell());
  clock.jump(JUMP_S);
});

export const CLOCK = 'clock jumped';

export const ACTS: Readonly<Record<string, Act>> = {
  'owner killed': gone('kill'),
  'owner killed, started': back((host) => host.kill(), 'killed'),
  'owner stopped': gone('stop'),
  'owner stopped, started': back((host) => host.stop(), 'stopped'),
  'owner frozen': frozen('owner'),
  'owner frozen past its lease': frozenPastLease,
  'deadman killed': killed('deadman'),
  'deadman frozen': frozen('deadman'),
  'beat killed': killed('beat'),
  'beat frozen': frozen('beat'),
  'owner and deadman frozen': frozen('owner', 'deadman'),
  'owner killed, deadman frozen': killedWhileFrozen('deadman'),
  'owner killed, beat frozen': killedWhileFrozen('beat'),
  'redis frozen': redis('frozen', async (stage) => {
    stage.server.signal('SIGSTOP');
    await stage.pause(stage.spell());
    stage.server.signal('SIGCONT');
  }),
  'redis restarted empty': redis('restarted empty', ({ server }) => server.restartEmpty()),
  'redis restarted': redis('restarted with its data', async ({ server }) => {
    await server.save();
    await server.restart();
  }),
  'redis restarted from an old snapshot': redis('restarted from an old snapshot', async (stage) => {
    await stage.server.save();
    await stage.pause(stage.spell() / 2);
    await stage.server.restart();
  }),
  'redis flushed': redis('flushed', ({ server }) => server.ask('FLUSHALL')),
  'redis full': redis('full', async (stage) => {
    await stage.server.ask('CONFIG', 'SET', 'maxmemory', '1');
    await stage.pause(stage.spell() / 2);
    await stage.server.ask('CONFIG', 'SET', 'maxmemory', '0');
  }),
  'replica promoted': redis('replaced by a replica that missed the last writes', (stage) =>
    stage.server.promoteReplica(
      stage.hosts.map(({ wire }) => wire),
      () => stage.pause(stage.spell() / 2),
    ),
  ),
  'replies slow': plain(async (stage) => {
    const host = stage.target();
    const [delay, ms] = [200 + stage.chance() * 3000, stage.spell()];
    stage.tell(`replies to ${host.name} ${Math.round(delay)} ms late for ${Math.round(ms)} ms`);
    host.wire.set({ kind: 'slow', ms: delay });
    await stage.pause(ms);
    host.wire.set({ kind: 'none' });
  }),
  'requests cut': cut('requests'),
  'replies cut': cut('replies'),
  'both ways cut': cut('requests', 'replies'),
  'connections closed': plain((stage) => {
    const host = stage.target();
    stage.tell(`connections of ${host.name} closed`);
    host.wire.hangUp();
  }),
  [CLOCK]: jumped,
};
