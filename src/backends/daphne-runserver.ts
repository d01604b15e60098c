import { devServer } from './django.ts';
import { runserver } from './django-runserver.ts';
import { integer, refused, table } from './options.ts';

/** `manage.py runserver --help` with daphne 4.2 as the first of INSTALLED_APPS, which is what makes it Daphne's. */
const options = table(() => ({
  ...runserver(),
  noasgi: refused('then it is not Daphne that runs', 'use BACKEND: DjangoRunserver'),
  http_timeout: integer({ min: 0 }),
  websocket_handshake_timeout: integer({ min: 0 }),
  'websocket-max-message-size': integer({ min: 0 }),
  'websocket-max-frame-size': integer({ min: 0 }),
}));

export const daphneRunserver = devServer({
  name: 'DaphneRunserver',
  paths: [
    'django_prodserver.backends.daphne.DaphneRunserver',
    'django_prodserver.backends.dev.daphne.DaphneRunserver',
  ],
  command: 'runserver',
  options,
  rules: () => [],
});
