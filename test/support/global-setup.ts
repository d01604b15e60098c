/** Installs what the tests need and the project's files name; a missing tool is an error with its remedy. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensurePython } from '../../fixtures/venv.ts';
import { makeLean, pythonOf } from './lean-python.ts';
import { basePython, compile, withoutWrapper } from './quick-python.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SHOP = join(ROOT, 'fixtures', 'shop');
/** Commands and the Debian packages that have them. */
const TOOLS: Readonly<Record<string, string>> = {
  'redis-server': 'redis-server',
  'rabbitmq-server': 'rabbitmq-server',
  flock: 'util-linux',
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  strace: 'strace',
  faketime: 'faketime',
  tmux: 'tmux',
  openssl: 'openssl',
  useradd: 'passwd',
  'systemd-analyze': 'systemd',
  ...(process.env['PRODSERVER_TEST_TIER'] === 'long' ? { zsh: 'zsh', fish: 'fish', mandoc: 'mandoc' } : {}),
};

declare module 'vitest' {
  interface ProvidedContext {
    /** The interpreter with the sample's packages, exactly as pinned, but for what no worker and no beat needs. */
    python: string;
    /** The one that has Flower too, as users have it. */
    wholePython: string;
  }
}

const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);

export default async function setup(project: TestProject): Promise<() => void> {
  installTools();
  // Each start of Node would read and parse these certificates, longer than all else it does; no test speaks TLS.
  delete process.env['NODE_EXTRA_CA_CERTS'];
  const whole = await ensurePython(SHOP, { exact: true, log, base: basePython });
  const lean = makeLean(whole);
  project.provide('wholePython', whole);
  project.provide('python', pythonOf(lean));
  compile(pythonOf(lean), [join(ROOT, 'python'), join(SHOP, 'orders'), join(SHOP, 'shop')]);
  const direct = withoutWrapper();
  if (direct !== null) process.env['PATH'] = `${direct}${delimiter}${process.env['PATH'] ?? ''}`;
  return () => {
    for (const folder of [lean, direct]) {
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Only root has Debian's folder of servers in its PATH. */
const has = (command: string): boolean =>
  spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin"; command -v ${command}`], { stdio: 'ignore' }).status === 0;

function installTools(): void {
  const missing = Object.keys(TOOLS).filter((command) => !has(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((command) => TOOLS[command] ?? command))];
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  if (process.getuid?.() !== 0 || !has('apt-get')) {
    throw new Error(`the tests need ${missing.join(', ')}: as root, apt-get ${install.join(' ')}`);
  }
  log(`installing ${packages.join(', ')}`);
  // RUNLEVEL=1 keeps Debian's scripts from starting the services: the tests start their own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [['update'], install]) {
    const run = spawnSync('apt-get', args, { encoding: 'utf8', env });
    if (run.status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${run.stdout}${run.stderr}`);
  }
}
