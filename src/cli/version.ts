import { VERSION } from '../render/version.ts';
import type { Flags } from './verb.ts';
import { print } from './output.ts';

export async function run(_names: readonly string[], flags: Flags): Promise<number> {
  const { node } = process.versions;
  print(
    flags['json'] === true
      ? JSON.stringify({ version: VERSION, node, platform: process.platform, arch: process.arch })
      : `prodserver ${VERSION} (Node ${node}, ${process.platform} ${process.arch})`,
  );
  return 0;
}
