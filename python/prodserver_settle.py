"""A warm shutdown that gives back what it has not begun, and nothing else.

Celery leaves its loop at once when it is told to stop, and the broker gets back every
message that is not acknowledged by then: also that of a task which a child of prefork has
begun a moment ago, or which a pool without children still runs or ends. Such a task runs
twice. So the worker stops asking for messages first, and its loop goes on until what it has
handed over is accepted, and acknowledged. Tasks that wait for a child are given back as before.
"""
from __future__ import annotations

import time
from typing import Any

from prodserver_report import quiet

# For a child to say that it has begun: it does so at once, or never.
PATIENCE = 2.0
# Between two looks where there is no hub whose loop could go on.
PAUSE = 0.05


def is_set(flag: Any) -> bool:
    """Celery's flags hold an exit code, which may be 0."""
    return flag is not None and flag is not False


@quiet
def settle_before_stop(consumer: Any) -> None:
    """When the worker is set up and nothing of it has been started."""
    from celery.worker import state
    stop, settling = state.maybe_shutdown, Settling(consumer, state)

    def maybe_shutdown() -> Any:
        warm = is_set(state.should_stop) and not is_set(state.should_terminate)
        # Where it fails it is None, and Celery goes on as it would.
        return None if warm and settling.is_needed() else stop()

    state.maybe_shutdown = maybe_shutdown


class Settling:
    since: float | None = None

    def __init__(self, consumer: Any, state: Any) -> None:
        self.consumer, self.state = consumer, state

    @quiet
    def is_needed(self) -> bool:
        """Whether the loop is to turn once more before it ends."""
        if self.since is None:
            self.since = time.monotonic()
            self.consumer.task_consumer.cancel()
        if self.consumer.hub:
            return self.is_open()
        while self.is_open() and not is_set(self.state.should_terminate):
            self.consumer.perform_pending_operations()
            time.sleep(PAUSE)
        self.consumer.perform_pending_operations()
        return False

    def is_open(self) -> bool:
        now, hub = time.monotonic(), self.consumer.hub
        cache = getattr(getattr(self.consumer.pool, "_pool", None), "_cache", None)
        if cache is None and self.state.active_requests:
            # Celery waits for them anyway, after its last look at what they have to say.
            self.since = now
            return True
        if now - self.since > PATIENCE:
            return False
        handed_over = self.state.reserved_requests if cache is None else [
            job for job in list(cache.values())
            if not job._accepted and (job._write_to or getattr(job, "_scheduled_for", None))]
        return bool(handed_over) or bool(hub and hub._ready)
