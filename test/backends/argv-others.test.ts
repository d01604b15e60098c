/** What the simpler backends make of an entry. */
import { expect, test } from 'vitest';
import { celeryFlower } from '../../src/backends/celery-flower.ts';
import { command } from '../../src/backends/command.ts';
import { compile } from './support.ts';

test('CeleryFlower', () => {
  const args = { port: 5555, 'basic-auth': ['user:pw'], persistent: 'True', debug: false };
  expect(compile(celeryFlower, {}, args)).toMatchInlineSnapshot(`
    {
      "added": [],
      "argv": [
        "/venv/bin/python",
        "/helpers/prodserver_celery.py",
        "-A",
        "shop.celery.app",
        "flower",
        "--port=5555",
        "--basic-auth=user:pw",
        "--persistent=True",
        "--debug=False",
      ],
      "claims": [
        {
          "address": {
            "host": "",
            "kind": "tcp",
            "port": 5555,
          },
          "dualStack": false,
          "instead": "leave INSTANCES out, or write an entry for each port",
          "kind": "listen",
          "option": "port",
          "sharesPort": false,
        },
      ],
      "env": {
        "PYTHONUNBUFFERED": "1",
      },
      "link": false,
      "linkLoop": null,
      "overlap": null,
      "permanentExitCodes": [
        2,
      ],
      "readiness": {
        "addresses": [
          {
            "host": "",
            "kind": "tcp",
            "port": 5555,
          },
        ],
        "kind": "listen",
      },
      "reload": null,
      "singleton": null,
      "stackDump": null,
      "startTimeoutMs": 120000,
      "stop": [
        {
          "signal": "SIGTERM",
          "waitMs": 10000,
        },
        {
          "signal": "SIGKILL",
          "waitMs": 5000,
        },
      ],
      "unfit": {},
    }
  `);
});

test('Command', () => {
  expect(compile(command, { cmd: ['python', 'manage.py', 'runjobs'], extraArgs: ['-v'] }))
    .toMatchInlineSnapshot(`
      {
        "added": [],
        "argv": [
          "python",
          "manage.py",
          "runjobs",
          "-v",
        ],
        "claims": [],
        "env": {},
        "link": false,
        "linkLoop": null,
        "overlap": null,
        "permanentExitCodes": [],
        "readiness": {
          "afterMs": 1000,
          "kind": "alive",
        },
        "reload": null,
        "singleton": null,
        "stackDump": null,
        "startTimeoutMs": 60000,
        "stop": [
          {
            "signal": "SIGTERM",
            "waitMs": 10000,
          },
          {
            "signal": "SIGKILL",
            "waitMs": 5000,
          },
        ],
        "unfit": {},
      }
    `);
});
