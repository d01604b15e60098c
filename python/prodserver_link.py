"""The link: what a Celery worker or beat tells the supervisor that started it.

Hooks into the user's main process and reports what it does, one JSON object per
line, over the inherited socket named by PRODSERVER_LINK_FD. The user's process
comes first: nothing in here raises or waits, no thread is started beside a pool that forks
before the process is told to stop, and a Celery that lacks a hook only means fewer reports.
"""
from __future__ import annotations

import functools
import os
import sys
import time
from typing import Any, Callable

from prodserver_output import supervisor_may_be_lost
from prodserver_report import Link, quiet
from prodserver_settle import settle_before_stop
from prodserver_vitals import BeatVitals, Vitals


def versions() -> dict[str, str | None]:
    from importlib import metadata
    found: dict[str, str | None] = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in ("celery", "kombu", "billiard", "redis", "django"):
        try:
            found[name] = metadata.version(name)
        except Exception:
            found[name] = getattr(sys.modules.get(name), "__version__", None)
    return found


def watching(link: Link, connection: Any, connect: Callable) -> Any:
    """Run `connect` while this one connection's ensure_connection reports each failed attempt.

    Patching kombu.Connection itself would also report the connections that tasks
    open in the main process (solo, threads and green pools run them there).
    """
    def ensure_connection(errback: Callable | None = None, *args: Any, **kwargs: Any) -> Any:
        def report(error: BaseException, interval: float) -> Any:
            link.lost(connection, error, interval)
            return errback(error, interval) if errback else None
        return type(connection).ensure_connection(connection, report, *args, **kwargs)

    own = getattr(connection, "__dict__", {})
    own["ensure_connection"] = ensure_connection
    try:
        result = connect()
    finally:
        own.pop("ensure_connection", None)
    link.found(connection)
    return result


@quiet
def watch_consumer(link: Link) -> None:
    from celery.worker.consumer.consumer import Consumer

    def wrap(name: str, wrapper: Callable) -> None:
        original = getattr(Consumer, name, None)
        if original is not None:
            setattr(Consumer, name, functools.wraps(original)(
                lambda consumer, *args, **kwargs: wrapper(original, consumer, *args, **kwargs)))

    def ensure_connected(original: Callable, consumer: Any, *args: Any, **kwargs: Any) -> Any:
        connection = args[0] if args else kwargs.get("conn")
        return watching(link, connection, lambda: original(consumer, *args, **kwargs))

    def connection_error(original: Callable, consumer: Any, *args: Any, **kwargs: Any) -> Any:
        connection = getattr(consumer, "connection", None) or getattr(consumer, "conninfo", None)
        link.lost(connection, args[0] if args else kwargs.get("exc"), None)
        return original(consumer, *args, **kwargs)

    # The first sees each failed attempt, the others the loss of an established
    # connection: Celery calls those only where it is going to retry.
    wrap("ensure_connected", ensure_connected)
    wrap("on_connection_error_before_connected", connection_error)
    wrap("on_connection_error_after_connected", connection_error)


@quiet
def say_safely() -> None:
    """Celery before 5.7 writes to stdout in its handler of TERM, past Python, and fails there
    when nobody reads, before it has told anybody to stop."""
    from celery.apps import worker
    worker.safe_say = quiet(worker.safe_say)


@quiet
def watch_beat(link: Link, service: Any) -> None:
    """Called from beat_init, where the scheduler exists and no other receiver (RedBeat's
    waits for its lock) has run yet."""
    scheduler = service.scheduler
    sync, tick = service.sync, scheduler.tick

    # Called by beat's handler of TERM and INT, and whenever Service.start ends.
    def stopping(*args: Any, **kwargs: Any) -> Any:
        vars(service).pop("sync", None)
        quiet(supervisor_may_be_lost)()
        link.send("stopping", signal=None, how="Warm")
        # The handler's SystemExit is lost where a finally of the library that it meets raises
        # another error (redis-py's does): beat would go on with its schedule closed, and fail.
        scheduler.tick = end
        return sync(*args, **kwargs)

    def end(*_: Any, **__: Any) -> None:
        raise SystemExit(0)

    vitals = BeatVitals(link)
    is_ready = False

    def ticking(*args: Any, **kwargs: Any) -> Any:
        nonlocal is_ready
        delay = tick(*args, **kwargs)
        if not is_ready:
            is_ready = True
            link.send("ready", node=None)
        vitals.ticked(delay)
        return delay

    service.sync, scheduler.tick = stopping, ticking
    connect = getattr(scheduler, "_ensure_connected", None)
    publish = getattr(scheduler, "apply_async", None)

    # The producer is made once. A broker lost later shows only in a failed publish:
    # Celery logs it, skips that run and tries again at the next due entry.
    def apply_async(*args: Any, **kwargs: Any) -> Any:
        try:
            result = publish(*args, **kwargs)
        except Exception as error:
            publish_failed(link, scheduler, error)
            raise
        vitals.sent += 1
        quiet(lambda: link.found(scheduler.connection))()
        return result

    if connect:
        scheduler._ensure_connected = lambda *args, **kwargs: watching(
            link, scheduler.connection, functools.partial(connect, *args, **kwargs))
    if publish:
        scheduler.apply_async = apply_async


@quiet
def publish_failed(link: Link, scheduler: Any, error: BaseException) -> None:
    from kombu.exceptions import OperationalError
    kinds = (OperationalError, *scheduler.connection.recoverable_connection_errors)
    # SchedulingError hides the cause: it is raised while the real error is handled.
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, kinds):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        link.lost(scheduler.connection, cause, None)


@quiet
def count_what_runs(link: Link) -> None:
    """Tells, from the order to stop on, how many tasks are still running whenever that changes."""
    # Not threading.Thread: its start() waits, and this runs in a signal handler. A greenlet that is switched out
    # there keeps what it holds: in gevent's queue of lookups that is a lock of the system, and the worker hangs.
    from _thread import start_new_thread
    from celery.worker import state

    def count() -> None:
        told = 0
        while link.fd >= 0:
            active = len(state.active_requests)
            if active != told:
                told = active
                link.send("draining", active=active)
            time.sleep(0.5)

    start_new_thread(quiet(count), ())


@quiet
def show_stacks(chain: bool) -> None:
    """USR1 writes the stacks, as it does in other workers: Celery's own list of them is empty on green
    pools, and beat would die of the signal."""
    import faulthandler
    import signal
    if chain or signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL:
        faulthandler.register(signal.SIGUSR1, file=2, chain=chain)


@quiet
def pool_of(consumer: Any) -> str | None:
    """Which of Celery's own pools it has, or has built upon: the settings may name another than the command line."""
    modules = (cls.__module__ for cls in type(consumer.pool).__mro__)
    return next((name.rpartition(".")[2] for name in modules if name.startswith("celery.concurrency.")), None)


@quiet
def tasks_of(consumer: Any) -> int:
    """How many tasks of the application it knows: those of Celery itself are in every worker."""
    return sum(not name.startswith("celery.") for name in consumer.app.tasks)


@quiet
def install(role: str) -> None:
    """Say hello and start to report, if a supervisor left a descriptor and this is a main process."""
    number = os.environ.pop("PRODSERVER_LINK_FD", None)
    from billiard.process import current_process
    if number is None or current_process()._name != "MainProcess":
        return
    link = Link(int(number))
    os.register_at_fork(after_in_child=link.close)
    link.send("init", role=role, versions=versions())

    from celery import signals

    def on(name: str, receiver: Callable) -> None:
        getattr(signals, name).connect(
            quiet(receiver), weak=False, dispatch_uid=f"prodserver.{name}.{id(receiver)}")

    if role == "beat":
        on("beat_init", lambda **_: show_stacks(chain=False))
        on("beat_init", lambda sender=None, **_: watch_beat(link, sender))
        return
    vitals = Vitals(link)
    on("worker_ready", lambda sender=None, **_: sender.pool.is_green and show_stacks(chain=True))
    on("worker_ready", lambda sender=None, **_: link.send(
        "ready", node=getattr(sender, "hostname", None), pool=pool_of(sender), tasks=tasks_of(sender)))
    on("task_unknown", lambda name=None, **_: vitals.refuse(name))
    on("worker_ready", lambda **_: vitals.ready())
    on("worker_shutting_down", lambda **_: supervisor_may_be_lost())
    on("worker_shutting_down", lambda sig=None, how=None, **_: link.send("stopping", signal=sig, how=how))
    # The last of the consumer's loop, and the last of all, so that the counts are whole.
    on("worker_shutting_down", lambda **_: vitals.tick())
    on("worker_shutdown", lambda **_: vitals.tick())
    on("worker_shutdown", lambda **_: link.send("stopped"))
    on("worker_shutting_down", lambda **_: count_what_runs(link))
    on("celeryd_after_setup", lambda **_: say_safely())
    # Not worker_init: users monkey-patch in there, before Celery imports the consumer.
    on("celeryd_after_setup", lambda **_: watch_consumer(link))
    on("celeryd_after_setup", lambda instance=None, **_: vitals.watch(instance.consumer))
    on("celeryd_after_setup", lambda instance=None, **_: settle_before_stop(instance.consumer))
