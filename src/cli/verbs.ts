/** Every verb with its options, as commander reads them: help, completion and the manual page come from here. */
import { Command } from 'commander';
import { following, MANIFEST, SETTINGS, waiting } from './options.ts';
import { addWords, WORDS } from './supervisorctl.ts';
import type { Verb } from './verb.ts';

/** `done` is given the exit code of the verb that was called. */
export function program(done: (code: number) => void): Command {
  const root = new Command('prodserver')
    .description('Keeps the processes of a Django and Celery application alive.')
    .enablePositionalOptions()
    .showHelpAfterError('see prodserver --help')
    .addHelpText(
      'after',
      '\nExamples:\n  prodserver check\n  prodserver start --all\n  prodserver start worker\n  prodserver status' +
        `\n\n${WORDS}`,
    );

  // Each verb is loaded when it is called: the parser alone is all that `--help` needs.
  const verb = (
    usage: string,
    about: string,
    example: string,
    load: () => Promise<{ run: Verb }>,
    { below = root, hidden = false } = {},
  ): Command =>
    below
      .command(usage, { hidden })
      .description(about)
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (...args: unknown[]) => {
        const command = args.at(-1) as Command;
        const { run } = await load();
        const names = (command.processedArgs as (string[] | string | undefined)[]).flatMap(
          (one) => one ?? [],
        );
        done(await run(names, command.opts()));
      });

  verb(
    'start [names...]',
    'Start processes and keep them alive, in the foreground.',
    'prodserver start web worker',
    () => import('./start.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('-a, --all', 'start every process of the manifest')
    .option('--log-format <format>', 'text or json, one object a line', 'text')
    .option('--no-wait', 'end with 75 at once where another process holds a lock')
    .option(
      '--http <address>',
      'listen there for metrics and health (127.0.0.1:9180), or off; default: SUPERVISOR.http',
    )
    .option('--watch', 'read the manifest again whenever it changes, as update does')
    .option('--watch-code', 'for development: restart processes whose Python code changes')
    .option('--attach', 'start them in the supervisor that has them, and come back when they are ready');
  verb(
    'check [files...]',
    'Check manifests; exit 0 or 78. "-" is standard input; without files, the manifest that start would use.',
    'prodserver check --strict --format github deploy/*.yaml',
    () => import('./check.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--format <format>', 'text, json or github', 'text')
    .option('--json', 'the same as --format json')
    .option('--strict', 'take warnings for errors')
    .option('--deep', "ask the project's own interpreter too: applications, tasks, brokers, schedules")
    .option('--deep-timeout <duration>', 'how long each question of --deep may take', '30s')
    .option('-v, --verbose', 'with --deep: tasks, versions and whole tracebacks');
  verb('plan [names...]', 'Show what would be run.', 'prodserver plan --json', () => import('./plan.ts'))
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--running', 'show what the running supervisors have instead')
    .option('--diff', 'show what would change of what runs; exit 0: nothing, 1: something, 2: trouble')
    .option('--json', 'one JSON object');
  verb(
    'status [names...]',
    'Show the state of the processes.',
    'prodserver status --json',
    () => import('./status.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--json', 'one JSON object')
    .option('--strict', 'exit 3 for STARTING, WAITING and STOPPING too');
  waiting(
    verb(
      'stop [names...]',
      'Stop processes in order; without names, everything and the supervisor itself.',
      'prodserver stop worker',
      () => import('./stop.ts'),
    ),
    'for the end',
  );
  waiting(
    verb(
      'restart [names...]',
      'Replace what runs, start what does not; without names, everything.',
      'prodserver restart worker',
      () => import('./restart.ts'),
    ),
  );
  waiting(
    verb(
      'reload [names...]',
      'Have what runs take in new code: by a signal where its program can, else replaced; nothing is started.',
      `prodserver reload web

A program that takes in new code at a signal (gunicorn, uvicorn with workers, Hypercorn, Granian: see "code" in
"prodserver plan") is signalled, and keeps its main process and its port. It counts as reloaded when none of its old
workers is left, new ones have stayed for a second, and READY holds; what the new code answers is known only where READY
asks for it (http). All else is replaced, as "restart" does, one at a time of each name.`,
      () => import('./reload.ts'),
    ),
  );
  waiting(
    verb(
      'scale <name=count...>',
      'Run so many instances of a process, until the supervisor ends.',
      'prodserver scale worker=4',
      () => import('./scale.ts'),
    ),
  );
  verb(
    'signal <signal> [names...]',
    'Send a signal to the main processes.',
    'prodserver signal USR1 worker.2',
    () => import('./signal.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('-a, --all', 'to every process')
    .option('--json', 'one JSON object');
  waiting(
    verb(
      'update',
      'Read the manifest again: start what is new, stop what is gone, restart what must.',
      'prodserver update --dry-run',
      () => import('./update.ts'),
    ).option('-n, --dry-run', 'only tell what would change'),
  );
  waiting(
    verb(
      'shutdown',
      'Stop everything in order, and the supervisor itself.',
      'prodserver shutdown --timeout 2m',
      () => import('./stop.ts'),
    ),
    'for the end',
  );
  verb(
    'init [file]',
    'Write a manifest from what is here: Django settings, a Procfile, a supervisord.conf.',
    'prodserver init --from procfile --stdout',
    () => import('./init.ts'),
  )
    .option('--from <source>', 'django, procfile or supervisord (default: what is found first)')
    .option(SETTINGS[0], 'the Django settings to take it from')
    .option('-o, --output <file>', 'what to write', 'prodserver.yaml')
    .option('--stdout', 'print it instead')
    .option('--force', 'write over what is there');
  verb(
    'doctor',
    'Say what is wrong with what runs, and with the machine; exit 0 or 1.',
    'prodserver doctor -v',
    () => import('./doctor.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--json', 'one JSON object')
    .option('--strict', 'exit 1 for warnings too')
    .option('-v, --verbose', 'tell what is well, too');
  following(
    verb(
      'logs [names...]',
      'Show the last lines of processes, from memory.',
      'prodserver logs -f worker',
      () => import('./logs.ts'),
    ),
    'line',
  );
  following(
    verb(
      'events [names...]',
      'Show what has happened: changes of state, replacements, orders, problems.',
      'prodserver events -f --json',
      () => import('./events.ts'),
    ),
    'event',
  );
  verb(
    'top [names...]',
    'Show the processes on the whole terminal, live, with keys to act; ? tells them.',
    'prodserver top',
    () => import('./top.ts'),
  )
    .option(...MANIFEST)
    .option(...SETTINGS);
  const lock = root
    .command('lock')
    .description('Show who holds a lock, or take it away.')
    .addHelpText('after', '\nExample:\n  prodserver lock status');
  verb(
    'status [names...]',
    'Show who holds the locks of the processes.',
    'prodserver lock status beat --json',
    () => import('./lock-status.ts'),
    { below: lock },
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--json', 'one JSON object');
  verb(
    'release <name>',
    'Take a lock in Redis from its holder, which may run on for a while.',
    'prodserver lock release beat --force',
    () => import('./lock-release.ts'),
    { below: lock },
  )
    .option(...MANIFEST)
    .option(...SETTINGS)
    .option('--force', 'take it away although it is held')
    .option('--yes', 'do not ask');
  verb(
    'schema',
    'Print the JSON Schema of the manifest, for editors.',
    'prodserver schema > manifest.schema.json',
    () => import('./schema.ts'),
  ).option('--draft <draft>', '2020-12 or 07', '2020-12');
  verb(
    'completion <bash|zsh|fish>',
    'Print what makes that shell complete commands, options and names of processes.',
    'prodserver completion bash > /etc/bash_completion.d/prodserver\n' +
      '  prodserver completion zsh > /usr/local/share/zsh/site-functions/_prodserver\n' +
      '  prodserver completion fish > ~/.config/fish/completions/prodserver.fish',
    () => import('./completion/print.ts'),
  );
  verb('version', 'Show the version.', 'prodserver version --json', () => import('./version.ts')).option(
    '--json',
    'one JSON object',
  );
  addWords(verb);
  root.option('-V, --version', 'show the version');
  return root;
}
