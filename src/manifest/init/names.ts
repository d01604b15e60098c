/** Names of processes that a manifest can have. */
import { isName } from '../schema.ts';
import type { NoteFact } from './note.ts';

/** Gives each name once, in a form that is allowed, and says where it is not the one that was asked for. */
export class Names {
  readonly #taken = new Set<string>();

  take(asked: string): { readonly name: string; readonly facts: readonly NoteFact[] } {
    const plain =
      asked
        .replaceAll(/[^\w-]+/g, '-')
        .replace(/^[^A-Za-z0-9]+/, '')
        .slice(0, 60) || 'process';
    let name = plain;
    for (let count = 2; this.#taken.has(name) || !isName(name); count += 1) name = `${plain}-${count}`;
    this.#taken.add(name);
    return { name, facts: name === asked ? [] : [{ kind: 'renamed', from: asked }] };
  }
}
