"""How tasks end, counted in the worker's main process.

Serves prodserver_vitals. Celery's own signals of success and failure fire in the children
of a prefork pool; every pool reports to its requests, which live in the main process.
"""
from __future__ import annotations

import functools
import time
from typing import Any

from prodserver_report import quiet

COUNTS = ("received", "succeeded", "failed", "retried", "revoked")
# What a request tells at its end, to whoever watches events; it tells them though nobody does.
ENDS = {"task-succeeded": "succeeded", "task-failed": "failed", "task-retried": "retried",
        "task-cancelled": "retried", "task-revoked": "revoked"}


def counted(base: type, counts: dict[str, int]) -> type:
    """Requests that count themselves: once when received, once at their end."""
    from celery.exceptions import Ignore

    class Request(base):
        prodserver_end = prodserver_since = None

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            counts["received"] += 1

        def prodserver_ends(self, end: str) -> None:
            if self.prodserver_end is None:
                self.prodserver_end = end
                # No call is made in between: the threads pool cannot interrupt it.
                counts[end] += 1

        def on_accepted(self, *args: Any, **kwargs: Any) -> Any:
            # Celery's own time_start follows the wall clock, which may be set.
            self.prodserver_since = time.monotonic()
            return super().on_accepted(*args, **kwargs)

        def send_event(self, type: str, **fields: Any) -> Any:
            if type == "task-rejected" and fields.get("requeue"):
                self.prodserver_ends("retried")
            elif type in ENDS:
                self.prodserver_ends(ENDS[type])
            return super().send_event(type, **fields)

        def on_success(self, failed__retval__runtime: Any, **kwargs: Any) -> Any:
            try:
                return super().on_success(failed__retval__runtime, **kwargs)
            finally:
                if not failed__retval__runtime[0]:
                    self.prodserver_ends("succeeded")

        def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().on_failure(exc_info, *args, **kwargs)
            finally:
                error = getattr(exc_info, "exception", None)
                ignored = isinstance(error, Ignore) or isinstance(getattr(error, "exc", None), Ignore)
                self.prodserver_ends("succeeded" if ignored else "failed")

        def on_timeout(self, soft: bool, timeout: Any) -> Any:
            try:
                return super().on_timeout(soft, timeout)
            finally:
                if not soft:
                    self.prodserver_ends("failed")

    return Request


@quiet
def watch_requests(counts: dict[str, int]) -> None:
    from celery.worker import strategy
    create = strategy.create_request_cls

    @functools.wraps(create)
    def create_request_cls(*args: Any, **kwargs: Any) -> type:
        made = create(*args, **kwargs)
        return quiet(counted)(made, counts) or made

    strategy.create_request_cls = create_request_cls
