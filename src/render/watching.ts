/** Which files are looked after, and for whom. */
import type { News } from '../supervisor/news.ts';
import { andList } from './words.ts';

export function watchingText(news: Extract<News, { type: 'watching' }>): string {
  if (news.what === 'manifest') return `watching ${andList(news.files)}`;
  const left = news.left.length === 0 ? '' : `; not of ${andList(news.left)}`;
  if (news.names.length === 0) return `watching no code${left}`;
  return `watching the code of ${andList(news.names)} in ${andList(news.folders)}, for development only${left}`;
}

export function manifestChangedText({ files, later }: Extract<News, { type: 'manifest-changed' }>): string {
  const rest =
    later.length === 0
      ? ''
      : `; ${andList(later)} ${later.length === 1 ? 'has' : 'have'} the new variables from the next start on`;
  return `${andList(files)} changed: reading the manifest again${rest}`;
}
