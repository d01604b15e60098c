import { describe, expect, test } from 'vitest';
import { answerOf, ask } from './settings.ts';

/** Settings with one entry of these ARGS. */
const withArgs = (args: string, before = ''): string =>
  `${before}\nPRODUCTION_PROCESSES = {"web": {"ARGS": {${args}}}}\n`;

const argsOf = async (args: string, before = ''): Promise<unknown> => {
  const { value, refused } = await answerOf(withArgs(args, before));
  expect(refused).toEqual([]);
  return (value as { web: { ARGS: unknown } }).web.ARGS;
};

/** What is refused in one entry's ARGS, by its path below them. */
const refusedOf = async (args: string, before = ''): Promise<unknown[]> => {
  const { refused } = await answerOf(withArgs(args, before));
  return refused.map(({ path, kind, name }) => [path.slice(3).join('.'), kind, name]);
};

describe('what Django settings say', () => {
  test('the processes, and the applications of the project', async () => {
    const answer = await answerOf(
      'PRODUCTION_PROCESSES = {"b": {"BACKEND": "x"}, "a": {}}\n' +
        'WSGI_APPLICATION = "conf.wsgi.application"\nASGI_APPLICATION = "conf.asgi.application"\n',
    );
    expect(answer).toMatchObject({
      setting: 'PRODUCTION_PROCESSES',
      value: { b: { BACKEND: 'x' }, a: {} },
      WSGI_APPLICATION: 'conf.wsgi.application',
      ASGI_APPLICATION: 'conf.asgi.application',
      refused: [],
    });
    // The first is started where no name is given.
    expect(Object.keys(answer.value as object)).toEqual(['b', 'a']);
  });

  test('nothing of it', async () => {
    const nothing = { setting: null, value: null, WSGI_APPLICATION: null, ASGI_APPLICATION: null };
    expect(await answerOf('DEBUG = False\n')).toMatchObject({ ...nothing, places: [] });
  });

  test('the name of 0.x, which a later one overrules', async () => {
    const old = 'PROD_SERVERS = {"old": {}}\n';
    expect(await answerOf(old)).toMatchObject({ setting: 'PROD_SERVERS', value: { old: {} } });
    expect(await answerOf(`${old}PRODUCTION_PROCESSES = {}\n`)).toMatchObject({
      setting: 'PRODUCTION_PROCESSES',
      value: {},
    });
  });

  test('plain values as they are', async () => {
    const args = '"text": "é😀", "four": 4, "half": 0.5, "yes": True, "no": False, "none": None';
    expect(await argsOf(args)).toEqual({
      text: 'é😀',
      four: 4,
      half: 0.5,
      yes: true,
      no: false,
      none: null,
    });
  });

  test.each([
    ['Path("/run") / "x.sock"', 'from pathlib import Path', '/run/x.sock'],
    ['("a", "b")', '', ['a', 'b']],
    ['{"b", "a", "c"}', '', ['a', 'b', 'c']],
    ['frozenset([3, 1])', '', [1, 3]],
    ['Decimal("1.50")', 'from decimal import Decimal', '1.50'],
    ['Level.INFO', 'import enum\nclass Level(str, enum.Enum):\n    INFO = "info"', 'info'],
    ['Level.INFO', 'import enum\nclass Level(enum.IntEnum):\n    INFO = 20', 20],
    ['MappingProxyType({"a": 1})', 'from types import MappingProxyType', { a: 1 }],
    ['SafeString("x")', 'from django.utils.safestring import SafeString', 'x'],
    ['SimpleLazyObject(lambda: "x")', 'from django.utils.functional import SimpleLazyObject', 'x'],
    ['lazy(lambda: "x", str)()', 'from django.utils.functional import lazy', 'x'],
    // The apps are not loaded, so that no translation could be had.
    ['gettext_lazy("Monday")', 'from django.utils.translation import gettext_lazy', 'Monday'],
    ['2 ** 53', '', '9007199254740992'],
    ['float("inf")', '', 'inf'],
  ])('%s', async (value, before, expected) => {
    expect(await argsOf(`"key": ${value}`, before)).toEqual({ key: expected });
  });

  test('a lazy text is a key too', async () => {
    const before = 'from django.utils.functional import lazy';
    expect(await argsOf('lazy(lambda: "bind", str)(): 1', before)).toEqual({ bind: 1 });
  });

  test.each([
    ['"key": lambda: 1', '', ['key', 'function', 'conf.<lambda>']],
    ['"key": [1, len]', '', ['key.1', 'function', 'builtins.len']],
    ['"key": here', 'def here():\n    pass', ['key', 'function', 'conf.here']],
    ['"key": Here', 'class Here:\n    pass', ['key', 'class', 'conf.Here']],
    ['"key": {"deep": Here()}', 'class Here:\n    pass', ['key.deep', 'object', 'conf.Here']],
    ['"key": b"x"', '', ['key', 'object', 'builtins.bytes']],
    ['"key": (x for x in "ab")', '', ['key', 'object', 'builtins.generator']],
    ['4: 1', '', ['4', 'key', '4']],
    [
      '"key": lazy(broken, str)()',
      'from django.utils.functional import lazy\ndef broken():\n    raise ValueError("no")',
      ['key', 'lazy', 'ValueError: no'],
    ],
  ])('%s is refused by its path and its name', async (args, before, expected) => {
    expect(await refusedOf(args, before)).toEqual([expected]);
  });

  test('a nest without an end', async () => {
    const [refused] = (await refusedOf('"key": nest', 'nest = {}\nnest["nest"] = nest')) as unknown[][];
    expect(refused?.slice(1)).toEqual(['nest', '20']);
  });
});

describe('settings that cannot be read', () => {
  test.each([
    ['are not there', {}, /ModuleNotFoundError: No module named 'conf'/],
    ['import what is not there', { 'conf.py': 'import nosuch\n' }, /No module named 'nosuch'/],
    ['are no Python', { 'conf.py': 'X = (\n' }, /SyntaxError/],
    ['exit', { 'conf.py': 'import sys; sys.exit(0)\n' }, /SystemExit/],
    ['have a wrong setting', { 'conf.py': 'INSTALLED_APPS = "x"\n' }, /ImproperlyConfigured/],
  ])('since they %s: exit 2, a traceback, no answer', async (_, files, error) => {
    const asked = await ask(files);
    expect(asked).toMatchObject({ code: 2, wire: '' });
    expect(asked.stderr).toMatch(error);
  });

  test('the helper says how it is used', async () => {
    const asked = await ask({}, 'conf', { PRODSERVER_SETTINGS_FD: '' });
    expect(asked).toMatchObject({
      code: 2,
      stderr: 'usage: PRODSERVER_SETTINGS_FD=N prodserver_settings.py MODULE\n',
    });
  });
});

test('settings may print, start threads and subprocesses: the answer is whole, and the end comes', async () => {
  const asked = await ask(
    [
      'import os, subprocess, sys, threading',
      'print("settings say hello")',
      'os.write(1, b"{\\"v\\": 1}\\n")',
      'print("a warning", file=sys.stderr)',
      'threading.Thread(target=threading.Event().wait).start()',
      'subprocess.Popen(["sleep", "600"], close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)',
      'class Loud(dict):',
      '    def items(self):',
      '        print("read")',
      '        return super().items()',
      'PRODUCTION_PROCESSES = Loud(web={"APP": os.environ["DJANGO_SETTINGS_MODULE"]})',
    ].join('\n'),
  );
  expect(asked).toMatchObject({ code: 0, stderr: 'a warning\n' });
  expect(asked.stdout).toContain('settings say hello');
  expect(JSON.parse(asked.wire)).toMatchObject({ v: 1, value: { web: { APP: 'conf' } } });
});

test('the files of the project that the settings are made of, and no others', async () => {
  const { files } = await answerOf(
    {
      'shopsite/base.py': 'PRODUCTION_PROCESSES = {}\n',
      'shopsite/prod.py': 'import json\nfrom .base import *\n',
      'shopsite/unused.py': '',
      'shopsite/__init__.py': '',
      'lib/site-packages/installed.py': '',
      'manage.py': '',
    },
    'shopsite.prod',
  );
  expect(files?.map((file) => file.split('/').slice(-2).join('/'))).toEqual([
    'shopsite/__init__.py',
    'shopsite/base.py',
    'shopsite/prod.py',
  ]);
});
