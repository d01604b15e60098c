import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** True while this process has a controlling terminal that has not hung up. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false; // ENXIO: there is none, or none any more
  }
}

/**
 * Puts /dev/null in place of the standard descriptors that are a terminal. Once it has hung up, Node would abort at its
 * exit: it resets each terminal it was started on and takes the EIO of a dead one for a bug (node::ResetStdio).
 */
export function leaveTerminal(): void {
  for (const fd of [0, 1, 2]) {
    if (!isatty(fd) && !hungUp(fd)) continue;
    closeSync(fd);
    // The lowest free number, which is the one just closed.
    openSync('/dev/null', constants.O_RDWR);
  }
}

/** isatty(3) asks the terminal, and a dead one does not answer: the device's kind still tells. */
const hungUp = (fd: number): boolean => fstatSync(fd).isCharacterDevice();
