/** What goes wrong. Lengths are for a TTL of 30 s, and scale with it. */
import type { Host } from './host.ts';
import type { Link } from './link.ts';
import type { Random } from './random.ts';
import type { Server } from './server.ts';

export interface Scene {
  readonly random: Random;
  readonly server: Server;
  readonly hosts: readonly Host[];
  /** The TTL as a part of 30 s. */
  readonly scale: number;
}

export type Fault = (scene: Scene) => void;

/** Mostly who has it: the others' troubles matter less. */
function victim({ random, hosts }: Scene): Host {
  const holder = hosts.find(({ child, state }) => child !== null || state !== 'seeking');
  return holder !== undefined && random.chance(0.75) ? holder : random.pick(hosts);
}

const onLink =
  (act: (link: Link, scene: Scene) => void): Fault =>
  (scene) =>
    act(victim(scene).link, scene);

const span = ({ random, scale }: Scene, least: number, most: number): number =>
  random.between(least, most) * 1000 * scale;

/**
 * Not here, as no lease covers them:
 * - the dead-man paused for longer than L while the supervisor is paused, or a whole machine that is frozen: nobody is
 *   awake who could kill. The fence at the act, in beat, and the check in the worker are for these;
 * - a process that survives KILL for longer than K (a hung disk), unless its supervisor can go on renewing;
 * - a promotion after which one host still talks to the old master and another to the new one: two servers, two leases.
 */
export const FAULTS = {
  'supervisor paused': (scene) => victim(scene).pause(span(scene, 0.1, 60)),
  'supervisor killed': (scene) => victim(scene).crash(span(scene, 0.2, 20)),
  'host lost': (scene) => victim(scene).crash(1e9),
  'dead-man killed': (scene) => victim(scene).child?.kill(),
  'beat ended': (scene) => victim(scene).child?.die(),
  'stopped for a while': (scene) => victim(scene).rest(span(scene, 0.1, 30)),
  'moved away': (scene) => victim(scene).rest(1e9),
  'messages lost': onLink((link, scene) => link.lose(scene.random.next(), span(scene, 1, 60))),
  'requests slow': onLink((link, scene) => link.slow('request', span(scene, 0, 12), span(scene, 1, 40))),
  'replies slow': onLink((link, scene) => link.slow('reply', span(scene, 0, 12), span(scene, 1, 40))),
  'requests cut': onLink((link, scene) => link.cut(['request'], span(scene, 1, 60))),
  'replies cut': onLink((link, scene) => link.cut(['reply'], span(scene, 1, 60))),
  'both cut': onLink((link, scene) => link.cut(['request', 'reply'], span(scene, 1, 60))),
  'server paused': (scene) => scene.server.pause(span(scene, 0.1, 40)),
  'server restarted': (scene) => scene.server.restart(0, span(scene, 0, 5)),
  'server restarted from old data': (scene) => scene.server.restart(span(scene, 0, 60), span(scene, 0, 5)),
  'server restarted without data': (scene) => scene.server.restart(null, span(scene, 0, 5)),
  'replica promoted': (scene) => scene.server.promote(span(scene, 0, 10)),
  'all flushed': ({ server }) => server.flush(),
  'lease removed': ({ server }) => server.forget('lease'),
  'marker removed': ({ server }) => server.forget('released'),
  'server clock forward': (scene) => scene.server.setClock(span(scene, 0.1, 60)),
  'server clock back': (scene) => scene.server.setClock(-span(scene, 0.1, 60)),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
