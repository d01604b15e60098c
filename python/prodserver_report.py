"""Writing reports to the supervisor: the descriptor, the line format, and no secrets.

Serves prodserver_link, inside the user's process: a line that cannot be written
at once is dropped and counted, and a password never gets into one.
"""
from __future__ import annotations

import errno
import functools
import json
import os
import re
import signal
import stat
import time
# Not os.write: eventlet replaces that one with a version that waits for room.
from posix import write as _write
from typing import Any, Callable
from urllib.parse import quote, unquote

MAX_LINE = 4096
USERINFO = re.compile(r"(://[^\s/:@]*:)([^\s;]*)@")
QUERY = re.compile(r"([?&][^=&\s]*(?:pass|pwd|secret|token|key)[^=&\s]*=)[^&\s;]*", re.I)
SECRET_NAME = re.compile(r"pass|pwd|secret|token|credential", re.I)
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


def quiet(function: Callable) -> Callable:
    """Reporting may fail, the user's process may not."""
    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception:
            return None
    return guarded


class Link:
    """The writing end. It knows its inode: a number that came to mean another file is let go."""

    def __init__(self, fd: int) -> None:
        info = os.fstat(fd)
        if fd <= 2 or not stat.S_ISSOCK(info.st_mode):
            raise ValueError(f"{fd} is not a link")
        self.fd, self.inode, self.pid = fd, (info.st_dev, info.st_ino), os.getpid()
        self.dropped = 0
        self.torn = self.broker_found = False
        os.set_inheritable(fd, False)
        os.set_blocking(fd, False)

    @quiet
    def send(self, event: str, **fields: Any) -> None:
        if not self._ours() or os.getpid() != self.pid:
            return
        report = {"v": 1, "event": event, "pid": self.pid, "at": time.time(), **fields}
        if self.dropped:
            report["dropped"] = self.dropped
        line = (b"\n" if self.torn else b"") + encode(report)
        try:
            written = write_without_sigpipe(self.fd, line)
        except OSError as error:
            self.dropped += 1
            if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
                self.close()
            return
        self.torn = written < len(line)
        self.dropped = self.dropped + 1 if self.torn else 0

    def _ours(self) -> bool:
        try:
            info = os.fstat(self.fd)
        except OSError:
            info = None
        if info is None or (info.st_dev, info.st_ino) != self.inode:
            self.fd = -1
        return self.fd >= 0

    @quiet
    def close(self) -> None:
        if self._ours():
            fd, self.fd = self.fd, -1
            os.close(fd)

    @quiet
    def lost(self, connection: Any, error: BaseException, retry_in: float | None) -> None:
        self.broker_found = False
        self.send("broker-lost", url=uri(connection), error=scrub(error, connection), retry_in=retry_in)

    @quiet
    def found(self, connection: Any) -> None:
        if not self.broker_found:
            self.broker_found = True
            self.send("broker-found", url=uri(connection))


def encode(report: dict) -> bytes:
    line = to_json(report).encode("utf-8", "replace")
    if len(line) > MAX_LINE - 2:
        report = {key: value[:200] if isinstance(value, str) else value for key, value in report.items()}
        line = to_json(report).encode("utf-8", "replace")
    return line + b"\n"


def write_without_sigpipe(fd: int, data: bytes) -> int:
    """Python ignores SIGPIPE; where the user has undone that, a dead supervisor must not kill."""
    if signal.getsignal(signal.SIGPIPE) is not signal.SIG_DFL:
        return _write(fd, data)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    try:
        return _write(fd, data)
    finally:
        if signal.SIGPIPE not in before and signal.SIGPIPE in signal.sigpending():
            signal.sigwait({signal.SIGPIPE})
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@functools.lru_cache(maxsize=64)
def spellings(secret: str) -> set[str]:
    return {secret, unquote(secret), quote(secret, safe="")} - {"", "**"}


@functools.lru_cache(maxsize=64)
def url_secrets(url: str) -> set[str]:
    return {form for _, password in USERINFO.findall(url) for form in spellings(password)}


@quiet
def uri(connection: Any) -> str:
    """kombu's own, less the mask that 5.7 writes even where there is no password."""
    masked = connection.as_uri(include_password=False)[:1000]
    if not connection.password and not url_secrets(str(connection.hostname)):
        masked = masked.replace(":**@", "@", 1).replace("://@", "://", 1)
    return masked


def secrets(options: Any) -> set[str]:
    """Passwords in nested options. kombu 5.7 allows a callable one: it is never called here."""
    found: set[str] = set()
    for key, value in options.items() if isinstance(options, dict) else ():
        if isinstance(value, dict):
            found |= secrets(value)
        elif isinstance(value, str) and SECRET_NAME.search(str(key)):
            found |= spellings(value)
    return found


def scrub(error: BaseException, connection: Any) -> str:
    """The error's text without any password the connection knows, however a URL spells it."""
    known = secrets({name: getattr(connection, name, None) for name in ("password", "transport_options")})
    for url in (getattr(connection, "hostname", None), *(getattr(connection, "alt", None) or ())):
        known |= url_secrets(str(url))
    text = str(error) or type(error).__name__
    if "://" in text:
        text = QUERY.sub(r"\1**", USERINFO.sub(r"\1**@", text))
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, "**")
    return text[:500]
