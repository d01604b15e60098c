import { addrport, devServer, everyCommand, skipChecks } from './django.ts';
import { flag, table, type Options } from './options.ts';

/** `manage.py runserver --help` of Django 5.2, with django.contrib.staticfiles. */
export const runserver = (): Options => ({
  addrport: addrport(),
  ipv6: flag(),
  noreload: flag(),
  nothreading: flag(),
  nostatic: flag(),
  insecure: flag(),
  ...everyCommand(),
  ...skipChecks(),
});

export const djangoRunserver = devServer({
  name: 'DjangoRunserver',
  paths: [
    'django_prodserver.backends.django_runserver.DjangoRunserver',
    'django_prodserver.backends.dev.django_runserver.DjangoRunserver',
  ],
  command: 'runserver',
  options: table(runserver),
  rules: () => [],
});
