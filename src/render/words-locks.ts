import { formatDuration } from '../model/units.ts';
import { holderText } from './locks.ts';
import { andList, EXIT, type WordsFor } from './words.ts';

/** What is said of locks, of one that cannot be had, kept or given back. */
export const lockWords: WordsFor<
  | 'lock-held'
  | 'lock-evicted'
  | 'lock-unreachable'
  | 'lock-missing'
  | 'lock-of-kernel'
  | 'lock-unforced'
  | 'lock-folder'
  | 'lock-tool'
> = {
  'lock-held': {
    exit: EXIT.lockHeld,
    about:
      'Another process holds the lock (beat of the same application, or an entry with the same LOCK), here or on another host.',
    message: ({ instance, holder }) => `${instance}: the lock is held by ${holderText(holder)}`,
    hint: () => 'stop that one, or start without --no-wait to take over when it ends',
  },
  'lock-evicted': {
    exit: EXIT.failure,
    about: 'The Redis of LOCK throws away keys when its memory is full, the lock too, so it cannot keep one.',
    message: ({ file, policy }) => `no lock can be kept in ${file}: its maxmemory-policy is ${policy}`,
    hint: () => 'use a Redis with "maxmemory-policy noeviction" for locks',
  },
  'lock-unreachable': {
    exit: EXIT.failure,
    about: 'The Redis of LOCK did not answer a command about the lock.',
    message: ({ file, detail }) => `the store of the lock does not answer: ${detail} (${file})`,
    hint: () => 'check the URL in LOCK, and that this host may connect there',
  },
  'lock-missing': {
    exit: EXIT.usage,
    about: 'A command about locks was given a process that takes none.',
    message: ({ name }) =>
      name === null ? 'no process of this manifest takes a lock' : `${name} takes no lock`,
    hint: () => 'beat always takes one; any other entry does with LOCK: {name: ...}',
  },
  'lock-of-kernel': {
    exit: EXIT.failure,
    about: 'A lock on a file lives as long as its holder: nobody can take it away.',
    message: ({ instance, holder }) =>
      `${instance}: the lock is held by ${holderText(holder)}, and a file's lock ends only with its holder`,
    hint: () => 'stop that process: prodserver stop, or kill its pid',
  },
  'lock-unforced': {
    exit: EXIT.usage,
    about: 'What it risks to take a lock from its holder by force.',
    message: ({ instance, holder, ms }) =>
      `${instance}: the lock is held by ${holderText(holder)}; that one may run on for ${formatDuration(ms)} after it has lost it, beside the next one`,
    hint: () =>
      'stop that one instead; to take the lock away all the same: --force, and --yes where nobody can be asked',
  },
  'lock-folder': {
    exit: EXIT.failure,
    about: 'No folder for host-wide locks could be used.',
    message: ({ tried, detail }) => `cannot keep locks in ${andList(tried)}: ${detail}`,
    hint: () => 'make /run/lock/prodserver writable for this user (mode 1777)',
  },
  'lock-tool': {
    exit: EXIT.failure,
    about: 'The kernel lock could not be asked for: neither koffi nor util-linux could do it.',
    message: ({ detail }) => `cannot lock: ${detail}`,
    hint: () =>
      'install util-linux (the command flock), or install prodserver with its optional dependencies',
  },
};
