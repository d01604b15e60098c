/** How supervisord starts, restarts and stops a program, as far as a manifest can say the same. */
import { stopSignalOf } from './programs.ts';
import type { Program } from './supervisord-types.ts';

const NUMBERS: Readonly<Record<string, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  9: 'KILL',
  10: 'USR1',
  12: 'USR2',
  15: 'TERM',
};

export function policyOf(program: Program, backend: string): Record<string, unknown> {
  noteOrder(program);
  noteSignals(program, backend);
  const restart = restartOf(program);
  const wait = program.has('stopwaitsecs') ? program.whole('stopwaitsecs', 10) : null;
  return {
    ...(program.truth('autostart', true) ? {} : { AUTOSTART: false }),
    ...(wait === null ? {} : { STOP: { timeout: `${wait}s` } }),
    ...(Object.keys(restart).length === 0 ? {} : { RESTART: restart }),
  };
}

function restartOf(program: Program): Record<string, unknown> {
  const given = program.text('autorestart')?.toLowerCase() ?? 'unexpected';
  const unexpected = given === 'unexpected';
  const policy = unexpected ? 'on-failure' : program.truth('autorestart', true) ? 'always' : 'never';
  const codes = program.text('exitcodes');
  if (codes !== null && codes.trim() !== '0' && unexpected) {
    program.note('exitcodes', { kind: 'exit-codes', value: /^[\d,\s]*$/.test(codes) ? codes : '' });
  }
  // The first start is none of its retries.
  const attempts = program.has('startretries') ? program.whole('startretries', 3) + 1 : null;
  return {
    ...(policy === 'always' ? {} : { policy }),
    ...(attempts === null || policy === 'never' ? {} : { 'max-attempts': attempts }),
  };
}

function noteOrder(program: Program): void {
  const priority = program.text('priority');
  if (priority !== null)
    program.note('priority', { kind: 'priority', value: String(program.whole('priority', 999)) });
  const seconds = program.text('startsecs');
  if (seconds !== null && program.whole('startsecs', 1) !== 1)
    program.note('startsecs', { kind: 'start-seconds', value: seconds });
}

function noteSignals(program: Program, backend: string): void {
  const asked = (program.text('stopsignal') ?? '').toUpperCase().replace(/^SIG/, '');
  const signal = NUMBERS[asked] ?? asked;
  const own = stopSignalOf(backend);
  if (signal !== '' && signal !== own && /^\w+$/.test(signal))
    program.note('stopsignal', { kind: 'stop-signal', signal, own, backend });
  if (program.truth('stopasgroup', false)) program.note('stopasgroup', { kind: 'stop-group' });
  // Here the last rung of a stop is always for the whole tree.
  if (!program.truth('killasgroup', true))
    program.note('killasgroup', { kind: 'no-counterpart', key: 'killasgroup', value: 'false' });
}
