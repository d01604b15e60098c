"""How a worker's work stands: what it has done, what it does, and whether its loop turns.

Serves prodserver_link, in the worker's main process.
"""
from __future__ import annotations

import time
from typing import Any

from prodserver_canary import Canary
from prodserver_report import Link, quiet
from prodserver_requests import COUNTS, watch_requests

PERIOD = 2.0
MAX_NAME = 200
# Pools that run their tasks in the main process. A thread beside them does no harm.
FORKLESS = tuple(f"celery.concurrency.{name}" for name in ("thread", "solo", "gevent", "eventlet"))


def native(module: str, name: str) -> Any:
    """As it is before gevent or eventlet replace it."""
    import sys
    if "gevent.monkey" in sys.modules:
        return sys.modules["gevent.monkey"].get_original(module, name)
    if "eventlet.patcher" in sys.modules:
        return getattr(sys.modules["eventlet.patcher"].original(module), name)
    return getattr(__import__(module), name)


def active() -> int:
    from celery.worker import state
    return len(state.active_requests)


class Vitals:
    """What is known of one worker, and the reports of it."""

    consumer: Any = None

    def __init__(self, link: Link) -> None:
        self.link = link
        self.counts = dict.fromkeys(COUNTS, 0)
        self.child_exits = 0
        self.unknown: dict[str, Any] | None = None
        self.canary = Canary(self.tick)
        self.fetched: int | None = None
        self.oldest: dict[str, Any] | None = None
        self.turned = self.told = time.monotonic()
        self.due = 0.0

    @quiet
    def watch(self, consumer: Any) -> None:
        """When the worker is set up and nothing of it has been started."""
        self.consumer = consumer
        watch_requests(self.counts)
        self.watch_loop()

    @quiet
    def ready(self) -> None:
        self.watch_children()
        self.start_thread()
        self.tick()

    @quiet
    def tick(self) -> None:
        if self.consumer is None:
            return
        now = time.monotonic()
        self.told = now
        from celery.worker import state
        running = active()
        self.link.send(
            "tick", loop_age=round(max(0.0, now - self.turned), 3), **self.counts, active=running,
            reserved=max(0, len(state.reserved_requests) - running), slots=self.slots(),
            oldest=self.longest(state.active_requests, now) if running else None, polling=self.polling(),
            canary=self.canary.age(), canaries=self.canary.count(), child_exits=self.child_exits,
            unknown=self.unknown)

    @quiet
    def refuse(self, name: Any) -> None:
        """A message that names a task which is not registered: Celery logs it and throws it away."""
        before = self.unknown["count"] if self.unknown else 0
        self.unknown = {"task": str(name)[:MAX_NAME], "count": before + 1}

    @quiet  # a prefork pool that is stopped has none
    def slots(self) -> int | None:
        pool = self.consumer.pool
        # Celery before 5.7 counts gevent's running greenlets as its processes.
        slots = pool.limit if pool.is_green else pool.num_processes
        return slots if isinstance(slots, int) else None

    def longest(self, requests: Any, now: float) -> dict[str, Any] | None:
        try:
            begun = [one for one in list(requests) if getattr(one, "prodserver_since", None) is not None]
        except RuntimeError:
            return self.oldest  # changed by the loop while this thread looked
        first = min(begun, key=lambda one: one.prodserver_since, default=None)
        self.oldest = first and {
            "task": str(first.name)[:MAX_NAME], "age": round(max(0.0, now - first.prodserver_since), 3)}
        return self.oldest

    @quiet
    def polling(self) -> bool | None:
        """Redis, with a hub: whether a fetch is under way and its answer would be heard."""
        consumer = self.consumer
        channel = getattr(consumer.task_consumer, "channel", None)
        if not consumer.hub or not hasattr(channel, "_in_poll") or not channel.qos.can_consume():
            return None
        before, self.fetched = self.fetched, self.counts["received"] + self.canary.answered
        socket = getattr(channel._in_poll or None, "_sock", None)
        # Between two messages it is about to ask for the next.
        return before != self.fetched or socket is not None and socket.fileno() in consumer.hub.readers

    @quiet
    def turn(self) -> None:
        """Called by the consumer's own loop."""
        self.turned = time.monotonic()
        if self.turned >= self.due:
            self.due = self.turned + PERIOD * 0.9
            slots = self.slots()
            self.canary.look(slots is None or active() < slots, PERIOD)
            self.tick()

    def watch_loop(self) -> None:
        """Where there is a hub, by its timer; else once in each turn of the blocking loop.

        The timers of kombu do not outlive a connection in every version, so each life of
        the loop gets its own; those of the green pools and of the threaded timer would tell
        of another loop than the consumer's.
        """
        consumer = self.consumer
        loop, pending = consumer.loop, consumer.perform_pending_operations

        def perform_pending_operations() -> Any:
            self.turn()
            return pending()

        def run(*args: Any, **kwargs: Any) -> Any:
            timer = self.begin()
            in_order = True
            try:
                return loop(*args, **kwargs)
            except Exception:
                in_order = False
                raise
            finally:
                quiet(lambda: timer and timer.cancel())()
                self.canary.leave(in_order)

        consumer.loop = run
        if not consumer.hub:
            consumer.perform_pending_operations = perform_pending_operations

    @quiet
    def begin(self) -> Any:
        self.canary.settle(self.consumer)
        self.turned, self.due = time.monotonic(), 0.0
        if not self.consumer.hub:
            return None
        self.consumer.hub.call_soon(self.turn)
        return self.consumer.timer.call_repeatedly(PERIOD, self.turn)

    @quiet
    def watch_children(self) -> None:
        """Counts the children that a prefork pool replaces."""
        pool = getattr(self.consumer.pool, "_pool", None)
        repopulate = getattr(pool, "_repopulate_pool", None)
        if repopulate is None:
            return

        def repopulate_pool(ended: Any) -> Any:
            quiet(count)(ended)
            return repopulate(ended)

        def count(ended: Any) -> None:
            self.child_exits += max(0, min(len(ended), pool._processes - len(pool._pool)))

        pool._repopulate_pool = repopulate_pool

    @quiet
    def start_thread(self) -> None:
        """A second voice, for a loop that a task holds up. Never beside a pool that forks."""
        if not any(cls.__module__ in FORKLESS for cls in type(self.consumer.pool).__mro__):
            return
        sleep = native("time", "sleep")

        def beat() -> None:
            while self.link.fd >= 0:
                sleep(PERIOD)
                if time.monotonic() - self.told >= PERIOD * 1.4:
                    self.tick()

        native("_thread", "start_new_thread")(quiet(beat), ())


class BeatVitals:
    """When beat is to tick again, and how much it has sent."""

    def __init__(self, link: Link) -> None:
        self.link, self.sent = link, 0
        self.told, self.next = float("-inf"), 0.0

    @quiet
    def ticked(self, delay: Any) -> None:
        """It spins where an entry is about to be due: a report a second is enough, unless
        it is going to be silent for longer than it last said."""
        after, now = max(0.0, float(delay or 0.0)), time.monotonic()
        if after > self.next or now - self.told >= 1.0:
            self.told, self.next = now, after
            self.link.send("beat-tick", next=round(after, 3), sent=self.sent)
