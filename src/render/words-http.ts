/** The HTTP listener beside the control socket. */
import { EXIT, type WordsFor } from './words.ts';

const portOf = (address: string): string => address.slice(address.lastIndexOf(':') + 1);
const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
const whose = (file: string | null): string => (file === null ? 'PRODSERVER_HTTP_TOKEN' : file);

export const httpWords: WordsFor<'http-open' | 'http-token' | 'http-refused'> = {
  'http-open': {
    exit: EXIT.manifest,
    about:
      'SUPERVISOR.http (or `start --http`) is an address that other machines reach, and there is no token: whoever reaches ' +
      'it could read the state and the logs of all processes.',
    message: ({ address }) => `other machines reach ${address}, and nobody there would be asked for a token`,
    hint: () =>
      'name a file with a token in SUPERVISOR.http-token-file, or set PRODSERVER_HTTP_TOKEN where prodserver starts; ' +
      'or listen on 127.0.0.1',
  },
  'http-token': {
    exit: EXIT.manifest,
    about: 'The token of the HTTP listener cannot be used. It is never shown.',
    message: ({ file, problem, detail }) =>
      ({
        unreadable: `the token in ${whose(file)} cannot be read: ${detail}`,
        empty: `there is no token in ${whose(file)}`,
        short: `the token in ${whose(file)} is too short: ${detail} characters are the fewest`,
        characters: `the token in ${whose(file)} has blanks, line ends or letters that no header can carry`,
      })[problem],
    hint: ({ file, problem }) => {
      if (problem === 'unreadable') return 'mend SUPERVISOR.http-token-file, or who may read that file';
      return file === null
        ? 'make one: PRODSERVER_HTTP_TOKEN=$(openssl rand -hex 32)'
        : `make one: (umask 077; openssl rand -hex 32 > ${file})`;
    },
  },
  'http-refused': {
    exit: EXIT.failure,
    about: 'The HTTP listener cannot be opened at its address, so nothing was started.',
    message: ({ address, errno }) =>
      errno === 'EADDRINUSE'
        ? `cannot listen on ${address}: another program has that port`
        : errno === 'EACCES'
          ? `cannot listen on ${address}: this user may not have a port below 1024`
          : errno === 'EADDRNOTAVAIL'
            ? `cannot listen on ${address}: this machine has no such address`
            : errno === 'ENOTFOUND' || errno === 'EAI_AGAIN'
              ? `cannot listen on ${address}: the name has no address`
              : `cannot listen on ${address}: ${errno}`,
    hint: ({ address, errno }) => {
      if (errno === 'EADDRINUSE')
        return `end what has it (ss -ltnp sport = :${portOf(address)} tells), or name another port in SUPERVISOR.http or --http`;
      if (errno === 'EACCES') return 'take a port from 1024 in SUPERVISOR.http or --http';
      return ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(errno)
        ? `mend "${hostOf(address)}" in SUPERVISOR.http or --http; 0.0.0.0 is every IPv4 address of the machine`
        : null;
    },
  },
};
