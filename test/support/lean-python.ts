/**
 * The sample's interpreter without what Celery imports at every start and no worker uses: Flower, a plugin of its command
 * line that brings a web server, and the prompt of `celery amqp`. That halves a start, of which the tests have hundreds.
 */
import {
  copyFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folders of packages that are left out, and by their metadata nobody finds them. */
const HEAVY = /^(flower|tornado|prometheus_client|click_repl)(-.*)?$/;

/** `celery.bin.amqp` has the prompt made at its import; nobody opens it here. */
const NO_PROMPT = 'def register_repl(group, name="repl"):\n    pass\n';

/** Makes a virtual environment in a new folder, of links to the packages of that of `python`; the folder's path. */
export function makeLean(python: string): string {
  const whole = dirname(dirname(python));
  const lean = mkdtempSync(join(tmpdir(), 'lean-python-'));
  // Some tests become another user.
  chmodSync(lean, 0o755);
  copyFileSync(join(whole, 'pyvenv.cfg'), join(lean, 'pyvenv.cfg'));
  mkdirSync(join(lean, 'bin'));
  symlinkSync(realpathSync(python), pythonOf(lean));
  for (const version of readdirSync(join(whole, 'lib'))) {
    const [from, to] = [whole, lean].map((venv) => join(venv, 'lib', version, 'site-packages'));
    if (from === undefined || to === undefined) continue;
    mkdirSync(to, { recursive: true });
    for (const name of readdirSync(from)) {
      if (!HEAVY.test(name)) symlinkSync(join(realpathSync(from), name), join(to, name));
    }
    writeFileSync(join(to, 'click_repl.py'), NO_PROMPT);
  }
  return lean;
}

export const pythonOf = (venv: string): string => join(venv, 'bin', 'python');
