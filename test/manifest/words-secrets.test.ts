/** What a person is told of secrets that stand in the manifest; none of them is ever shown. */
import { describe, expect, test } from 'vitest';
import { told as toldOfSettings } from './django-support.ts';
import { beat, entry, job, load, tell, told } from './support.ts';
import { diagnosticGithub, diagnosticsJson } from '../../src/render/diagnostics.ts';

const SECRET = 'hunter2';
const codes = (text: string, env = {}): string[] => load(text, { env }).findings.map(({ code }) => code);

test('in every section', () => {
  const text = entry(
    'job',
    'BACKEND: Command',
    `CMD: [celery, "--broker=redis://:${SECRET}@redis/0", "--token=${SECRET}", --password, ${SECRET}]`,
    `EXTRA_ARGS: ["amqp://shop:${SECRET}@mq//"]`,
    'ENV:',
    `  DATABASE_URL: postgres://shop:${SECRET}@db/shop`,
    `  DJANGO_SECRET_KEY: ${SECRET}`,
    `  EMAIL_HOST_PASSWORD: "${SECRET}"`,
    `WAIT_FOR: ["https://shop:${SECRET}@example.com/healthz"]`,
  );
  const { findings } = load(text);
  expect(tell({ plan: null, findings, schedules: [] })).toMatchInlineSnapshot(`
    "prodserver.yaml:4:19: warning: "broker" has a secret in plain text [secret-plain]
          = write "--broker=\${BROKER}" and set BROKER where prodserver starts

    prodserver.yaml:4:56: warning: "token" has a secret in plain text [secret-plain]
          = write "--token=\${TOKEN}" and set TOKEN where prodserver starts

    prodserver.yaml:4:87: warning: "password" has a secret in plain text [secret-plain]
          = write "\${PASSWORD}" and set PASSWORD where prodserver starts

    prodserver.yaml:5:18: warning: "EXTRA_ARGS" has a secret in plain text [secret-plain]
          = write "\${AMQP_URL}" and set AMQP_URL where prodserver starts

    prodserver.yaml:7:21: warning: "DATABASE_URL" has a secret in plain text [secret-plain]
          = write "\${DATABASE_URL}" and set DATABASE_URL where prodserver starts, or leave it out here and put it into an ENV_FILE

    prodserver.yaml:8:26: warning: "DJANGO_SECRET_KEY" has a secret in plain text [secret-plain]
          = write "\${DJANGO_SECRET_KEY}" and set DJANGO_SECRET_KEY where prodserver starts, or leave it out here and put it into an ENV_FILE

    prodserver.yaml:9:28: warning: "EMAIL_HOST_PASSWORD" has a secret in plain text [secret-plain]
          = write "\${EMAIL_HOST_PASSWORD}" and set EMAIL_HOST_PASSWORD where prodserver starts, or leave it out here and put it into an ENV_FILE

    prodserver.yaml:10:16: warning: "WAIT_FOR" has a secret in plain text [secret-plain]
          = write "\${HTTPS_URL}" and set HTTPS_URL where prodserver starts"
  `);
  const everything =
    JSON.stringify(diagnosticsJson([{ file: null, findings }])) +
    findings.map((one) => diagnosticGithub(one, null)).join();
  expect(everything).not.toContain(SECRET);
  expect(JSON.stringify(findings.map(({ facts }) => facts))).not.toContain(SECRET);
});

test('the lock', () => {
  const text = beat(`LOCK: {redis: "redis://:${SECRET}@redis/0"}`);
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:5:19: warning: "redis" has a secret in plain text [secret-plain]
          = write "\${REDIS}" and set REDIS where prodserver starts"
  `);
});

test('once, where several entries have one mapping', () => {
  const entries = ['a', 'b']
    .map((name) => `  ${name}: {BACKEND: Command, CMD: [date], ENV: *env}\n`)
    .join('');
  const text = `x-env: &env {API_TOKEN: ${SECRET}}\nPRODUCTION_PROCESSES:\n${entries}`;
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:1:25: warning: "API_TOKEN" has a secret in plain text [secret-plain]
          = write "\${API_TOKEN}" and set API_TOKEN where prodserver starts, or leave it out here and put it into an ENV_FILE"
  `);
});

describe('no secret', () => {
  test.each([
    'DATABASE_URL: "${DATABASE_URL}"',
    'DATABASE_URL: "postgres://shop:${PASSWORD}@db/shop"',
    'DATABASE_URL: "${DATABASE_URL:-postgres://shop:shop@localhost/shop}"',
    'SECRET_KEY: "${SECRET_KEY}"',
    'SECRET_KEY: "prefix-${SECRET_KEY}"',
    'SECRET_KEY_FILE: /run/secrets/key',
    'DB_PASSWORD: /run/secrets/db',
    'DB_PASSWORD: ""',
    'PASSWORD_RESET_TIMEOUT: "3600"',
    'USE_TOKEN: "true"',
    'BROKER: amqp://guest:guest@localhost//',
    'BROKER: redis://redis:6379/0',
    'BROKER: redis://user@redis/0',
    'TIME: "12:30@home"',
  ])('%s', (line) => {
    const env = { DATABASE_URL: `redis://:${SECRET}@h`, SECRET_KEY: SECRET, PASSWORD: SECRET };
    expect(codes(job(`ENV: {${line}}`), env)).toEqual([]);
  });

  test('a command that only names one', () => {
    expect(
      codes(
        entry(
          'job',
          'BACKEND: Command',
          'CMD: [run, --password, --token-file=x, "--token=", --token, "${P}"]',
        ),
        { P: SECRET },
      ),
    ).toEqual([]);
  });
});

test('of Flower, which all users of the machine can read', () => {
  const args = [
    `oauth2_secret: ${SECRET}`,
    `cookie-secret: ${SECRET}`,
    `broker_api: "http://shop:${SECRET}@mq:15672/api/"`,
  ];
  const text = entry(
    'flower',
    'BACKEND: CeleryFlower',
    'APP: shop.celery.app',
    'ARGS:',
    ...args.map((a) => `  ${a}`),
  );
  expect(told(text)).toMatchInlineSnapshot(`
    "prodserver.yaml:6:7: warning: "oauth2_secret" is unwise: every user of the machine can read it in the list of processes [option-unwise]
        6 |       oauth2_secret: *******
          |       ^^^^^^^^^^^^^
          = write ENV: {FLOWER_OAUTH2_SECRET: "\${FLOWER_OAUTH2_SECRET}"} instead

    prodserver.yaml:7:7: warning: "cookie-secret" is unwise: every user of the machine can read it in the list of processes [option-unwise]
        7 |       cookie-secret: *******
          |       ^^^^^^^^^^^^^
          = write ENV: {FLOWER_COOKIE_SECRET: "\${FLOWER_COOKIE_SECRET}"} instead

    prodserver.yaml:8:7: warning: "broker_api" is unwise: every user of the machine can read the password in the list of processes [option-unwise]
        8 |       broker_api: "http://************@mq:15672/api/"
          |       ^^^^^^^^^^
          = write ENV: {FLOWER_BROKER_API: "\${FLOWER_BROKER_API}"} instead"
  `);
  expect(told(text)).not.toContain(SECRET);
  expect(
    codes(entry('flower', 'BACKEND: CeleryFlower', 'APP: a', 'ARGS: {broker_api: "http://mq:15672/api/"}')),
  ).toEqual([]);
});

test('in Django settings: where the text has it, not where it is brought', async () => {
  const text = `import os
TOKEN = "brought-from-elsewhere"
PRODUCTION_PROCESSES = {
    "job": {
        "BACKEND": "Command",
        "CMD": ["run", "--password", "${SECRET}"],
        "ENV": {
            "API_TOKEN": TOKEN,
            "HOME_TOKEN": os.path.basename("x/y"),
            "DATABASE_URL": "postgres://shop:${SECRET}@db/shop",
        },
    },
}
`;
  expect(await toldOfSettings(text)).toMatchInlineSnapshot(`
    "conf.py:6:38: warning: "password" has a secret in plain text [secret-plain]
          = write os.environ["PASSWORD"] and set PASSWORD where prodserver starts

    conf.py:10:29: warning: "DATABASE_URL" has a secret in plain text [secret-plain]
          = write os.environ["DATABASE_URL"] and set DATABASE_URL where prodserver starts, or leave it out here and put it into an ENV_FILE"
  `);
});
