/** STOP: a signal in place of the ladder's first, and what is said of one that does harm. */
import { expect, test } from 'vitest';
import { entry, processes, told, web, worker } from './support.ts';

const ladder = (text: string): string[] =>
  (processes(text)[0]?.stop ?? []).map(({ signal, waitMs }) => `${signal} ${waitMs}`);

test('the signal takes the place of the first step, and keeps its time', () => {
  expect(ladder(web())).toEqual(['SIGTERM 35000', 'SIGQUIT 5000', 'SIGKILL 5000']);
  expect(ladder(web('STOP: {signal: SIGINT}'))).toEqual(['SIGINT 35000', 'SIGQUIT 5000', 'SIGKILL 5000']);
  expect(ladder(web('STOP: {signal: SIGINT, timeout: 1m}'))[0]).toBe('SIGINT 60000');
});

test('one that would come later comes once', () => {
  expect(ladder(web('STOP: {signal: SIGQUIT}'))).toEqual(['SIGQUIT 35000', 'SIGKILL 5000']);
});

test('the own one of the backend changes nothing', () => {
  expect(ladder(web('STOP: {signal: SIGTERM}'))).toEqual(ladder(web()));
  const tasks = entry('tasks', 'BACKEND: DjangoTasksWorker', 'STOP: {signal: SIGINT}');
  expect(ladder(tasks)).toEqual(['SIGINT 60000', 'SIGTERM 5000', 'SIGKILL 5000']);
});

test('value-wrong: names in full, and none that is no gentle step', () => {
  const wrong = (signal: string): string => told(web(`STOP: {signal: ${signal}}`)).split('\n')[0] ?? '';
  expect(['TERM', 'sigterm', '15', 'SIGKILL'].map(wrong).join('\n')).toMatchInlineSnapshot(`
    "prodserver.yaml:5:20: error: "signal" must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, not "TERM" [value-wrong]
    prodserver.yaml:5:20: error: "signal" must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, not "sigterm" [value-wrong]
    prodserver.yaml:5:20: error: "signal" must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, not 15 [value-wrong]
    prodserver.yaml:5:20: error: "signal" must be one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, not "SIGKILL" [value-wrong]"
  `);
});

test('stop-signal', () => {
  expect(told(web('STOP: {signal: SIGQUIT}'))).toMatchInlineSnapshot(`
    "prodserver.yaml:5:20: warning: SIGQUIT is no good way to stop GunicornServer: it ends at once, and drops the requests that it is at [stop-signal]
        5 |     STOP: {signal: SIGQUIT}
          |                    ^^^^^^^
          = leave it out: its own is SIGTERM"
  `);
});

test.each([
  ['GunicornServer', 'SIGHUP', 'it takes in new code and goes on'],
  ['GunicornServer', 'SIGUSR1', 'it opens its log files anew and goes on'],
  ['CeleryWorker', 'SIGUSR1', 'it writes its stacks into its log and goes on'],
  ['CeleryWorker', 'SIGHUP', 'it starts itself anew'],
  ['CeleryWorker', 'SIGQUIT', 'it gives up the tasks that it is at'],
  ['UvicornServer', 'SIGHUP', 'it ends at once, and drops the requests that it is at'],
  ['WaitressServer', 'SIGTERM', 'it ends at once, and drops the requests that it is at'],
])('stop-signal: %s at %s', (backend, signal, why) => {
  const text = told(entry('one', `BACKEND: ${backend}`, 'APP: shop.app', `STOP: {signal: ${signal}}`));
  expect(text).toContain(`${signal} is no good way to stop ${backend}: ${why} [stop-signal]`);
});

test('stop-signal: what a solo pool makes of QUIT', () => {
  const text = told(worker('ARGS: {pool: solo}', 'STOP: {signal: SIGQUIT}'));
  expect(text).toContain('it goes on, and takes no more tasks');
});

test('nothing is said of a program that is not known', () => {
  expect(told(entry('job', 'BACKEND: Command', 'CMD: [date]', 'STOP: {signal: SIGUSR2}'))).toBe('');
});
