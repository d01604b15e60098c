"""The dead-man's switch: runs a program for as long as its lease is renewed, and not longer.

`PYTHON -IS prodserver_deadman.py PROGRAM ARG...` is the parent of the program. The supervisor feeds it
deadlines. Should the supervisor be paused, cut off or dead, this process still tells the program to
stop (TERM) and then ends it and everything that it has started (KILL), by a clock that goes on while
the machine sleeps. All times are seconds of CLOCK_BOOTTIME.

Nothing that could wait for somebody else is done in here: what it has to say is dropped where nobody reads.
"""
from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import struct
import sys
from binascii import crc32
from time import CLOCK_BOOTTIME, clock_gettime

FORWARDED = {getattr(signal, f"SIG{name}") for name in "TERM INT HUP QUIT USR1 USR2 WINCH".split()}
# Seconds. select's clock stands still while the machine sleeps: the boot clock is looked at this often.
LOOK = 0.25
AGAIN = 0.02  # seconds after the first round of KILL; doubled up to LOOK
ORPHANED = 10.0  # seconds from the loss of the supervisor to KILL, at the most
LONGEST_LINE = 4096  # bytes
CANNOT_START, NOT_EXECUTABLE, MISSING = 125, 126, 127
DONTWAIT, NOSIGNAL = 0x40, 0x4000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36

libc = ctypes.CDLL(None, use_errno=True)


def now() -> float:
    return clock_gettime(CLOCK_BOOTTIME)


def prctl(option: int, value: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def read_deadlines(text: str) -> tuple[int, float, float]:
    """Fence, stop and kill of `{"v":1,"fence":N,"stop":S,"kill":K}`; ValueError for anything else.

    By hand: the json module would bring re, a megabyte and a third of the time to start.
    """
    text = text.strip()
    pairs = [part.split(":") for part in text[1:-1].split(",")]
    if text[:1] + text[-1:] != "{}" or "_" in text or len(pairs) != 4:
        raise ValueError("not an object of four")
    fields = {name.strip(): number.strip() for name, number in pairs}
    try:
        version, fence, stop, kill = (fields[f'"{name}"'] for name in ("v", "fence", "stop", "kill"))
    except KeyError as error:
        raise ValueError(f"without {error}") from None
    if version != "1" or not 0 <= int(fence) < 2 ** 64 or not 0 <= float(stop) <= float(kill) < float("inf"):
        raise ValueError("out of range")
    return int(fence), float(stop), float(kill)


def say(text: str) -> None:
    """One line to stderr; where nobody is left to read, it is dropped, for there is work to do."""
    line = f"prodserver: {text}\n".encode(errors="replace")
    if libc.send(2, line, len(line), DONTWAIT | NOSIGNAL) >= 0 or ctypes.get_errno() != errno.ENOTSOCK:
        return
    try:
        # An open file of our own, so that O_NONBLOCK is not the program's too.
        fd = os.open("/proc/self/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        fd = 2  # another user's
    try:
        if select.select([], [fd], [], 0)[1]:
            os.write(fd, line)
    except OSError:
        pass  # closed by the reader


def refuse(text: str) -> None:
    say(text)
    sys.exit(CANNOT_START)


class Lease:
    """The deadlines, the descriptor that renews them, and the record of them that the program reads."""

    def __init__(self) -> None:
        first, number = os.environ.pop("PRODSERVER_LEASE", ""), os.environ.pop("PRODSERVER_LEASE_FD", "")
        try:
            self.fence, self.stop, self.kill = read_deadlines(first)
            self.fd = int(number)
            os.set_inheritable(self.fd, False)
            os.set_blocking(self.fd, False)
        except (ValueError, OverflowError, OSError):
            refuse("PRODSERVER_LEASE or PRODSERVER_LEASE_FD is not what a supervisor gives")
        self.rest, self.complained = b"", False
        # Once the program was told to stop because of the lease, it will not be let live longer.
        self.final = False
        self.memory = os.memfd_create("prodserver-fence")
        os.set_inheritable(self.memory, True)
        self.write_record()

    def write_record(self) -> None:
        head = struct.pack("<Qd", self.fence, self.stop)
        os.pwrite(self.memory, head + struct.pack("<I", crc32(head)), 0)

    def read(self) -> None:
        """All that has come: after a pause of this process only the last line is true."""
        while self.fd >= 0:
            try:
                some = os.read(self.fd, 65536)
            except BlockingIOError:
                return
            except OSError:
                some = b""  # reset by the other end
            if not some:
                os.close(self.fd)
                self.fd, self.kill = -1, min(self.kill, now() + ORPHANED)
                return
            *lines, self.rest = (self.rest + some).split(b"\n")
            for line in lines:
                self.take(line)
            if len(self.rest) > LONGEST_LINE:
                self.complain()
                self.rest = self.rest[-LONGEST_LINE:]

    def take(self, line: bytes) -> None:
        try:
            fence, stop, kill = read_deadlines(line.decode("ascii"))
            if fence != self.fence:
                raise ValueError("another lease")
        except ValueError:
            return self.complain()
        self.stop, self.kill = stop, min(kill, self.kill) if self.final else kill
        self.write_record()

    def complain(self) -> None:
        if not self.complained:
            say("a message about the lease was not understood, and is ignored")
        self.complained = True


def become(argv: list[str], parent: int) -> None:
    """In the new process: never returns."""
    code = CANNOT_START
    try:
        os.setpgid(0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(CANNOT_START)  # it died before the kernel was asked to tell
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvp(argv[0], argv)
    except OSError as error:
        code = MISSING if error.errno in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
        say(f"{argv[0]} cannot be executed: {error.strerror}")
    finally:
        os._exit(code)


def descendants() -> list[int]:
    """Whoever descends from this process, in whatever session; orphans among them are its children, as it is a subreaper."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb", buffering=0) as file:
                    parent = int(file.read(1024).rpartition(b")")[2].split()[1])
            except OSError:
                continue  # gone
            children.setdefault(parent, []).append(int(name))
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


class Deadman:
    def __init__(self, argv: list[str]) -> None:
        self.argv, self.lease = argv, Lease()
        self.status: int | None = None  # as wait() tells it, once the program has ended
        self.alone = self.killing = self.told = False
        self.pause = AGAIN / 2
        self.wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # A byte for each signal: they are acted on in turn, between which no process can end unnoticed.
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in FORWARDED | {signal.SIGCHLD}:
            signal.signal(number, lambda *_: None)
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        self.lease.read()
        if now() >= self.lease.stop or self.lease.fd < 0:
            refuse("the lease has run out: not started")
        os.environ["PRODSERVER_FENCE"] = str(self.lease.fence)
        os.environ["PRODSERVER_FENCE_FD"] = str(self.lease.memory)
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self.pid = os.fork()
        if self.pid == 0:
            become(argv, parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        self.let_go({0, 1, 2, self.lease.fd, self.lease.memory, self.wake, waker})

    def let_go(self, keep: set[int]) -> None:
        """The program's descriptors are its own: who waits for their end must not wait for this process."""
        for fd in {int(name) for name in os.listdir("/proc/self/fd")} - keep:
            try:
                os.close(fd)
            except OSError:
                pass  # that of the listing itself

    def reap(self) -> None:
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self.status = status
        except ChildProcessError:
            self.alone = True

    def pass_on(self) -> None:
        try:
            numbers = os.read(self.wake, 4096)
        except BlockingIOError:
            return
        for number in numbers:
            if number in FORWARDED and self.status is None:
                self.told = self.told or number == signal.SIGTERM
                os.kill(self.pid, number)

    def stop(self, reason: str) -> None:
        self.lease.final = True
        if not self.told:
            self.told = True
            os.kill(self.pid, signal.SIGTERM)
            say(f"{reason}: TERM to {self.argv[0]} (pid {self.pid})")

    def judge(self) -> None:
        first = self.status is None and not self.killing
        if self.status is not None:
            self.killing = True  # whatever it left behind
        elif now() >= self.lease.kill:
            self.killing = self.lease.final = True
        elif self.lease.fd < 0:
            self.stop("the supervisor is gone")
        elif now() >= self.lease.stop:
            self.stop("lease not renewed")
        if self.killing:
            self.sweep()
            if first:
                say(f"lease not renewed: KILL to {self.argv[0]} (pid {self.pid}) and all that it started")

    def sweep(self) -> None:
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass  # ended meanwhile; or another user's, which is tried again until it ends

    def wait(self) -> None:
        if self.killing:
            seconds = self.pause = min(LOOK, self.pause * 2)
        else:
            due = self.lease.kill if self.lease.final else min(self.lease.stop, self.lease.kill)
            seconds = max(0.0, min(LOOK, due - now()))
        fds = [self.wake] if self.lease.fd < 0 else [self.wake, self.lease.fd]
        select.select(fds, [], [], seconds)

    def run(self) -> int:
        """The program's wait status, when it and all its descendants have ended."""
        while True:
            self.lease.read()
            self.reap()
            self.pass_on()
            if self.alone:
                return self.status or 0
            self.judge()
            self.wait()


def end_as(status: int) -> int:
    """Die of the signal that the program has died of, or tell its exit code."""
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    prctl(PR_SET_DUMPABLE, 0)  # the core of this process would say nothing
    if os.WTERMSIG(status) != signal.SIGKILL:
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
    os.kill(os.getpid(), os.WTERMSIG(status))
    return 128 + os.WTERMSIG(status)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        refuse("usage: prodserver_deadman.py PROGRAM ARG...")
    sys.exit(end_as(Deadman(sys.argv[1:]).run()))
