import type { Finding } from './backend.ts';
import { addrport, devServer, everyCommand } from './django.ts';
import { barred, isOn, unwise } from './findings.ts';
import { alias, choice, flag, integer, refused, repeated, table, text, type Option } from './options.ts';

const noTerminal = (): Option =>
  refused('there is no terminal to debug at', 'run manage.py by hand for that');

/** `manage.py runserver_plus --help` of django-extensions 4.1, which must be among INSTALLED_APPS. */
const options = table(() => {
  const certificate = text('a path');
  return {
    addrport: addrport(),
    ipv6: flag(),
    noreload: flag(),
    browser: refused('there is no browser beside a supervisor', 'leave it out'),
    nothreading: flag(),
    threaded: flag(),
    output: text('a path'),
    'print-sql': flag(),
    'truncate-sql': integer({ min: 0 }),
    'print-sql-location': flag(),
    cert: alias('cert-file', certificate),
    'cert-file': certificate,
    'key-file': text('a path'),
    'extra-file': repeated('a path, or a list of them'),
    'exclude-pattern': repeated('a pattern, or a list of them'),
    'reloader-interval': integer({ min: 1 }),
    'reloader-type': choice(['auto', 'watchdog', 'stat']),
    pdb: noTerminal(),
    ipdb: noTerminal(),
    pm: noTerminal(),
    'startup-messages': choice(['reload', 'once', 'always', 'never']),
    'keep-meta-shutdown': flag(),
    nopin: flag(),
    nostatic: flag(),
    insecure: flag(),
    ...everyCommand(),
  };
});

export const werkzeugRunserver = devServer({
  name: 'WerkzeugRunserver',
  paths: [
    'RunserverPlus',
    ...['backends.werkzeug', 'backends.dev.werkzeug'].flatMap((module) => [
      `django_prodserver.${module}.WerkzeugRunserver`,
      `django_prodserver.${module}.RunserverPlus`,
    ]),
  ],
  command: 'runserver_plus',
  options,
  rules({ args }) {
    const found: Finding[] = [];
    if (isOn(args, 'nopin')) {
      const why = 'whoever reaches its port can run any code on this machine';
      found.push(unwise('nopin', why, 'leave it out'));
    }
    if (isOn(args, 'noreload')) {
      // It says to Werkzeug that a reloader had handed down a socket: KeyError: 'WERKZEUG_SERVER_FD'.
      const why = 'runserver_plus of django-extensions 4.1 ends of it with Werkzeug 3';
      found.push(barred('noreload', why, 'leave it out, or use BACKEND: DjangoRunserver'));
    }
    return found;
  },
});
