/** Brokers and result backends that do not answer. */
import type { DoorFacts } from '../model/deep.ts';
import { maskText, maskUrls } from '../model/mask.ts';
import { EXIT, type WordsFor } from './words.ts';

const exit = EXIT.manifest;
const detailOf = ({ detail }: DoorFacts): string => maskText(detail.split('\n')[0] ?? '');
const isRedis = ({ url }: DoorFacts): boolean => /^(redis|valkey|sentinel)/.test(url);

/** What is wrong at the door. */
function trouble(facts: DoorFacts): string {
  const at = facts.address ?? 'its address';
  switch (facts.kind) {
    case 'refused':
      return `nothing listens at ${at} (connection refused)`;
    case 'name':
      return `the name in ${at} has no address`;
    case 'timeout':
      return `${at} says nothing in time`;
    case 'auth':
      return `${at} refuses the user or the password`;
    case 'vhost':
      return isRedis(facts)
        ? `${at} has no database of that number`
        : `${at} has no such virtual host, or none for that user`;
    case 'tls':
      return `no TLS with ${at} (${detailOf(facts)})`;
    case 'closed':
      return `${at} closes the connection (${detailOf(facts)})`;
    case 'driver':
      return `no library for it (${detailOf(facts)})`;
    case 'tables':
      return 'its tables are not in the database';
    case 'other':
      return detailOf(facts);
    default:
      return facts.kind satisfies never;
  }
}

function remedy(facts: DoorFacts, setting: string): string {
  switch (facts.kind) {
    case 'refused':
      return `start it, or mend host and port in ${setting}`;
    case 'name':
      return `mend the host in ${setting}; in a container it is the name of a service, not localhost`;
    case 'timeout':
      if (/^(rediss|valkeys|amqps):/.test(facts.url))
        return `check that the port speaks TLS, and mend ${setting}`;
      return `mend the address in ${setting}, or look for a firewall in between`;
    case 'auth':
      return `mend user and password in ${setting}, and the variable that it is read from`;
    case 'vhost':
      return isRedis(facts)
        ? `mend the number after the last "/" in ${setting}`
        : `mend what follows the host in ${setting} ("/" itself is "//"), or give the user its permissions`;
    case 'tls':
      return `check that the port speaks TLS, and the certificates in ${setting} or its TLS options`;
    case 'closed':
      return `check that both sides use TLS or none (rediss://, amqps://) in ${setting}`;
    case 'driver':
      return isRedis(facts) || facts.missing === 'redis'
        ? `install it: ${facts.python} -m pip install "celery[redis]"`
        : `install the library of its transport for ${facts.python}, or mend the scheme in ${setting}`;
    case 'tables':
      return 'run manage.py migrate django_celery_results';
    case 'other':
      return `mend ${setting}`;
    default:
      return facts.kind satisfies never;
  }
}

/** Django writes it with a prefix of its own, as CELERY_BROKER_URL. */
const BROKER = 'broker_url';

export const doorWords: WordsFor<'broker-unreachable' | 'broker-alternate' | 'results-unreachable'> = {
  'broker-unreachable': {
    exit,
    about: 'The broker of the application does not answer, so no task can be sent or taken.',
    message: (facts) => `the broker ${maskUrls(facts.url)} of "${facts.app}": ${trouble(facts)}`,
    hint: (facts) => remedy(facts, BROKER),
  },
  'broker-alternate': {
    exit,
    about: 'One of several brokers of the application does not answer; another one does.',
    message: (facts) =>
      `the broker ${maskUrls(facts.url)}, one of several of "${facts.app}": ${trouble(facts)}`,
    hint: (facts) => remedy(facts, BROKER),
  },
  'results-unreachable': {
    exit,
    about: 'The result backend of the application does not answer: tasks run, and their results are lost.',
    message: (facts) => `the result backend ${maskUrls(facts.url)} of "${facts.app}": ${trouble(facts)}`,
    hint: (facts) => remedy(facts, 'result_backend'),
  },
};
