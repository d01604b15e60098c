"""Output that outlives its reader: a task must not fail because the supervisor died.

When the supervisor is killed, nobody reads stdout and stderr any more. Whatever
Python writes there then goes to /dev/null at the first broken pipe; and once the
kernel has told the main process, descriptors 1 and 2 of its children go there
too, for what writes past Python.
"""
from __future__ import annotations

import errno
import io
import os
import signal
import sys
# As they are before gevent or eventlet replace them: these run in signal handlers.
from posix import dup2, open as _open
from select import poll

OUTPUTS = (1, 2)


def is_lost(fd: int) -> bool:
    """No reader is left. Asked without writing: SIGPIPE, or a byte too many, would do harm."""
    watch = poll()
    watch.register(fd, 0)
    return any(events for _, events in watch.poll(0))


def abandon() -> None:
    """Send what has no reader to /dev/null."""
    lost = [fd for fd in OUTPUTS if is_lost(fd)]
    if not lost:
        return
    null = _open(os.devnull, os.O_WRONLY)
    for fd in lost:
        dup2(null, fd)
    os.close(null)


class Guarded(io.FileIO):
    """A descriptor whose broken pipe is not the writer's problem."""

    def write(self, data):
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                raise
            abandon()
            return super().write(data)


def guarded(stream):
    """The same text stream on a guarded descriptor."""
    raw = Guarded(stream.fileno(), "w", closefd=False)
    raw.name = stream.name
    buffered = isinstance(stream.buffer, io.BufferedWriter)
    return io.TextIOWrapper(
        io.BufferedWriter(raw) if buffered else raw, encoding=stream.encoding, errors=stream.errors,
        line_buffering=stream.line_buffering, write_through=stream.write_through)


def guard() -> None:
    """Before anything keeps a stream of its own. Children that are forked inherit all of it."""
    try:
        for name in ("stdout", "stderr"):
            stream = guarded(getattr(sys, name))
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        # Ignored by default: no other program of our group takes harm.
        signal.signal(signal.SIGURG, lambda *_: abandon())
    except Exception:
        pass


def supervisor_may_be_lost() -> None:
    """Called where the main process is told to stop, which may be the kernel's word of its death."""
    if not any(is_lost(fd) for fd in OUTPUTS):
        return
    abandon()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGURG)
