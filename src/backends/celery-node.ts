/** The node names of Celery's workers. */
import type { Entry } from './backend.ts';

/** What Celery expands in a node name; anything else after a % ends the worker. */
export const NODE_MARKS = /%[hnd%iI]/g;

/**
 * The node of an instance. Two workers under one name answer each other's commands, and RabbitMQ gives the second no
 * mailbox, so each instance gets its own: `orders@%h` of two INSTANCES is `orders-1@%h` and `orders-2@%h`.
 */
export function nodeOf(entry: Pick<Entry, 'name' | 'index' | 'instances' | 'args'>): string {
  const given = entry.args.get('hostname') as string | undefined;
  if (entry.instances === 1) return given ?? `${entry.name}@%h`;
  const [name, host] = splitNode(given ?? `${entry.name}@%h`);
  return `${name}-${entry.index}@${host}`;
}

/** A name without "@" is the host of a node called "celery". */
function splitNode(node: string): [string, string] {
  const at = node.indexOf('@');
  return at === -1 ? ['celery', node] : [node.slice(0, at), node.slice(at + 1)];
}
