import { failure } from '../../model/failure.ts';
import { fail } from '../output.ts';
import { SCRIPTS } from './scripts.ts';

export async function run([shell = '']: readonly string[]): Promise<number> {
  if (!Object.hasOwn(SCRIPTS, shell)) {
    const detail = `completion is for one of ${Object.keys(SCRIPTS).join(', ')}, not "${shell}"`;
    return fail(failure('usage', { detail }));
  }
  process.stdout.write(SCRIPTS[shell as keyof typeof SCRIPTS]);
  return 0;
}
