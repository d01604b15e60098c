/** What the beats of both hosts sent, in the broker's own order, which no clock and no slow reader can change. */
import { onTestFinished } from 'vitest';
import { RedisClient } from './resp.ts';

export interface Send {
  /** Unique to the process that sent it; begins with its host. */
  readonly holder: string;
  readonly host: string;
  readonly entry: string;
  /** Entry and due time, by prodserver. */
  readonly key: string | null;
  readonly fence: number | null;
  readonly taskId: string;
  /** When it was read from the broker: `performance.now()`. */
  readonly at: number;
}

/** Celery's queue, and the one where the worker finds what was read from it. */
const QUEUES = { from: 'celery', to: 'work' };

export class Sends {
  readonly all: Send[] = [];
  readonly #client: RedisClient;
  #isOver = false;
  /** Rejected where reading failed before it was over. */
  readonly done: Promise<void>;

  private constructor(client: RedisClient, isForwarded: boolean) {
    this.#client = client;
    this.done = this.#read(isForwarded);
    this.done.catch(() => undefined); // told by `done` to the one who awaits it
    onTestFinished(() => this.end());
  }

  /** Reads all that comes to the broker on this port; `isForwarded` where a worker is to run it. */
  static async on(port: number, isForwarded: boolean): Promise<Sends> {
    return new Sends(await RedisClient.connect(port), isForwarded);
  }

  get last(): Send | undefined {
    return this.all.at(-1);
  }

  end(): void {
    this.#isOver = true;
    this.#client.close();
  }

  async #read(isForwarded: boolean): Promise<void> {
    try {
      for (;;) {
        const popped = await this.#client.command('BRPOP', QUEUES.from, '0');
        const text = Array.isArray(popped) ? String(popped[1]) : '';
        this.all.push(sendOf(text));
        if (isForwarded) await this.#client.command('LPUSH', QUEUES.to, text);
      }
    } catch (error) {
      if (!this.#isOver) throw error;
    }
  }
}

/** A message of Celery's protocol 2 in kombu's envelope. */
function sendOf(text: string): Send {
  const { headers } = JSON.parse(text) as { headers: Record<string, string | number | null | undefined> };
  const holder = String(headers['sent-by']);
  return {
    holder,
    host: holder.split('#')[0] ?? '',
    entry: String(headers['task']),
    key: headers['prodserver-key'] === undefined ? null : String(headers['prodserver-key']),
    fence: headers['prodserver-fence'] === undefined ? null : Number(headers['prodserver-fence']),
    taskId: String(headers['id']),
    at: performance.now(),
  };
}
