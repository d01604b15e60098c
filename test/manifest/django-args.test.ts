import { expect, test } from 'vitest';
import { rewriteArgs } from '../../src/manifest/django-args.ts';

test.each<[unknown[], string | null]>([
  [[], '{}'],
  [['--workers=4'], '{"workers": "4"}'],
  [['--workers', '4'], '{"workers": "4"}'],
  [['--workers', 4], '{"workers": "4"}'],
  [['--preload', '--bind=:80'], '{"preload": None, "bind": ":80"}'],
  [['--bind', ':80', '--bind', ':81'], '{"bind": [":80", ":81"]}'],
  [['--env=A="b"=c'], '{"env": "A=\\"b\\"=c"}'],
  [['--name='], '{"name": ""}'],
  // A short option has no long name here, and a word alone is no option's.
  [['-b', ':80'], null],
  [['--preload', 'yes', 'conf.wsgi'], null],
  [[['--workers', '4']], null],
  [['--'], null],
])('%j becomes %s', (tokens, mapping) => {
  expect(rewriteArgs(tokens)).toBe(mapping);
});
