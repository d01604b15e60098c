/** Where the settings files say what a setting holds: the text that stands at each place. */
import { expect, test } from 'vitest';
import { answerOf } from './settings.ts';

/** `PATH: KEY = VALUE at FILE:LINE`, KEY and VALUE as the file writes them; no value where it is computed or in doubt. */
async function placesOf(
  files: string | Readonly<Record<string, string>>,
  module = 'conf',
): Promise<string[]> {
  const { places, lines } = await answerOf(files, module);
  return places.map(({ path, key, value }) => {
    const text = (span: typeof key): string =>
      span === null ? '?' : (lines[span.file]?.[span.line] ?? '').slice(span.column - 1, span.endColumn - 1);
    const file = key?.file.split('/').at(-1) ?? '?';
    return `${path.slice(1).join('.')}: ${text(key)} = ${text(value)} at ${file}:${key?.line ?? '?'}`;
  });
}

test('a mapping as it is usually written', async () => {
  const text = `PRODUCTION_PROCESSES = {
    "web": {
        "BACKEND": "GunicornServer",
        "ARGS": {"bind": ["a", "b"], "workers": "4"},
    },
}
`;
  expect(await placesOf(text)).toEqual([
    ': PRODUCTION_PROCESSES = { at conf.py:1',
    'web: "web" = { at conf.py:2',
    'web.BACKEND: "BACKEND" = "GunicornServer" at conf.py:3',
    'web.ARGS: "ARGS" = {"bind": ["a", "b"], "workers": "4"} at conf.py:4',
    'web.ARGS.bind: "bind" = ["a", "b"] at conf.py:4',
    'web.ARGS.bind.0: "a" = "a" at conf.py:4',
    'web.ARGS.bind.1: "b" = "b" at conf.py:4',
    'web.ARGS.workers: "workers" = "4" at conf.py:4',
  ]);
});

test('columns count UTF-16 units, as editors do', async () => {
  const text = 'PRODUCTION_PROCESSES = {"wéb😀": {"é": "😀é"}, "x": {}}\n';
  expect((await placesOf(text)).slice(1)).toEqual([
    'wéb😀: "wéb😀" = {"é": "😀é"} at conf.py:1',
    'wéb😀.é: "é" = "😀é" at conf.py:1',
    'x: "x" = {} at conf.py:1',
  ]);
});

test('another encoding, a mark of bytes, other ends of lines', async () => {
  const told = await placesOf('\uFEFF# one\r\nPRODUCTION_PROCESSES = {\r\n  "é": {}}\r\n');
  expect(told.at(-1)).toBe('é: "é" = {} at conf.py:3');
});

test('names, spreads, dict(...), | and what is added later', async () => {
  const text = `COMMON = {"APP": "shop", "ARGS": {"a": 1}}
WORKER = dict(COMMON, BACKEND="CeleryWorker")
PRODUCTION_PROCESSES: dict = {
    "worker": WORKER,
    "beat": {**COMMON, "ARGS": {"b": 2}},
    "both": {"x": 1} | {"y": 2},
}
PRODUCTION_PROCESSES["late"] = {"z": 3}
PRODUCTION_PROCESSES["both"]["y"] = 4
PRODUCTION_PROCESSES |= {"more": {}}
PRODUCTION_PROCESSES.update({"most": {}})
`;
  expect((await placesOf(text)).slice(1)).toEqual([
    'worker: "worker" = WORKER at conf.py:4',
    'worker.APP: "APP" = "shop" at conf.py:1',
    'worker.ARGS: "ARGS" = {"a": 1} at conf.py:1',
    'worker.ARGS.a: "a" = 1 at conf.py:1',
    'worker.BACKEND: BACKEND = "CeleryWorker" at conf.py:2',
    'beat: "beat" = {**COMMON, "ARGS": {"b": 2}} at conf.py:5',
    'beat.APP: "APP" = "shop" at conf.py:1',
    'beat.ARGS: "ARGS" = {"b": 2} at conf.py:5',
    'beat.ARGS.b: "b" = 2 at conf.py:5',
    'both: "both" = {"x": 1} | {"y": 2} at conf.py:6',
    'both.x: "x" = 1 at conf.py:6',
    'late: "late" = {"z": 3} at conf.py:8',
    'late.z: "z" = 3 at conf.py:8',
    'both.y: "y" = 4 at conf.py:9',
    'more: "more" = {} at conf.py:10',
    'most: "most" = {} at conf.py:11',
  ]);
});

test('what is computed has no place; what only a part of is, has that of the rest', async () => {
  expect(await placesOf('def made():\n    return {"web": {}}\nPRODUCTION_PROCESSES = made()\n')).toEqual([
    ': PRODUCTION_PROCESSES = made() at conf.py:3',
  ]);
  const text =
    'import os\nPRODUCTION_PROCESSES = {"w" + "eb": {}, "job": {"CMD": [os.sep], "ARGS": dict(x=1)}}\n';
  expect((await placesOf(text)).slice(1)).toEqual([
    'job: "job" = {"CMD": [os.sep], "ARGS": dict(x=1)} at conf.py:2',
    'job.CMD: "CMD" = [os.sep] at conf.py:2',
    'job.CMD.0: os.sep = os.sep at conf.py:2',
    'job.ARGS: "ARGS" = dict(x=1) at conf.py:2',
    'job.ARGS.x: x = 1 at conf.py:2',
  ]);
});

test('of two branches it is the one that was taken', async () => {
  const text = (debug: string): string => `DEBUG = ${debug}
if DEBUG:
    PRODUCTION_PROCESSES = {"web": {"APP": "one"}}
else:
    PRODUCTION_PROCESSES = {"web": {"APP": "other"}}
`;
  expect(await placesOf(text('True'))).toContain('web.APP: "APP" = "one" at conf.py:3');
  expect(await placesOf(text('False'))).toContain('web.APP: "APP" = "other" at conf.py:5');
});

test('of two values in one expression too', async () => {
  const text = `DEBUG = False
PRODUCTION_PROCESSES = {"web": {"APP": "one"} if DEBUG else {"APP": "other"}}
`;
  expect(await placesOf(text)).toContain('web.APP: "APP" = "other" at conf.py:2');
});

test('values that do not compare are read, and have no place', async () => {
  const text = `class Odd(str):
    def __eq__(self, other):
        raise ValueError("odd")
    __hash__ = str.__hash__
PRODUCTION_PROCESSES = {"web": {"APP": "one"}}
PRODUCTION_PROCESSES["web"]["APP"] = Odd("two")
`;
  const { value, places } = await answerOf(text);
  expect([value, places]).toEqual([{ web: { APP: 'two' } }, []]);
});

test('a value that was changed behind the text is not that of the text', async () => {
  const text =
    'PRODUCTION_PROCESSES = {"web": {"APP": "one"}}\nfor one in PRODUCTION_PROCESSES.values():\n    one["APP"] = "two"\n';
  expect(await placesOf(text)).toContain('web.APP: "APP" = ? at conf.py:1');
});

test('settings in several files', async () => {
  const files = {
    'conf/__init__.py': 'from .production import *\n',
    'conf/parts.py': 'WORKER = {"BACKEND": "CeleryWorker"}\n',
    'conf/base.py':
      'from conf.parts import WORKER as W\nPRODUCTION_PROCESSES = {"web": {"APP": "a"}, "worker": W}\n',
    'conf/production.py':
      'from .base import *\nPRODUCTION_PROCESSES = {**PRODUCTION_PROCESSES, "beat": {}}\n' +
      'PRODUCTION_PROCESSES["web"]["APP"] = "b"\n',
  };
  expect(await placesOf(files, 'conf')).toEqual([
    ': PRODUCTION_PROCESSES = {**PRODUCTION_PROCESSES, "beat": {}} at production.py:2',
    'web: "web" = ? at base.py:2',
    'worker: "worker" = W at base.py:2',
    'worker.BACKEND: "BACKEND" = "CeleryWorker" at parts.py:1',
    'beat: "beat" = {} at production.py:2',
    'web.APP: "APP" = "b" at production.py:3',
  ]);
});

test('a file that has gone has no places', async () => {
  const text = 'import os\nPRODUCTION_PROCESSES = {"web": {}}\nos.unlink(__file__)\n';
  expect(await placesOf(text)).toEqual([]);
});
