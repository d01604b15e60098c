/** A TERM that meets beat in the middle of a publish. */
import { expect, inject, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { Rig } from '../support/rig.ts';
import { celery, plainCelery } from './harness.ts';

const python = inject('python');

/** Gets the TERM while it publishes, and loses its SystemExit as the finally of redis-py does. */
const LOSING = `
import os, signal, time
from celery import Celery
from celery.signals import before_task_publish
app = Celery("losing", broker=os.environ["SHOP_BROKER_URL"])
app.conf.beat_schedule = {"often": {"task": "often", "schedule": 0.2}}

@before_task_publish.connect
def meet(**_):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    except SystemExit:
        raise ValueError("seek of closed file")
`;

test('it ends with 0, where Celery by itself fails', async () => {
  const rig = new Rig();
  rig.write('losing.py', LOSING);
  const redis = await startRedis(rig);
  const order = { cwd: rig.folder, env: { SHOP_BROKER_URL: redis.url } };
  const options = ['-A', 'losing', 'beat', '--max-interval=1'];
  const ours = celery(rig, python, [...options, `--schedule=${rig.folder}/ours`], order);
  const plain = plainCelery(rig, python, [...options, `--schedule=${rig.folder}/plain`], order);
  const [end, control] = await Promise.all([ours.ended, plain.ended]);
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(ours.told).toContain('stopping');
  expect(control.code).toBe(1);
  expect(control.stderr).toContain('closed shelf');
});
