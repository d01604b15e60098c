import { KILL, type Backend } from './backend.ts';

/** How long a plain command must live to count as started: supervisord's startsecs. Milliseconds. */
const ALIVE_AFTER_MS = 1000;

/** Any program, by its argv: no shell, no templating. */
export const command: Backend = {
  name: 'Command',
  paths: [],
  app: 'none',
  cmd: 'required',
  singleton: false,
  options: () => ({}),
  package: null,
  rules: () => [],
  compile(entry) {
    const [program, ...rest] = entry.cmd ?? ['false'];
    return {
      argv: [program, ...rest, ...entry.extraArgs],
      added: [],
      env: {},
      readiness: { kind: 'alive', afterMs: ALIVE_AFTER_MS },
      link: false,
      linkLoop: null,
      stop: [{ signal: 'SIGTERM', waitMs: 10_000 }, KILL],
      startTimeoutMs: 60_000,
      permanentExitCodes: [],
      stackDump: null,
      reload: null,
      unfit: {},
      overlap: null,
      singleton: null,
      claims: [],
    };
  },
};
