/** The same supervisord.conf under the real supervisord and, by `init`, under prodserver: the programs see the same. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensurePython } from '../../../fixtures/venv.ts';
import { Rig, ROOT, until } from '../../support/rig.ts';

const DUMP = `import json, os, sys, time
mask = os.umask(0); os.umask(mask)
names = ("A", "B", "C", "PASSED", "PATHS", "LITERAL", "GLOBAL", "NUMBER", "SECRET_KEY")
seen = {"argv": sys.argv[2:], "cwd": os.getcwd(), "umask": mask, "env": {n: os.environ.get(n) for n in names}}
target = os.path.join(os.environ["OUT"], sys.argv[1])
with open(target + ".part", "w") as file:
    json.dump(seen, file, sort_keys=True)
os.rename(target + ".part", target)
time.sleep(1000)
`;

const conf = (folder: string): string => `[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=${folder}/supervisord.pid
childlogdir=${folder}
environment=GLOBAL="for all",B="of all"
[program:quotes]
command=python3 dump.py quotes "a b" 'c "d"' e\\ f "g\\"h\\i" $HOME '' ~ *.py ; a comment
environment=A="x,y",B='it"s',C=/p:q,LITERAL="$HOME %%d",SECRET_KEY="hunter,2"
[program:given]
command=python3 dump.py given %(ENV_PASSED)s %(program_name)s %(ENV_GLOBAL)s
environment=PATHS="/x:%(ENV_PASSED)s:%(here)s"
directory=%(here)s/below
umask=027
[program:copies]
command=python3 dump.py copies-%(process_num)d --of %(numprocs)d
process_name=%(program_name)s_%(process_num)02d
numprocs=2
numprocs_start=3
environment=NUMBER="%(process_num)03d"
[program:long]
command=python3 dump.py long
    --more
    "than one line"
stopsignal=INT
`;
const NAMES = ['copies-3', 'copies-4', 'given', 'long', 'quotes'];

test('programs have the same words, folder, mask and variables', { timeout: 900_000 }, async () => {
  const log = (text: string): void => void process.stderr.write(`setup | ${text}\n`);
  const venv = join(ROOT, '.cache', 'venvs', 'supervisor');
  mkdirSync(venv, { recursive: true });
  const requirements = join(ROOT, 'test', 'python', 'requirements', 'supervisor.txt');
  const python = await ensurePython(venv, { exact: true, log, requirements });
  const rig = new Rig();
  rig.write('dump.py', DUMP);
  rig.write('supervisord.conf', conf(rig.folder));
  for (const name of ['below', 'theirs', 'ours']) mkdirSync(join(rig.folder, name));
  rig.write('below/dump.py', DUMP);
  const seen = async (out: string): Promise<Record<string, unknown>> => {
    const folder = join(rig.folder, out);
    await until(
      () => readdirSync(folder).filter((name) => !name.endsWith('.part')).length >= NAMES.length,
      out,
    );
    return Object.fromEntries(
      NAMES.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown]),
    );
  };
  Object.assign(rig.env, { PASSED: 'outside', SECRET_KEY: 'hunter,2', OUT: join(rig.folder, 'theirs') });
  const supervisord = rig.spawn([python, '-m', 'supervisor.supervisord', '-c', 'supervisord.conf']);
  const theirs = await seen('theirs');
  supervisord.kill('SIGTERM');
  await supervisord.ended;

  Object.assign(rig.env, { OUT: join(rig.folder, 'ours') });
  expect((await rig.run(['init'])).code).toBe(0);
  expect(rig.read('prodserver.yaml')).not.toContain('hunter');
  expect(await rig.run(['check', '--strict'])).toMatchObject({ code: 0 });
  const start = rig.start(['start', '--all']);
  expect(await seen('ours')).toEqual(theirs);
  start.kill('SIGTERM');
  await start.ended;
  expect(rig.survivors()).toEqual([]);
});
