/** Two messages of one due time, as two beats would send them, and workers that are to run one of them. */
import { expect } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig, until } from '../support/rig.ts';
import type { Pool, Python } from './cases.ts';
import { celery, type Linked } from './harness.ts';

export const APP = `
import os
from celery import Celery
import prodserver_once
app = Celery("once", broker=os.environ["SHOP_BROKER_URL"])
prodserver_once.install(app)

def tell(*words):
    with open(os.environ["TOLD"], "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

@app.task(name="early", bind=True)
def early(self):
    tell("early", self.request.id)

@app.task(name="late", bind=True, acks_late=True)
def late(self):
    tell("late", self.request.id)

@app.task(name="again", bind=True, max_retries=1)
def again(self):
    tell("again", self.request.id, self.request.retries)
    if self.request.retries == 0:
        raise self.retry(countdown=0)

class Own(app.Task):
    def before_start(self, task_id, args, kwargs):
        tell("own-before", task_id)

@app.task(name="own", base=Own, bind=True)
def own(self):
    tell("own", self.request.id)
`;

const SEND = `
import sys
from celery import Celery
broker, *messages = sys.argv[1:]
app = Celery("sender", broker=broker)
for message in messages:
    name, task_id, key = message.split(",")
    headers = {"prodserver-key": key, "prodserver-fence": 1_700_000_000_123} if key else None
    app.send_task(name, task_id=task_id, headers=headers)
`;

/** A worker of `APP`, a Redis, and what the tasks have told. */
export class Once {
  readonly rig = new Rig();
  readonly python: string;
  url = '';

  constructor(python: string, app: string = APP) {
    this.python = python;
    this.rig.write('onceapp.py', app);
    this.rig.write('told.txt', '');
  }

  worker(pool: Pool, env: NodeJS.ProcessEnv = {}): Linked {
    const options = [`--pool=${pool}`, '--concurrency=1', '--loglevel=INFO', '--without-mingle'];
    return celery(this.rig, this.python, ['-A', 'onceapp', 'worker', ...options], {
      cwd: this.rig.folder,
      env: { SHOP_BROKER_URL: this.url, TOLD: `${this.rig.folder}/told.txt`, ...env },
    });
  }

  /** Each message as `task,id,key`; the worker handles them in this order. */
  async send(...messages: string[]): Promise<void> {
    const ended = await this.rig.spawn([this.python, '-c', SEND, this.url, ...messages]).ended;
    expect(ended.code, ended.stderr).toBe(0);
  }

  get told(): string[] {
    return this.rig.read('told.txt').trim().split('\n').filter(Boolean);
  }

  /** Waits until the last message was handled, which is one without a key. */
  async settled(): Promise<string[]> {
    await this.send('early,end,');
    return until(() => (this.told.includes('early end') ? this.told : null), 'the last task');
  }
}

export async function runsOnce({ python }: Python, pool: Pool): Promise<void> {
  const once = new Once(python);
  once.url = (await startRedis(once.rig)).url;
  const one = once.worker(pool);
  await one.tells('ready');
  await once.send(
    'early,a,pulse@1Z',
    'early,b,pulse@1Z',
    'early,a,pulse@1Z',
    'early,c,pulse@2Z',
    'late,d,other@1Z',
    'late,e,other@1Z',
    'late,d,other@1Z',
    'early,f,',
    'early,g,',
    'own,h,own@1Z',
    'own,i,own@1Z',
    'again,j,again@1Z',
    'again,k,again@1Z',
  );
  await until(() => once.told.includes('again j 1'), 'the retry');
  expect((await once.settled()).toSorted()).toEqual(
    [
      'early a',
      'early a',
      'early c',
      'late d',
      'late d',
      'early f',
      'early g',
      'own-before h',
      'own h',
      'again j 0',
      'again j 1',
      'early end',
    ].toSorted(),
  );
  const dropped = one.stderr.match(/^.*is dropped.*$/gm) ?? [];
  expect(dropped).toHaveLength(4);
  expect(one.stderr).toMatch(/early\[b\] is dropped: pulse@1Z has run as a/);
  one.kill('SIGTERM');
  expect(await one.ended).toMatchObject({ code: 0 });
}
