import type { FactsAcross } from '../model/facts-across.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { andList, EXIT, type WordsFor } from './words.ts';

const exit = EXIT.manifest;

/** When those who end a container send SIGKILL, unless they are told. Seconds. */
const DOCKER_S = 10;
const KUBERNETES_S = 30;
/** For the supervisor's own end, after that of the last process. Seconds. */
const MARGIN_S = 5;

export const acrossWords: WordsFor<keyof FactsAcross> = {
  'address-twice': {
    exit,
    about:
      'Two processes of the manifest would listen on one port, or on addresses of which one is a part of the other ' +
      '(0.0.0.0 is every IPv4 address; [::] is that too, where the server does not bar it): the second ends. Of one Unix ' +
      'socket the second ends too, or takes it away from the first, which nobody reaches any more.',
    message: ({ kind, instances, addresses }) => {
      const [first, second] = addresses;
      const both =
        first === second ? `both listen on ${first}` : `listen on ${first} and ${second}, which overlap`;
      const then = kind === 'port' ? 'the second cannot start' : 'the second takes it away, or cannot start';
      return `${andList(instances)} ${both}: ${then}`;
    },
    hint: ({ kind, instead }) =>
      instead ?? `give each its own ${kind === 'port' ? 'port' : 'path of a socket'}`,
  },
  'address-shared': {
    exit,
    about:
      'Two entries of different applications listen on one port, which their servers share (SO_REUSEPORT; Granian always, ' +
      'Hypercorn with workers above 1, gunicorn with reuse-port): the kernel deals connections out to both.',
    message: ({ instances, address, apps }) =>
      `${andList(instances)} share ${address}: a request for ${andList(apps).replace(/ and /, ' or ')} reaches either of them`,
    hint: () => 'give each its own port',
  },
  'stop-long': {
    exit,
    about:
      'To end all processes, one after the other as DEPENDS_ON says, may take longer than a container is usually given: ' +
      `10 s by Docker, 30 s by Kubernetes. Then SIGKILL cuts off what still runs. Outside of a container it says nothing.`,
    message: ({ names, ms }) => {
      const late = [
        `docker stop kills after ${DOCKER_S} s`,
        ...(ms > KUBERNETES_S * 1000 ? [`Kubernetes after ${KUBERNETES_S} s`] : []),
      ];
      const way = names.join(', then ');
      return `to end everything may take ${formatDuration(ms)} (${way}); ${late.join(', ')}`;
    },
    hint: ({ ms }) => {
      const seconds = Math.ceil(ms / 1000) + MARGIN_S;
      return (
        `in a container set docker run --stop-timeout ${seconds}, stop_grace_period: ${seconds}s (compose) or ` +
        `terminationGracePeriodSeconds: ${seconds}`
      );
    },
  },
  'memory-exceeded': {
    exit,
    about:
      'What RECYCLE lets all instances grow to is more than the memory of this machine, or of the cgroup (container) that ' +
      'the check runs in: the kernel would kill one of them before its limit is reached.',
    message: ({ bytes, has, of, names, successors }) => {
      const beside =
        successors.length === 0 ? '' : `, one more of ${andList(successors)} during a replacement counted in`;
      return (
        `RECYCLE lets ${andList(names)} grow to ${formatBytes(bytes)} together${beside}, ` +
        `and this ${of} has ${formatBytes(has)}`
      );
    },
    hint: () => 'lower max-memory or INSTANCES; where it runs on a larger machine, check it there',
  },
  'secret-plain': {
    exit,
    about:
      'A password or another secret stands in the manifest itself, for all who may read the file or its history. The ' +
      'secret is never shown.',
    message: ({ key }) => `"${key}" has a secret in plain text`,
    hint: ({ instead }) => instead,
  },
};
