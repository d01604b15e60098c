"""The fence: beat sends nothing after its lease, and names each message by its entry and due time.

The dead-man's switch, beat's parent, leaves the end of the lease where beat can read it without asking
anybody: a record behind the descriptor PRODSERVER_FENCE_FD. Without one (a file lock) only the names are
added. All of it hangs on the scheduler's own methods, so that any scheduler has it; the user's beat comes
first, and nothing in here raises into it.
"""
from __future__ import annotations

import os
import struct
import threading
import time
from binascii import crc32
from datetime import datetime, timedelta, timezone
from typing import Any

RECORD = struct.Struct("<QdI")  # fence, end of the lease in seconds of the boot clock, CRC of those 16 bytes
LOOKS = 3  # a record that is being written is whole a moment later
RETRY = 0.5  # seconds from a tick that was not made to the next
KEY, FENCE = "prodserver-key", "prodserver-fence"


class NotSent(BaseException):
    """The lease is over. Not an Exception: schedulers swallow those, after which the entry counts as run."""


class Fence:
    """Whether beat may send now. `fd` is None where there is no lease, -1 where its descriptor is no good."""

    def __init__(self, fd: int | None, number: int | None) -> None:
        self.fd, self.number, self.shut = fd, number, False
        if fd is not None and fd >= 0:
            self.held = os.fstat(fd)
            os.set_inheritable(fd, False)

    def open(self) -> bool:
        if self.fd is None:
            return True
        for _ in range(LOOKS):
            end = self.read()
            if end is not None:
                return time.clock_gettime(time.CLOCK_BOOTTIME) < end
        return False

    def read(self) -> float | None:
        """The end of the lease, where the record is sound."""
        try:
            now = os.fstat(self.fd)
            if (now.st_dev, now.st_ino) != (self.held.st_dev, self.held.st_ino):
                return None  # somebody closed it, and the number is another's
            raw = os.pread(self.fd, RECORD.size, 0)
            fence, end, crc = RECORD.unpack(raw)
        except (OSError, AttributeError, struct.error):
            return None
        return end if crc == crc32(raw[:-4]) and fence == self.number else None


def from_environment() -> Fence:
    given, number = os.environ.pop("PRODSERVER_FENCE_FD", None), os.environ.get("PRODSERVER_FENCE")
    fence = int(number) if number and number.isdecimal() else None
    if given is None:
        return Fence(None, fence)
    try:
        return Fence(int(given), fence)
    except (ValueError, OverflowError, OSError):
        return Fence(-1, fence)


def due(entry: Any) -> datetime:
    """When the entry, which has not been advanced yet, was to run: the same wherever its last run is the same."""
    from celery.utils.time import maybe_make_aware
    schedule = entry.schedule
    last = maybe_make_aware(entry.last_run_at).astimezone(schedule.tz)
    # A twin for which it is the time of the last run: all schedules count from their own `now`.
    twin = object.__new__(type(schedule))
    vars(twin).update(vars(schedule), now=lambda: last, nowfun=lambda: last)
    if hasattr(schedule, "remaining_delta"):  # crontab: by the wall clock of its time zone
        start, delta, _ = twin.remaining_delta(last)
        return (start + delta).astimezone(timezone.utc)
    if hasattr(schedule, "run_every") and not schedule.relative:
        return last.astimezone(timezone.utc) + schedule.run_every
    left = twin.remaining_estimate(last)
    if not isinstance(left, timedelta):
        raise TypeError("a schedule that does not tell what is left")
    return last.astimezone(timezone.utc) + left


def key(entry: Any) -> str:
    try:
        when = due(entry)
    except Exception:  # a schedule of the user's own: all that is known of its due time is that it has come
        when = datetime.now(timezone.utc).replace(microsecond=0)
    return f"{entry.name}@{when.replace(tzinfo=None).isoformat()}Z"


class Guard:
    """What is done around the methods of one scheduler."""

    def __init__(self, scheduler: Any, fence: Fence) -> None:
        from celery.beat import SchedulingError
        from celery.utils.log import get_logger
        self.scheduler, self.fence = scheduler, fence
        self.log, self.refusal = get_logger("celery.beat"), SchedulingError
        self.tick, self.reserve, self.publish = scheduler.tick, scheduler.reserve, scheduler.apply_async
        # The entry that was advanced last, and what its row in a database said before.
        self.advanced: tuple[Any, Any] | None = None
        # In this thread: True within a tick; task and headers of the message that is about to be sent.
        self.here = threading.local()
        scheduler.tick, scheduler.reserve, scheduler.apply_async = self.on_tick, self.on_reserve, self.on_send

    def may_send(self) -> bool:
        may = self.fence.open()
        if may == self.fence.shut:
            self.fence.shut = not may
            self.log.warning("prodserver: %s", "the lease is renewed: beat goes on" if may else
                             "the lease is not renewed: beat sends nothing until it is")
        return may

    def on_tick(self, *args: Any, **kwargs: Any) -> Any:
        if not self.may_send():
            return RETRY
        self.here.ticking = True
        try:
            return self.tick(*args, **kwargs)
        except NotSent:
            self.scheduler._heap = None  # it had been taken off: the next tick looks at all entries again
            return RETRY
        finally:
            self.here.ticking = False

    def refuse(self) -> None:
        if getattr(self.here, "ticking", False):
            raise NotSent
        raise self.refusal("prodserver: the lease is not renewed")

    def on_reserve(self, entry: Any) -> Any:
        if not self.may_send():
            self.refuse()
        model = getattr(entry, "model", None)
        self.advanced = entry, model and (model.last_run_at, model.total_run_count)
        return self.reserve(entry)

    def on_send(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        if not self.may_send():
            self.put_back(entry)
            self.refuse()
        headers: dict[str, Any] = {KEY: key(entry)}
        if self.fence.number is not None:
            headers[FENCE] = self.fence.number
        self.here.message = (entry.task, headers)
        try:
            return self.publish(entry, *args, **kwargs)
        finally:
            self.here.message = None

    def put_back(self, entry: Any) -> None:
        """The entry has not run: the lease ran out between its turn and its message."""
        if self.advanced is None or self.advanced[0] is not entry:
            return
        try:
            if self.advanced[1]:
                entry.model.last_run_at, entry.model.total_run_count = self.advanced[1]
            else:
                self.scheduler.schedule[entry.name] = entry
        except Exception:
            self.log.warning("prodserver: this run of %s is lost", entry.name, exc_info=True)

    def mark(self, sender: Any = None, headers: Any = None, **_: Any) -> None:
        """A message is about to go out: the entry's own, or one that its arguments or other receivers send."""
        task, ours = getattr(self.here, "message", None) or (None, {})
        if sender == task and isinstance(headers, dict):
            self.here.message = None
            headers.update(ours)


def keep_open(fd: int) -> None:
    """An embedded beat closes what it does not know."""
    from celery import platforms
    close = platforms.close_open_fds
    platforms.close_open_fds = lambda keep=None: close([*(keep or ()), fd])


def install(role: str) -> None:
    from celery import signals
    from celery.utils.log import get_logger
    fence = from_environment()
    if role == "worker" and fence.fd is not None and fence.fd >= 0:
        keep_open(fence.fd)

    # Where the scheduler exists, in the process that sends.
    def on_beat(sender: Any = None, **_: Any) -> None:
        try:
            guard = Guard(sender.scheduler, fence)
            signals.before_task_publish.connect(guard.mark, weak=False, dispatch_uid="prodserver.fence.mark")
            # What was sent is to be saved before the next is sent: a killed beat sends that again.
            if not sender.scheduler.sync_every_tasks:
                sender.scheduler.sync_every_tasks = 1
        except Exception:
            get_logger("celery.beat").warning("prodserver: this beat has no fence", exc_info=True)

    signals.beat_init.connect(on_beat, weak=False, dispatch_uid="prodserver.fence")
