/** Where koffi is missing: a Python program listens, and hands the socket over. Node neither listens nor accepts on it. */
import { spawn } from 'node:child_process';
import { isIPv6 } from 'node:net';
import type { Address } from '../model/spec.ts';
import { descriptorShortage } from './descriptors.ts';
import { helpersFolder } from './files.ts';
import { findProgram } from './programs.ts';
import { claim } from './waited.ts';

/** Python's start on a busy machine. Milliseconds. */
const TIMEOUT_MS = 20_000;

/** Of a handle as Node receives it: libuv's own, without a server around it. */
interface Handle {
  readonly fd: number;
  close(): void;
}

export type Handed =
  | { readonly fd: number; close(): void }
  /** An errno by its name, or what else stood in the way. */
  | { readonly errno: string }
  /** There is no Python that could do it. */
  | { readonly missing: string };

export async function listenByHelper(
  address: Address,
  { backlog, reusePort }: { readonly backlog: number; readonly reusePort: boolean },
): Promise<Handed> {
  const python = findProgram('python3', { cwd: '/', env: {} });
  if (python === null) return { missing: 'python3 is not there either' };
  const shortage = descriptorShortage();
  if (shortage !== null) return { errno: shortage };
  const order = {
    ...(address.kind === 'unix'
      ? { family: 'unix', host: address.path, port: 0 }
      : { family: isIPv6(address.host) ? 'ipv6' : 'ipv4', host: address.host, port: address.port }),
    backlog,
    reuse_port: reusePort,
  };
  return new Promise((done) => {
    const program = `${helpersFolder()}/prodserver_listen.py`;
    const child = spawn(python, ['-I', program, JSON.stringify(order)], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    claim(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    // Its type is that of the servers and connections that Node makes of others.
    child.once('message', (_, received) => {
      const handle = received as unknown as Handle;
      done({ fd: handle.fd, close: () => handle.close() });
    });
    child.once('error', (error: NodeJS.ErrnoException) => done({ errno: error.code ?? error.message }));
    child.once('close', (code, signal) => {
      const last = said.trimEnd().split('\n').at(-1) ?? '';
      done({ errno: last === '' ? `${python}: ${signal ?? `exit code ${code}`}` : last });
    });
  });
}
