/** The manual page, from the definition of the verbs, the exit codes and the README's table of signals. */
import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { program } from '../../src/cli/verbs.ts';
import { EXITS } from './exits.ts';

/** Of a text: no line begins with a control character, and hyphens stay what one types. */
const escape = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');
const bold = (text: string): string => `\\fB${escape(text)}\\fR`;
/** Markdown's code is bold. */
const marked = (text: string): string =>
  text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : escape(part)))
    .join('');

const entry = (head: string, text: string): string => `.TP\n${head}\n${marked(text)}`;
const section = (title: string, ...parts: readonly string[]): string => `.SH ${title}\n${parts.join('\n')}`;
const code = (text: string): string => `.nf\n.RS\n${escape(text)}\n.RE\n.fi`;

const optionOf = ({ flags, description, defaultValue }: Option): string =>
  entry(
    bold(flags),
    typeof defaultValue === 'string' ? `${description} (default: ${defaultValue})` : description,
  );

/** What stands behind the options in `--help`. */
function examplesOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  const [, after = ''] = text.split(/^Examples?:\n/m);
  return after.trimEnd().replaceAll(/^ {2}/gm, '');
}

function verbOf(command: Command, before = ''): string[] {
  const name = `${before}${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((below) => verbOf(below, `${name} `));
  return [
    `.SS ${escape(`${name} ${command.usage()}`.trim())}`,
    marked(command.description()),
    ...command.options.map(optionOf),
    `.PP\n${code(examplesOf(command))}`,
  ];
}

/** The rows of the first table below a heading of the README; from the repository's root. */
function rowsOf(title: string): string[][] {
  const readme = readFileSync('README.md', 'utf8');
  const text = readme.split(/^## /m).find((one) => one.startsWith(title)) ?? '';
  const rows = [...text.matchAll(/^\|(.*)\|$/gm)].map(([, cells = '']) =>
    cells.split('|').map((one) => one.trim()),
  );
  return rows.slice(2);
}

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['PRODSERVER_MANIFEST', 'The manifest, where `--manifest` names none.'],
  ['DJANGO_SETTINGS_MODULE', 'The Django settings to take the processes from, where there is no manifest.'],
  [
    'PRODSERVER_RUNTIME_DIR',
    'The folder of control sockets and locks of supervisors, which commands must name too.',
  ],
  ['VIRTUAL_ENV', 'Its Python runs the processes, where `SUPERVISOR.python` names none.'],
  ['NO_COLOR', 'No colours, even on a terminal.'],
  ['NOTIFY_SOCKET, WATCHDOG_USEC', 'As systemd sets them: the manager is told of readiness, stops and life.'],
];
const FILES: readonly (readonly [string, string])[] = [
  ['prodserver.yaml, prodserver.yml, prodserver.json', 'The manifest, in the working directory.'],
  [
    '/run/prodserver',
    'Control sockets and locks of supervisors of root; of others `/run/lock/prodserver-UID`, or `/tmp/prodserver-UID`.',
  ],
];

export function manPage(): string {
  const root = program(() => undefined);
  const parts = [
    `.\\" Made by "npm run generate" from the definition of the verbs; do not edit.`,
    '.TH PRODSERVER 1',
    section('NAME', 'prodserver \\- keeps the processes of a Django and Celery application alive'),
    section('SYNOPSIS', '.B prodserver', '[\\fIoptions\\fR] [\\fIcommand\\fR]'),
    section(
      'DESCRIPTION',
      escape(
        'One manifest names the processes of an application: web server, Celery workers, Celery beat, and any other program. ' +
          'One command starts them, in the foreground, and keeps them alive. The other commands ask it, or give it orders.',
      ),
    ),
    section(
      'OPTIONS',
      ...root.options.map(optionOf),
      entry(bold('-h, --help'), 'Of prodserver, and of each command.'),
    ),
    section('COMMANDS', ...root.commands.flatMap((one) => verbOf(one))),
    section('EXIT STATUS', ...EXITS.map(([value, meaning]) => entry(bold(value), meaning))),
    section('ENVIRONMENT', ...ENVIRONMENT.map(([name, meaning]) => entry(bold(name), meaning))),
    section('FILES', ...FILES.map(([name, meaning]) => entry(bold(name), meaning))),
    section('SIGNALS', ...rowsOf('Signals').map(([name = '', meaning = '']) => entry(bold(name), meaning))),
    section('EXAMPLES', code(examplesOf(root))),
    section('SEE ALSO', '.BR systemd.service (5)'),
  ];
  return `${parts.join('\n')}\n`;
}
