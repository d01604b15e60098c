import { closeSync, constants, openSync } from 'node:fs';

/** True while this process has a controlling terminal that has not hung up. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false; // ENXIO: there is none, or none any more
  }
}
