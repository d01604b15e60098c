import { findSource, type ManifestSource } from '../manifest/source.ts';
import type { Result } from '../model/failure.ts';
import type { Flags } from './verb.ts';

/** What the flags and the environment name. */
export function sourceOf(flags: Flags): Result<ManifestSource> {
  const given = (flag: string): string | null => {
    const value = flags[flag];
    return typeof value === 'string' ? value : null;
  };
  const { env } = process;
  return findSource({ manifest: given('manifest'), settings: given('settings') }, process.cwd(), env);
}
