/** The log files of a program: supervisord has two of them, a manifest one. */
import type { Program } from './supervisord-types.ts';

/** Streams of the supervisor's own, where output goes anyway. */
const OWN_STREAM = /^\/(dev\/(stdout|stderr|fd\/\d+|tty)|proc\/self\/fd\/\d+)$/;
const FACTORS: Readonly<Record<string, number>> = { kb: 1, mb: 2, gb: 3 };

type Kind = 'auto' | 'none' | 'syslog' | 'own' | 'file';

export function logOf(program: Program): Record<string, unknown> {
  const out = logFile(program, 'stdout');
  const joined = program.truth('redirect_stderr', false);
  const err = joined ? { kind: 'none' as const, file: null } : logFile(program, 'stderr');
  for (const [stream, { kind }] of [['stdout', out] as const, ['stderr', err] as const]) {
    if (stream === 'stderr' && joined) continue;
    const syslog = program.truth(`${stream}_syslog`, false) || kind === 'syslog';
    if (syslog) program.note(`${stream}_logfile`, { kind: 'log-syslog' });
    else if (kind === 'none') program.note(`${stream}_logfile`, { kind: 'log-dropped' });
  }
  const main = out.kind === 'file' ? out : err;
  if (main.kind !== 'file' || main.file === null) return {};
  if (!joined && (out.kind !== err.kind || out.file !== err.file))
    program.note(out.kind === 'file' ? 'stdout_logfile' : 'stderr_logfile', {
      kind: 'log-joined',
      file: main.file,
    });
  const stream = out.kind === 'file' ? 'stdout' : 'stderr';
  const size = sizeOf(program, `${stream}_logfile_maxbytes`);
  const keep = program.has(`${stream}_logfile_backups`)
    ? program.whole(`${stream}_logfile_backups`, 10)
    : null;
  const file = ownFile(program, main.file, `${stream}_logfile`);
  return {
    LOG: { file, ...(size === null ? {} : { 'max-size': size }), ...(keep === null ? {} : { keep }) },
  };
}

function logFile(program: Program, stream: string): { readonly kind: Kind; readonly file: string | null } {
  const given = program.text(`${stream}_logfile`);
  const word = given?.toLowerCase() ?? 'auto';
  if (given === null || word === 'auto') return { kind: 'auto', file: null };
  if (word === 'none' || word === 'off') return { kind: 'none', file: null };
  if (word === 'syslog') return { kind: 'syslog', file: null };
  return OWN_STREAM.test(given) ? { kind: 'own', file: null } : { kind: 'file', file: program.near(given) };
}

/** Instances of one entry need a file each. */
function ownFile(program: Program, file: string, key: string): string {
  if (program.instances === 1) return file;
  const named = file.includes('{instance}') ? file : file.replace(/(\.[^./]+)?$/, '.{instance}$1');
  program.note(key, { kind: 'log-instance', file: named });
  return named;
}

/** As a manifest writes it; null where it is not given, or says that the file grows without end. */
function sizeOf(program: Program, key: string): string | null {
  const given = program.text(key);
  if (given === null) return null;
  const match = /^(\d+)(kb|mb|gb)?$/i.exec(given.trim());
  if (match === null) {
    program.bad(key, `${key} must be a number of bytes, or one with KB, MB or GB`);
    return null;
  }
  const bytes = Number(match[1]) * 1024 ** (FACTORS[(match[2] ?? '').toLowerCase()] ?? 0);
  if (bytes === 0) {
    program.note(key, { kind: 'log-unbounded' });
    return null;
  }
  const unit = [['GiB', 1024 ** 3] as const, ['MiB', 1024 ** 2] as const, ['KiB', 1024] as const].find(
    ([, size]) => bytes % size === 0,
  );
  return unit === undefined ? `${bytes}B` : `${bytes / unit[1]}${unit[0]}`;
}
