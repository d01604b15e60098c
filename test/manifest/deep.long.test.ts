/** Brokers that take their time to start, asked by check --deep. */
import { expect, test } from 'vitest';
import { startRabbitMq } from '../support/rabbitmq.ts';
import { Rig } from '../support/rig.ts';
import { askDeep } from './deep-support.ts';

test('a RabbitMQ tells a wrong user from a wrong virtual host', async () => {
  const rig = new Rig();
  const rabbit = await startRabbitMq(rig, { vhosts: ['shop'] });
  const good = rabbit.urlOf('shop');
  const urls = [good, good.replace(/\/\/[^@]*@/, '//guest:hidden-word@'), rabbit.urlOf('nosuch')];
  rig.write(
    'brokers.py',
    `from celery import Celery
apps = [Celery(str(n), broker=url) for n, url in enumerate(${JSON.stringify(urls)})]
def add(): pass
for app in apps:
    app.task(name="add", shared=False)(add)
good, user, vhost = apps
`,
  );
  const { text } = await askDeep(
    rig,
    `PRODUCTION_PROCESSES:
  good: {BACKEND: CeleryWorker, APP: "brokers:good"}
  user: {BACKEND: CeleryWorker, APP: "brokers:user"}
  vhost: {BACKEND: CeleryWorker, APP: "brokers:vhost"}
`,
  );
  expect(text.replaceAll(String(rabbit.port), 'PORT')).toMatchInlineSnapshot(`
    "prodserver.yaml:3:38: error: the broker amqp://***@127.0.0.1:PORT/shop of "brokers:user": 127.0.0.1:PORT refuses the user or the password [broker-unreachable]
        3 |   user: {BACKEND: CeleryWorker, APP: "brokers:user"}
          |                                      ^^^^^^^^^^^^^^
          = mend user and password in broker_url, and the variable that it is read from
    prodserver.yaml:4:39: error: the broker amqp://***@127.0.0.1:PORT/nosuch of "brokers:vhost": 127.0.0.1:PORT has no such virtual host, or none for that user [broker-unreachable]
        4 |   vhost: {BACKEND: CeleryWorker, APP: "brokers:vhost"}
          |                                       ^^^^^^^^^^^^^^^
          = mend what follows the host in broker_url ("/" itself is "//"), or give the user its permissions"
  `);
});
