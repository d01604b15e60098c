/** Which keys an entry of a backend has. */
import type { Backend } from '../backends/backend.ts';
import { failure, type Failure } from '../model/failure.ts';
import type { Document } from './document.ts';
import { wrongValue } from './problems.ts';

const APP_EXAMPLES = {
  wsgi: 'APP: myproject.wsgi',
  asgi: 'APP: myproject.asgi',
  celery: 'APP: myproject.celery.app',
} as const;
/** What people write before a management command. */
const LAUNCHER = /(^|\/)(python[\d.]*|manage\.py|django-admin)$/;
const ONLY_COMMANDS = 'only BACKEND: Command and DjangoCommand take it';

/** Which of APP, CMD and ARGS a backend wants. */
export function shapeRules(
  doc: Document,
  backend: Backend,
  entry: Record<string, unknown>,
  base: string[],
): Failure[] {
  const found: Failure[] = [];
  const owner = base.at(-1) ?? '';
  const { name } = backend;
  const missing = (key: string, example: string): void => {
    found.push(failure('key-missing', { key, owner, example }, { place: doc.place(base, 'key') }));
  };
  const useless = (key: string, why: string): void => {
    const place = doc.place([...base, key], 'key');
    found.push(failure('key-useless', { key, backend: name, why }, { place }));
  };
  const command = backend.cmd === 'required';
  if (backend.app !== 'none' && entry['APP'] === undefined) missing('APP', APP_EXAMPLES[backend.app]);
  if (backend.app === 'none' && entry['APP'] !== undefined)
    useless('APP', command ? 'CMD says all' : "Django's settings name the application");
  if (command && entry['CMD'] === undefined)
    missing('CMD', name === 'Command' ? 'CMD: [python, manage.py, runjobs]' : 'CMD: [runjobs]');
  const [first] = Array.isArray(entry['CMD']) ? (entry['CMD'] as unknown[]) : [];
  if (name === 'DjangoCommand' && typeof first === 'string' && LAUNCHER.test(first)) {
    found.push(wrongValue(doc, [...base, 'CMD', 0], 'a management command: it is run by manage.py', first));
  }
  if (!command && entry['CMD'] !== undefined) useless('CMD', ONLY_COMMANDS);
  if (command && entry['ARGS'] !== undefined) useless('ARGS', 'CMD says all');
  if (!command && isTrue(entry['ONESHOT'])) useless('ONESHOT', ONLY_COMMANDS);
  return found;
}

const isTrue = (value: unknown): boolean => value === true || value === 'true';
