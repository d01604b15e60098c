import type { SocketFacts } from '../model/failure-sockets.ts';
import { EXIT, meant, type WordsFor } from './words.ts';

const exit = EXIT.manifest;

export const socketWords: WordsFor<keyof SocketFacts> = {
  'socket-unknown': {
    exit,
    about: 'A ${socket:NAME} names a socket that SOCKETS does not have.',
    message: ({ name, near }) => `"${name}" is no socket${meant(near)}`,
    hint: ({ names }) =>
      names.length === 0
        ? 'write SOCKETS: {http: "0.0.0.0:8000"} beside PRODUCTION_PROCESSES'
        : `there are: ${names.join(', ')}`,
  },
  'socket-misplaced': {
    exit,
    about: 'A ${socket:NAME} where no process would be handed that socket.',
    message: ({ name }) => `\${socket:${name}} stands for nothing here`,
    hint: () => 'write it in ARGS, EXTRA_ARGS, CMD or ENV of a process',
  },
  'socket-unused': {
    exit,
    about: 'A socket of SOCKETS that no process asks for. It is not opened.',
    message: ({ name }) => `no process uses the socket "${name}"`,
    hint: ({ name }) => `write \${socket:${name}} in the ARGS of one, or leave it out`,
  },
  'socket-key': {
    exit,
    about: 'A key of a socket that says nothing of a socket of its kind.',
    message: ({ key, kind }) =>
      kind === 'tcp' ? `only the file of a Unix socket has a ${key}` : `only a port has ${key}`,
    hint: ({ key }) => `leave ${key} out`,
  },
  'socket-unfit': {
    exit,
    about: 'A program that cannot be handed such a socket.',
    message: ({ name, backend, why }) => `${backend} cannot use the socket "${name}": ${why}`,
    hint: () => 'give it a TCP address',
  },
  'socket-in-use': {
    exit: EXIT.failure,
    about: 'Somebody else listens on an address of SOCKETS.',
    message: ({ name, address, holder }) =>
      `cannot listen on ${address} (socket "${name}"): ${
        holder === null ? 'somebody else does' : `${holder.program} (pid ${holder.pid}) does`
      }`,
    hint: () => 'end that program, or give the socket another address',
  },
  'socket-refused': {
    exit: EXIT.failure,
    about: 'The system does not let the supervisor listen on an address of SOCKETS.',
    message: ({ name, address, detail }) => `cannot listen on ${address} (socket "${name}"): ${detail}`,
    hint: () => 'give the socket an address that this user may listen on',
  },
  'socket-spare': {
    exit: EXIT.failure,
    about:
      'systemd has passed a socket (LISTEN_FDS) that nothing of this manifest uses. It stays open, and nobody serves it.',
    message: ({ name, address }) =>
      address === null
        ? `the socket "${name}" that was passed at the start does not listen: it is not used`
        : `the socket "${name}" (${address}) that was passed at the start is not used`,
    hint: ({ address }) =>
      address === null
        ? 'SOCKETS takes stream sockets that listen: ListenStream=, and Accept=no'
        : `write SOCKETS: {http: "${address}"} and use \${socket:http} in a process, or take it out of the .socket unit`,
  },
  'socket-elsewhere': {
    exit: EXIT.failure,
    about:
      'systemd has passed a socket (LISTEN_FDS) by the name of one of SOCKETS, which has another address. It is used.',
    message: ({ name, address, passed }) =>
      `the socket "${name}" that was passed at the start listens on ${passed}, not on ${address}`,
    hint: () => 'write the same address in SOCKETS and in the .socket unit',
  },
  'socket-tool': {
    exit: EXIT.failure,
    about: 'A socket cannot be held: neither koffi nor python3 is there to open it.',
    message: ({ name, detail }) => `cannot hold the socket "${name}" (${detail})`,
    hint: () =>
      'install prodserver with its optional dependencies (koffi), or let the server listen by itself: an address in its ARGS',
  },
};
