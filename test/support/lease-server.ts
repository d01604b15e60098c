/** The Redis that has the lease, and what may happen to it. Both hosts reach it by their wires only. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Redis, startRedis } from './redis.ts';
import { askRedis, type Reply } from './resp.ts';
import { type Rig, tryKill, until } from './rig.ts';
import { Wire } from './wire.ts';

export class LeaseServer {
  readonly #rig: Rig;
  #redis: Redis;

  private constructor(rig: Rig, redis: Redis) {
    this.#rig = rig;
    this.#redis = redis;
  }

  static async start(rig: Rig): Promise<LeaseServer> {
    return new LeaseServer(rig, await startRedis(rig));
  }

  get port(): number {
    return this.#redis.port;
  }

  ask(...words: readonly string[]): Promise<Reply> {
    return askRedis(this.port, ...words);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    tryKill(this.#redis.pid, signal);
  }

  /** Its snapshot, as it would be written now; the next start reads it. */
  async save(): Promise<void> {
    await this.ask('SAVE');
  }

  /** With what `save` wrote last. */
  restart(): Promise<void> {
    return this.#redis.restart();
  }

  restartEmpty(): Promise<void> {
    rmSync(join(this.#rig.folder, 'dump.rdb'), { force: true });
    return this.#redis.restart();
  }

  /** A replica takes its place that has seen nothing of the time of `missed`; the wires lead to it then. */
  async promoteReplica(wires: readonly Wire[], missed: () => Promise<void>): Promise<void> {
    const replica = await startRedis(this.#rig);
    // It waits five seconds for other replicas otherwise.
    await this.ask('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    const feed = await Wire.to(this.port);
    await askRedis(replica.port, 'REPLICAOF', '127.0.0.1', String(feed.port));
    await until(
      async () =>
        String(await askRedis(replica.port, 'INFO', 'replication')).includes('master_link_status:up'),
      'the replica to be in step',
    );
    feed.set({ kind: 'cut', directions: ['requests', 'replies'] });
    await missed();
    feed.hangUp();
    await this.#redis.stop();
    await askRedis(replica.port, 'REPLICAOF', 'NO', 'ONE');
    for (const wire of wires) wire.leadTo(replica.port);
    this.#redis = replica;
  }
}
