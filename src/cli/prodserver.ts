/** What `bin/prodserver` runs. */
import { CommanderError } from 'commander';
import { EXIT } from '../render/words.ts';
import { program } from './verbs.ts';

async function main(argv: readonly string[]): Promise<void> {
  let code: number = EXIT.ok;
  const root = program((given) => (code = given));
  for (const command of [root, ...root.commands, ...root.commands.flatMap((one) => one.commands)])
    command.exitOverride();
  // Asked by a shell, with words that are not finished: no verb of anybody's.
  if (argv[0] === '__complete') return (await import('./completion/complete.ts')).run(root, argv.slice(1));
  if (argv[0] === '-V' || argv[0] === '--version') argv = ['version'];
  if (argv.length === 0) argv = ['--help'];
  try {
    await root.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  process.exitCode = code;
}

// A reader that has seen enough (`| head`) is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(process.exitCode ?? EXIT.ok);
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { reportCrash } = await import('./crash.ts');
  process.exitCode = reportCrash(error);
}
