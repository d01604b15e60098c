/** Help, and what was not understood. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../../src/render/version.ts';
import { Rig, ROOT } from '../support/rig.ts';
import { GOOD, run } from './support.ts';

const VERBS = ['start', 'check', 'plan', 'status', 'stop', 'restart', 'reload', 'top', 'schema', 'version'];

test('help', async () => {
  expect(await run(new Rig(), '--help')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    Usage: prodserver [options] [command]

    Keeps the processes of a Django and Celery application alive.

    Options:
      -V, --version                         show the version
      -h, --help                            display help for command

    Commands:
      start [options] [names...]            Start processes and keep them alive, in
                                            the foreground.
      check [options] [files...]            Check manifests; exit 0 or 78. "-" is
                                            standard input; without files, the
                                            manifest that start would use.
      plan [options] [names...]             Show what would be run.
      status [options] [names...]           Show the state of the processes.
      stop [options] [names...]             Stop processes in order; without names,
                                            everything and the supervisor itself.
      restart [options] [names...]          Replace what runs, start what does not;
                                            without names, everything.
      reload [options] [names...]           Have what runs take in new code: by a
                                            signal where its program can, else
                                            replaced; nothing is started.
      scale [options] <name=count...>       Run so many instances of a process,
                                            until the supervisor ends.
      signal [options] <signal> [names...]  Send a signal to the main processes.
      update [options]                      Read the manifest again: start what is
                                            new, stop what is gone, restart what
                                            must.
      shutdown [options]                    Stop everything in order, and the
                                            supervisor itself.
      init [options] [file]                 Write a manifest from what is here:
                                            Django settings, a Procfile, a
                                            supervisord.conf.
      doctor [options]                      Say what is wrong with what runs, and
                                            with the machine; exit 0 or 1.
      logs [options] [names...]             Show the last lines of processes, from
                                            memory.
      events [options] [names...]           Show what has happened: changes of
                                            state, replacements, orders, problems.
      top [options] [names...]              Show the processes on the whole
                                            terminal, live, with keys to act; ?
                                            tells them.
      lock                                  Show who holds a lock, or take it away.
      schema [options]                      Print the JSON Schema of the manifest,
                                            for editors.
      completion <bash|zsh|fish>            Print what makes that shell complete
                                            commands, options and names of
                                            processes.
      version [options]                     Show the version.
      help [command]                        display help for command

    Examples:
      prodserver check
      prodserver start --all
      prodserver start worker
      prodserver status

    supervisorctl's words work too: tail, reread, pid, avail; and "all" for every name."
  `);
});

test('no words at all are a question for help', async () => {
  const rig = new Rig();
  expect(await run(rig)).toBe(await run(rig, '--help'));
});

test('help of start', async () => {
  expect(await run(new Rig(), 'start', '--help')).toMatchInlineSnapshot(`
    "exit 0
    --- stdout
    Usage: prodserver start [options] [names...]

    Start processes and keep them alive, in the foreground.

    Options:
      -f, --manifest <file>  the manifest (default: prodserver.yaml, .yml or .json
                             here)
      --settings <module>    the Django settings to take it from (default, where
                             there is no manifest: DJANGO_SETTINGS_MODULE)
      -a, --all              start every process of the manifest
      --log-format <format>  text or json, one object a line (default: "text")
      --no-wait              end with 75 at once where another process holds a lock
      --http <address>       listen there for metrics and health (127.0.0.1:9180),
                             or off; default: SUPERVISOR.http
      --watch                read the manifest again whenever it changes, as update
                             does
      --watch-code           for development: restart processes whose Python code
                             changes
      --attach               start them in the supervisor that has them, and come
                             back when they are ready
      -h, --help             display help for command

    Example:
      prodserver start web worker"
  `);
});

test.each(VERBS)('help of %s has an example of that verb', async (verb) => {
  const text = await run(new Rig(), verb, '--help');
  expect(text).toMatch(/^exit 0\n/);
  expect(text).toMatch(new RegExp(`Example:\n  prodserver ${verb}`));
  expect(text).not.toContain('stderr');
});

test.each(VERBS.filter((verb) => !['start', 'top', 'schema'].includes(verb)))(
  '%s prints data, so it knows --json',
  async (verb) => {
    expect(await run(new Rig(), verb, '--help')).toContain('--json');
  },
);

test('version', async () => {
  const { platform, arch } = process;
  const { node } = process.versions;
  const rig = new Rig();
  expect(await run(rig, 'version')).toBe(
    `exit 0\n--- stdout\nprodserver ${VERSION} (Node ${node}, ${platform} ${arch})`,
  );
  expect(await run(rig, '--version')).toBe(await run(rig, 'version'));
  expect(await run(rig, '-V')).toBe(await run(rig, 'version'));
  const json = await rig.run(['version', '--json']);
  expect(JSON.parse(json.stdout)).toEqual({ version: VERSION, node, platform, arch });
});

describe('not understood, exit 2', () => {
  test('a verb', async () => {
    expect(await run(new Rig(), 'strat')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: unknown command 'strat'
      (Did you mean start?)
      see prodserver --help"
    `);
  });

  test('a flag', async () => {
    expect(await run(new Rig(), 'check', '--strct')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: unknown option '--strct'
      (Did you mean --strict?)
      see prodserver --help"
    `);
  });

  test('a flag without its value', async () => {
    expect(await run(new Rig(), 'check', '--manifest')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: option '-f, --manifest <file>' argument missing
      see prodserver --help"
    `);
  });

  test('too many words', async () => {
    expect(await run(new Rig(), 'check', 'worker')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: there is no file "worker": check takes files, and checks every process in them; Django's settings come by --settings [usage]
        see prodserver --help"
    `);
  });

  test('a format', async () => {
    const rig = new Rig();
    rig.manifest(GOOD);
    expect(await run(rig, 'check', '--format', 'xml')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: --format must be one of text, json, github, not "xml" [usage]
        see prodserver --help"
    `);
    expect(await run(rig, 'start', '--all', '--log-format', 'xml')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: --log-format must be text or json, not "xml" [usage]
        see prodserver --help"
    `);
  });

  test('a duration', async () => {
    expect(await run(new Rig(), 'stop', '--timeout', '90')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: --timeout must be a duration such as 90s, not "90" [usage]
        see prodserver --help"
    `);
  });

  test('top without a terminal', async () => {
    expect(await run(new Rig(), 'top')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: top needs a terminal; see "prodserver status", or "prodserver status --json" for programs [usage]
        see prodserver --help"
    `);
    expect(await run(new Rig(), 'top', '--json')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: unknown option '--json'
      see prodserver --help"
    `);
  });

  test('start without names', async () => {
    const rig = new Rig();
    rig.manifest(GOOD);
    expect(await run(rig, 'start')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: which processes? [name-needed]
        write "prodserver start --all", or names of: web, worker"
    `);
  });

  test('start of an unknown name', async () => {
    const rig = new Rig();
    rig.manifest(GOOD);
    expect(await run(rig, 'start', 'wroker')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: the manifest has no process "wroker"; did you mean "worker"? [process-unknown]
        it has: web, worker"
    `);
    expect(await run(rig, 'start', 'web', 'zzz')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: the manifest has no process "zzz" [process-unknown]
        it has: web, worker"
    `);
  });

  test('start --all with names', async () => {
    const rig = new Rig();
    rig.manifest(GOOD);
    expect(await run(rig, 'start', '--all', 'web')).toMatchInlineSnapshot(`
      "exit 2
      --- stderr
      error: --all and names exclude each other [usage]
        see prodserver --help"
    `);
  });
});

test('schema prints the file of the package, of the draft that is asked for', async () => {
  const rig = new Rig();
  const file = (name: string): string => readFileSync(join(ROOT, 'schema', name), 'utf8');
  expect((await rig.run(['schema'])).stdout).toBe(file('manifest.schema.json'));
  expect((await rig.run(['schema', '--draft', '07'])).stdout).toBe(file('manifest.draft-07.schema.json'));
  expect(await run(rig, 'schema', '--draft', '4')).toMatchInlineSnapshot(`
    "exit 2
    --- stderr
    error: --draft must be 2020-12 or 07, not "4" [usage]
      see prodserver --help"
  `);
});
