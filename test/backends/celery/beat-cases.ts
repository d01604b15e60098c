/** What each option of CeleryBeat does in a real beat, for any interpreter. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Linked } from '../../python/harness.ts';
import { type Rig, until } from '../../support/rig.ts';
import { type BeatProof, notForNobody, notRoot, sentOf, TICKING, ticks } from './beat-stage.ts';
import type { Stage } from './stage.ts';

/** A line of the log that tells how long beat will sleep, with nothing due for a day. */
const IDLE = { PROVING_PERIOD: '86400' } as const;
const WAKE = /beat: Waking up in (.*)\.\n/;

async function sleepOf({ process }: Stage): Promise<string | undefined> {
  await process.logs(WAKE);
  return WAKE.exec(process.stderr)?.[1];
}

/** The files of beat's memory. */
const SHELVE = /^(memory|celerybeat-schedule)/;

/** Names of the files that a shelve made, without what dbm appends. */
const shelves = (rig: Rig): string[] => [
  ...new Set(
    readdirSync(rig.folder)
      .filter((name) => SHELVE.test(name))
      .map((name) => name.replace(/\.(db|dat|bak|dir)$|-(wal|shm)$/, '')),
  ),
];

const idsOf = ({ pid }: Linked, kind: 'Uid' | 'Gid'): string | undefined =>
  new RegExp(`^${kind}:\\s+(\\d+)\\s`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];

/** Every user may write where beat keeps its schedule. */
const openFolder = (rig: Rig): void => chmodSync(rig.folder, 0o777);

/** The names by which beat answers a ping; none when it went on for long without an answer. */
async function namesOf(stage: Stage): Promise<string[]> {
  await ticks(stage.broker, 3);
  const before = await sentOf(stage.broker, 'tick');
  return until(async () => {
    const replies = (await stage.client.control('ping', {})) as object[] | null;
    const names = (replies ?? []).flatMap((reply) => Object.keys(reply));
    return names.length > 0 || (await sentOf(stage.broker, 'tick')) >= before + 30 ? names : null;
  }, 'an answer to a ping');
}

const OWN_NAME = `celerybeat@${hostname()}`;

export const BEAT_PROOFS: readonly BeatProof[] = [
  {
    option: 'loglevel',
    title: 'what is logged, from that level on',
    together: 'files',
    setting: { args: { loglevel: 'debug' }, env: TICKING },
    async see({ broker, process }) {
      await ticks(broker, 3);
      return () => ['DEBUG', 'INFO'].filter((level) => process.stderr.includes(`: ${level}/MainProcess]`));
    },
    with: ['DEBUG', 'INFO'],
    without: [],
  },
  {
    option: 'schedule',
    title: 'the file of its memory, there and nowhere else',
    together: 'files',
    setting: { args: { schedule: 'memory' }, env: TICKING },
    async see({ broker, rig }) {
      await ticks(broker, 1);
      return () => shelves(rig);
    },
    with: ['memory'],
    without: ['celerybeat-schedule'],
  },
  {
    option: 'max-interval',
    title: 'the longest sleep',
    setting: { args: { 'max-interval': 1, loglevel: 'debug' }, env: IDLE },
    see: sleepOf,
    with: '1.00 second',
    without: '5.00 minutes',
  },
  {
    option: 'max-interval',
    title: '0 is as good as not given',
    setting: { args: { 'max-interval': 0, loglevel: 'debug' }, env: IDLE },
    see: sleepOf,
    with: '5.00 minutes',
    without: null,
  },
  {
    option: 'logfile',
    title: 'the log goes there instead of stderr',
    setting: { args: { logfile: 'beat.log', loglevel: 'info' }, env: TICKING },
    async see({ rig, process, broker }) {
      await ticks(broker, 1);
      return () => {
        const file = existsSync(join(rig.folder, 'beat.log')) ? rig.read('beat.log') : '';
        return [file, process.stderr].map((log) => log.includes('beat: Starting...'));
      };
    },
    with: [true, false],
    without: [false, true],
  },
  ...(['uid', 'gid'] as const).map((option): BeatProof => {
    const kind = option === 'uid' ? 'Uid' : 'Gid';
    return {
      option,
      title: `the ${option === 'uid' ? 'user' : 'group'} that it becomes`,
      hinders: option === 'uid' ? notForNobody : notRoot,
      setting: { args: { [option]: '65534' } },
      prepare: openFolder,
      see: async ({ process }) => idsOf(process, kind),
      with: '65534',
      without: '0',
    };
  }),
  {
    option: 'umask',
    title: 'nothing, without --detach',
    together: 'files',
    setting: { args: { umask: '077' } },
    async see({ rig }) {
      return () => {
        const files = readdirSync(rig.folder).filter((name) => SHELVE.test(name));
        return (
          files.length > 0 && files.every((file) => (statSync(join(rig.folder, file)).mode & 0o077) !== 0)
        );
      };
    },
    with: true,
    without: null,
  },
  {
    option: 'executable',
    title: 'nothing, without --detach',
    together: 'files',
    setting: { args: { executable: '/nonexistent/python' }, env: TICKING },
    async see(stage) {
      await ticks(stage.broker, 1);
      return 'it sends';
    },
    with: 'it sends',
    without: null,
  },
  {
    option: 'enable-remote-control',
    title: 'an answer to `inspect ping`',
    since: '5.7',
    setting: { args: { 'enable-remote-control': true }, env: TICKING },
    see: namesOf,
    with: [OWN_NAME],
    without: [],
  },
  {
    option: 'no-enable-remote-control',
    title: 'no answer, whatever the settings say',
    since: '5.7',
    setting: {
      args: { 'no-enable-remote-control': true },
      env: TICKING,
      conf: { beat_enable_remote_control: true },
    },
    see: namesOf,
    with: [],
    without: [OWN_NAME],
  },
  {
    option: 'hostname',
    title: 'the name by which it answers',
    since: '5.7',
    setting: { args: { hostname: 'beat@proof', 'enable-remote-control': true }, env: TICKING },
    see: namesOf,
    with: ['beat@proof'],
    without: [OWN_NAME],
  },
];
