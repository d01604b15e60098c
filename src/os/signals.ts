import { constants } from 'node:os';

/** The number of a signal, for exit codes of 128 + n; 0 for a name that this system does not have. */
export const signalNumber = (name: string): number =>
  (constants.signals as Record<string, number>)[name] ?? 0;

/** `SIGHUP`, `SIGINT` ... */
export const signalNames = (): string[] => Object.keys(constants.signals);
