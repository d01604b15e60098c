/** The page on Celery's arguments, made from the proofs: a row stands for what a real process did. */
import { celeryBeat } from '../../src/backends/celery-beat.ts';
import { celeryWorker } from '../../src/backends/celery-worker.ts';
import type { Options } from '../../src/backends/options.ts';
import { BEAT_PROOFS } from '../backends/celery/beat-cases.ts';
import { nameOf, type Proof } from '../backends/celery/proof.ts';
import { workerProofs } from '../backends/celery/proofs.ts';

const POOLS = ['prefork', 'threads', 'solo', 'gevent', 'eventlet'] as const;
type Pool = (typeof POOLS)[number];

/** What the pool decides: the rest is the same code on each, and proven on one. */
const BY_POOL: readonly string[] = [
  'concurrency',
  'autoscale',
  'max-tasks-per-child',
  'max-memory-per-child',
  'time-limit',
  'soft-time-limit',
  'pool-start-method',
  'beat',
];

/** Of what ARGS may say: not of what prodserver adds by itself. */
const of = (option: string, pool: Pool): Proof[] =>
  workerProofs.filter(
    (proof) =>
      proof.option === option && proof.pool === pool && !proof.title.startsWith('added by prodserver'),
  );

/** One that a value out of place makes end says nothing of the option as such. */
const isRefusedAsSuch = (proof: Proof): boolean =>
  proof.verdict === 'rejected' &&
  proof.manifest === 'error' &&
  (proof.pool !== 'prefork' || proof.code === 0);

/** What the option does on a pool; null where nothing was looked at. */
function verdictOf(option: string, pool: Pool): string | null {
  const proofs = of(option, pool);
  if (proofs.some(({ verdict }) => verdict === 'works')) return 'works';
  if (proofs.some(isRefusedAsSuch)) return 'error';
  return proofs.some(({ verdict }) => verdict === 'ignored') ? 'ignored' : null;
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

/** The options that pools treat differently: the README's table. */
export const poolRows = (): readonly (readonly string[])[] =>
  BY_POOL.map((option) => [`\`${option}\``, ...POOLS.map((pool) => verdictOf(option, pool) ?? '')]);

export const POOL_HEAD: readonly string[] = ['option', ...POOLS];

const sinceOf = (proofs: readonly Pick<Proof, 'since'>[]): string =>
  proofs.every(({ since }) => since !== undefined) ? (proofs[0]?.since ?? '') : '';

const usable = (options: Options): string[] =>
  Object.entries(options)
    .filter(([, { refused }]) => refused === undefined)
    .map(([option]) => option);

const byPool = (): string =>
  table(
    ['option', 'since', ...POOLS],
    poolRows().map(([option = '', ...cells], index) => {
      const proofs = workerProofs.filter((proof) => proof.option === BY_POOL[index]);
      return [option, sinceOf(proofs), ...cells];
    }),
  );

const others = (): string =>
  table(
    ['option', 'since', 'verdict', 'proven on'],
    usable(celeryWorker.options())
      .filter((option) => !BY_POOL.includes(option))
      .map((option) => {
        const proofs = workerProofs.filter(
          (proof) => proof.option === option && proof.verdict !== 'rejected',
        );
        const works = proofs.filter(({ verdict }) => verdict === 'works');
        const shownBy = works.length > 0 ? works : proofs;
        const pools = [...new Set(shownBy.map(({ pool }) => pool))].join(', ');
        return [`\`${option}\``, sinceOf(proofs), works.length > 0 ? 'works' : 'ignored', pools];
      }),
  );

const words = { works: 'works', ignored: 'ignored, warned', rejected: 'refused' } as const;
const shown = (proof: Proof): string =>
  proof.verdict === 'rejected' && proof.manifest !== 'error'
    ? proof.manifest === 'takes'
      ? 'refused, converted by the manifest'
      : 'refused, which only Celery can know'
    : words[proof.verdict];

const tierOf = ({ tier }: Proof): string => (tier === 'long' ? '`npm run test:long`' : '`npm test`');

const workerProofTable = (): string =>
  table(
    ['proof', 'verdict', 'since', 'in'],
    workerProofs.map((proof) => [nameOf(proof), shown(proof), proof.since ?? '', tierOf(proof)]),
  );

function beatTable(): string {
  const rows = usable(celeryBeat.options()).map((option) => {
    if (option === 'scheduler')
      return [`\`${option}\``, '', 'works', 'a schedule in the database, which may change meanwhile'];
    const proofs = BEAT_PROOFS.filter((proof) => proof.option === option);
    const works = proofs.some((proof) => proof.without !== null);
    const titles = proofs.map(({ title }) => title).join('; ');
    return [`\`${option}\``, sinceOf(proofs), works ? 'works' : 'ignored, warned', titles];
  });
  return table(['option', 'since', 'verdict', 'what it does, and the name of the proof'], rows);
}

export const celeryPage = (): string => `${HEAD}
## Worker

Options that the pools treat differently. "works": a real worker does what is written. "ignored": it takes the option and
does nothing; \`check\` warns and offers what works. "error": it refuses the option or ends later because of it; \`check\`
refuses it at once.

${byPool()}

The others have nothing to do with the pool, and are proven on the one named:

${others()}

### The proofs

Each runs a worker with the option, and one from whose command line the option was taken out. "works": what is
seen differs as it should. "ignored": nothing differs, and \`check\` warns. "refused": the worker ends by itself, and
\`check\` has an error at the option unless something else is said.

${workerProofTable()}

Not passed on to Celery at all: \`detach\`, since a detached process leaves its supervisor, and \`pidfile\`, since one that a
crash left behind ends the next start.

## Beat

${beatTable()}

An interval, a crontab that fell due while beat was down, and (in \`npm run test:long\`) one at the border of a
minute were seen to fire, from a file and from the database.

## What Celery does otherwise than one thinks

| written | what happens | what \`check\` says |
| --- | --- | --- |
| \`concurrency: 0\`, \`prefetch-multiplier: 0\` | the default is taken, not "unlimited" | warning |
| \`prefetch-multiplier: -1\`, \`concurrency: -1\` | the worker says that it is ready and never takes a task (Celery 5.4) | error |
| \`autoscale: "0"\` | the same | error |
| \`time-limit\` not above \`soft-time-limit\` | the hard limit is not looked at before the soft one | warning |
| \`time-limit: -1\` | every task is killed at once | error |
| \`hostname: orders\` | a host: the node is \`celery@orders\` | warning |
| \`queues: "a, b"\` | Celery would consume " b"; prodserver leaves the space out | - |
| all of \`queues\` in \`exclude-queues\` | the worker consumes nothing, silently | error |
| two workers under one node name | RabbitMQ and Celery 5.7: the second ends (RESOURCE_LOCKED). Redis: both answer | error |
| two workers with one \`statedb\` | one loses what the other wrote, silently | error |
| \`beat: true\` with a scheduler that cannot be imported | the worker runs on without a beat | warning at \`beat\` |
| \`disable-prefetch\` on RabbitMQ | ignored; Celery logs a warning | - |
`;

const HEAD = `# Celery's arguments, as they were observed

Made from the tests by \`npm run generate\`; do not edit. Every row of a table of proofs is the name of a test that runs the
real program; \`npm test\` runs them on the newest Celery, \`npm run test:long\` on the oldest supported (5.4.0) too. "since" is the
first version of Celery that has the option; an older one beside \`SUPERVISOR.python\` makes it an error.
`;
