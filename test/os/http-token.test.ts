/** The token of the HTTP listener, from where it may stand. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpToken, isHttpTokenGiven, takeHttpToken } from '../../src/os/http-token.ts';
import { newFolder } from '../manifest/support.ts';

const TOKEN = 'sixteen-and-more';

test.each([
  ['nothing', null, { ok: true, value: null }],
  ['a token', TOKEN, { ok: true, value: TOKEN }],
  ['blanks around it', ` ${TOKEN}\n`, { ok: true, value: TOKEN }],
  ['none', ' \n', { error: { facts: { problem: 'empty' } } }],
  ['a short one', TOKEN.slice(1), { error: { facts: { problem: 'short', detail: '16' } } }],
  ['two lines', `${TOKEN}\n${TOKEN}\n`, { error: { facts: { problem: 'characters' } } }],
  ['letters that no header has', `${TOKEN}ü`, { error: { facts: { problem: 'characters' } } }],
  ['more than a header takes', 'x'.repeat(5000), { error: { facts: { problem: 'characters' } } }],
])('%s', (_, text, result) => {
  expect(httpToken(null, text)).toMatchObject(result);
  if (text === null) return;
  const file = join(newFolder(), 'token');
  writeFileSync(file, text);
  // A file that is named counts, whatever the environment says.
  expect(httpToken(file, 'another-token-of-some-length')).toMatchObject(result);
  expect(JSON.stringify(httpToken(file, null))).toBe(JSON.stringify(httpToken(file, text)));
});

test('a file that is not there', () => {
  expect(httpToken('/nonexistent/token', TOKEN)).toMatchObject({
    error: {
      code: 'http-token',
      facts: { file: '/nonexistent/token', problem: 'unreadable', detail: 'ENOENT' },
    },
  });
});

test('it is taken out of the environment, and remembered', () => {
  const env: NodeJS.ProcessEnv = { PRODSERVER_HTTP_TOKEN: TOKEN, OTHER: '1' };
  expect([isHttpTokenGiven({}), isHttpTokenGiven(env)]).toEqual([false, true]);
  expect(takeHttpToken(env)).toBe(TOKEN);
  expect(env).toEqual({ OTHER: '1' });
  expect([takeHttpToken(env), isHttpTokenGiven(env)]).toEqual([TOKEN, true]);
});
