/** What `npm test` shows of one pool, or of one value, and versions.long.test.ts does not run: the others. */
import { inject, test } from 'vitest';
import { embeddedBeat } from './fence.ts';
import { closedLink, unreadLink, wrongLink } from './link.ts';

const python = inject('python');

test('solo: a link that is closed during a task is not missed', () => closedLink(python, 'solo'));

test('prefork: a link that is never read does not hold up the worker', () => unreadLink(python, 'prefork'));

test.each(['nonsense', '77'])('a worker starts though the number of its link is %s', (number) =>
  wrongLink(python, number),
);

test('an embedded beat in a worker of threads keeps to its lease', () => embeddedBeat(python, 'threads'));
