/** A supervisor that does nothing but answer, on a real socket in a folder of its own. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { manifestId, PROTOCOL, type PlanAnswer, type StatusAnswer } from '../../src/control/protocol.ts';
import { serveControl, type Control } from '../../src/control/server.ts';
import { Rig } from '../support/rig.ts';
import { row, supervisor } from '../render/support.ts';

export const MANIFEST = '/srv/shop/prodserver.yaml';

export const STATUS: StatusAnswer = {
  protocol: PROTOCOL,
  supervisor: supervisor(),
  processes: [
    row(),
    row({ instance: 'worker.2', state: 'STOPPED', ready: false, pid: null, uptime_s: null }),
  ],
};

const PLAN: PlanAnswer['plan'] = {
  manifest: MANIFEST,
  all: true,
  onFatal: null,
  startRate: 10,
  http: null,
  salt: 'salt',
  processes: [{ spec: { name: 'worker' }, digests: { 'env.SECRET': 'digest' } }],
};

export const control = (change: Partial<Control> = {}): Control => ({
  status: () => STATUS,
  plan: () => ({ protocol: PROTOCOL, plan: PLAN }),
  stop: (names) => ({ protocol: PROTOCOL, instances: [...(names ?? ['everything'])] }),
  restart: (names) => ({
    protocol: PROTOCOL,
    instances: (names ?? ['everything']).map((instance) => ({ instance, way: 'replace', pid: 4711 })),
  }),
  reload: (names) => ({
    protocol: PROTOCOL,
    instances: (names ?? ['everything']).map((instance) => ({
      instance,
      way: 'signal',
      signal: 'SIGHUP',
      pid: 4711,
      state: 'RUNNING',
    })),
  }),
  start: (names) => ({
    protocol: PROTOCOL,
    instances: (names ?? ['everything']).map((instance) => ({ instance, was: 'STOPPED', pid: null })),
  }),
  signal: (names) => ({
    protocol: PROTOCOL,
    instances: (names ?? ['everything']).map((instance) => ({ instance, pid: 4711 })),
  }),
  scale: async () => ({ protocol: PROTOCOL, changes: [], failures: [] }),
  update: async () => ({ protocol: PROTOCOL, changes: [], failures: [] }),
  stream: () => false,
  vitality: {
    healthy: () => true,
    ready: () => false,
    metrics: async (accept) => ({ type: 'text/plain', text: `accept ${accept}\n` }),
  },
  ...change,
});

/** The folder in which commands look. */
export function newFolder(): Rig {
  const rig = new Rig();
  vi.stubEnv('PRODSERVER_RUNTIME_DIR', rig.folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return rig;
}

export const socketIn = (rig: Rig, pid = 1): string =>
  join(rig.folder, `${manifestId(MANIFEST)}.${pid}.sock`);

export async function serve(path: string, change: Partial<Control> = {}): Promise<Server> {
  const server = await serveControl(path, control(change));
  onTestFinished(() => void server.close());
  return server;
}

/** Another program's answers on the socket. */
export async function pretend(path: string, listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((done) => void server.listen({ path }, done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}
