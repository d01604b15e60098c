/** What is said of a process that could not be started at all. */
import { EXIT, type WordsFor } from './words.ts';

export const spawnWords: WordsFor<
  | 'program-missing'
  | 'program-not-executable'
  | 'folder-missing'
  | 'user-unknown'
  | 'group-unknown'
  | 'user-refused'
  | 'tool-missing'
  | 'env-file'
  | 'launch-refused'
  | 'spawn-refused'
> = {
  'program-missing': {
    exit: EXIT.failure,
    about: 'The program to run does not exist.',
    message: ({ program, searched }) =>
      searched.length > 1 ? `there is no "${program}" in PATH` : `${searched[0] ?? program} does not exist`,
    hint: () => 'install it, or name the interpreter in SUPERVISOR.python',
  },
  'program-not-executable': {
    exit: EXIT.failure,
    about: 'The program exists and cannot be executed.',
    message: ({ program, detail }) => `${program} cannot be executed: ${detail}`,
    hint: () => 'check its permissions and its first line',
  },
  'folder-missing': {
    exit: EXIT.failure,
    about: 'The folder to run in cannot be entered.',
    message: ({ cwd, detail }) => `CWD ${cwd} ${detail}`,
    hint: () => 'check CWD, and the permissions on the way to it',
  },
  'user-unknown': {
    exit: EXIT.failure,
    about: 'USER names nobody on this system.',
    message: ({ user }) => `there is no user "${user}"`,
    hint: () => 'make it (useradd), or mend USER',
  },
  'group-unknown': {
    exit: EXIT.failure,
    about: 'GROUP names no group of this system.',
    message: ({ group }) => `there is no group "${group}"`,
    hint: () => 'make it (groupadd), or mend GROUP',
  },
  'user-refused': {
    exit: EXIT.failure,
    about: 'USER or GROUP is not that of the supervisor, which may not change it.',
    message: ({ user, group, uid }) =>
      `cannot run as ${[user === null ? '' : `user ${user}`, group === null ? '' : `group ${group}`].filter(Boolean).join(' and ')}: ` +
      `the supervisor is user ${uid} and may not become another`,
    hint: ({ user }) => `run the supervisor as root, or leave ${user === null ? 'GROUP' : 'USER'} out`,
  },
  'tool-missing': {
    exit: EXIT.failure,
    about: 'A command of util-linux that a key of the entry needs is not there.',
    message: ({ tool, neededFor }) => `there is no "${tool}" in PATH, which ${neededFor} needs`,
    hint: () => 'install util-linux',
  },
  'env-file': {
    exit: EXIT.failure,
    about:
      'A file of ENV_FILE is missing when a process is to start, or is not understood. What stands in it is never shown.',
    message: ({ path, line, detail }) => `ENV_FILE ${path}${line === null ? ' ' : `:${line}: `}${detail}`,
    hint: ({ line }) =>
      line === null
        ? 'check ENV_FILE, and whether the supervisor may read it'
        : 'write lines of NAME=value, NAME=\'literal\' or NAME="with escapes"; # begins a comment',
  },
  'launch-refused': {
    exit: EXIT.failure,
    about:
      'setpriv or prlimit, which give a process its user and its limits, could not do so, or could not execute the program.',
    message: ({ program, detail }) => `${program} was not started: ${detail}`,
    hint: () => 'check USER, GROUP and LIMITS against what the supervisor may do',
  },
  'spawn-refused': {
    exit: EXIT.failure,
    about:
      'The system refused to start a process for lack of something. It is tried again; the program is not to blame.',
    message: ({ errno }) => `the system refused to start a process: ${errno}`,
    hint: ({ errno }) =>
      errno === 'EMFILE' || errno === 'ENFILE'
        ? 'raise the limit of open files'
        : 'look at memory and at the limit of processes',
  },
};
