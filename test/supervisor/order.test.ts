import { describe, expect, test } from 'vitest';
import type { Dependency } from '../../src/model/spec.ts';
import type { Needs } from '../../src/model/process.ts';
import { dependencyOf, inOrder, maySleep, type Member } from '../../src/supervisor/order.ts';
import { life, type Life } from './machine-support.ts';

const member = (name: string, dependsOn: readonly Dependency[] = [], story?: (one: Life) => void): Member => {
  const one = life({ restart: { policy: 'on-failure' } });
  story?.(one);
  return { spec: { name, instance: `${name}.1`, dependsOn }, machine: one.machine };
};

const asked = (one: Life): void => void one.start();
const starting = (one: Life): void => {
  one.start();
  one.spawned();
};
const running = (one: Life): void => {
  starting(one);
  one.ready();
};
const ended =
  (code: number) =>
  (one: Life): void => {
    running(one);
    one.exits(code);
    one.swept();
  };

describe('what is waited for', () => {
  const stories = { asked, starting, running, completed: ended(0), failed: ended(1), never: () => undefined };
  const met: Record<Needs, readonly (keyof typeof stories)[]> = {
    started: ['starting', 'running', 'completed'],
    ready: ['running', 'completed'],
    completed: ['completed'],
  };

  test.each(Object.keys(met) as Needs[])('%s', (needs) => {
    for (const [name, story] of Object.entries(stories)) {
      const other = member('db', [], story);
      const found = dependencyOf({ name: 'web', instance: 'web.1', dependsOn: [{ name: 'db', needs }] }, [
        other,
      ]);
      const state = other.machine().state.id;
      const isMet = met[needs].includes(name as keyof typeof stories);
      expect(found).toEqual(isMet ? null : { kind: 'dependency', instance: 'db.1', needs, state });
    }
  });

  test('the first that is late, in the order of DEPENDS_ON; one that is not there is not waited for', () => {
    const web = member('web', [
      { name: 'gone', needs: 'ready' },
      { name: 'up', needs: 'ready' },
      { name: 'late', needs: 'ready' },
      { name: 'later', needs: 'ready' },
    ]);
    const all = [web, member('later'), member('late', [], starting), member('up', [], running)];
    expect(dependencyOf(web.spec, all)).toMatchObject({ instance: 'late.1', state: 'STARTING' });
  });
});

test('in order: those that others depend on first, else as they stand', () => {
  const on = (...names: string[]): Dependency[] => names.map((name) => ({ name, needs: 'ready' as const }));
  const all = [
    member('web', on('worker')),
    member('flower'),
    member('worker', on('migrate', 'db')),
    member('migrate', on('db', 'elsewhere')),
    member('db'),
  ];
  expect(inOrder(all).map(({ spec }) => spec.name)).toEqual(['flower', 'db', 'migrate', 'worker', 'web']);
  const circle = [member('a', on('b')), member('b', on('a')), member('c')];
  expect(inOrder(circle).map(({ spec }) => spec.name)).toEqual(['c', 'a', 'b']);
});

test('one may sleep when nobody who depends on it still runs', () => {
  const on: Dependency[] = [{ name: 'db', needs: 'ready' }];
  const db = member('db', [], running);
  expect(maySleep(db, [db, member('web', on, running)])).toBe(false);
  expect(maySleep(db, [db, member('web', on, asked)])).toBe(false);
  expect(maySleep(db, [db, member('web', on), member('job', on, ended(0)), member('x', [], running)])).toBe(
    true,
  );
});
