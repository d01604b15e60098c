"""Runs a periodic task once for each time it was due, however often its message was sent.

    import prodserver_once
    prodserver_once.install(app)

Beat, started by prodserver, names each message by its entry and due time (header `prodserver-key`). Where
two beats have sent the same, as they do when a whole machine is frozen and wakes up too late, the task that
starts first claims that name in Redis; the other is dropped. The same message again (a retry, a redelivery)
runs, and tasks that did not come from beat are not looked at. Without Redis a task runs, with a warning:
better twice than never.

This file needs Celery and redis only. Copy it into the project for processes that prodserver does not start.
"""
from __future__ import annotations

import functools
import logging
import os
from typing import Any

PREFIX = "prodserver:once:"
DAY = 86_400  # seconds
PATIENCE = 2.0  # seconds for one word with Redis
# What Celery's URLs call what redis-py calls otherwise.
SCHEMES = {"redis+socket": "unix", "redis": "redis", "rediss": "rediss", "unix": "unix"}
CERTIFICATES = {"CERT_NONE": "none", "CERT_OPTIONAL": "optional", "CERT_REQUIRED": "required"}
log = logging.getLogger("prodserver.once")


def install(app: Any, url: str | None = None, ttl: int = DAY) -> None:
    """Let every task of `app` ask first. `url` of a Redis: else PRODSERVER_ONCE_URL, the broker, the result backend.

    `ttl`: seconds for which a claim is kept. Longer than a message may wait in a queue.
    """
    from celery import signals
    from celery.exceptions import ImproperlyConfigured
    if not isinstance(ttl, int) or ttl < 1:
        raise ImproperlyConfigured(f"prodserver_once: ttl is a whole number of seconds, not {ttl!r}")
    try:
        import redis  # noqa: F401
    except ImportError:
        raise ImproperlyConfigured("prodserver_once needs the redis package: pip install redis") from None
    claims = Claims(find_url(app, url), f"{PREFIX}{app.main or ''}:", ttl)
    try:
        claims.client().connection_pool.make_connection()  # opens nothing yet
    except (ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"prodserver_once: redis does not take that URL: {error}") from None

    def hook_all(**_: Any) -> None:
        for task in list(app.tasks.values()):
            hook(task, claims)

    # The first is for tasks that are run without a worker's command line, as in tests; at the second all modules
    # are imported, and no process of the pool has been made.
    app.on_after_finalize.connect(hook_all, weak=False)
    signals.celeryd_after_setup.connect(hook_all, weak=False)
    if app.finalized:
        hook_all()


def find_url(app: Any, url: str | None) -> str:
    from celery.exceptions import ImproperlyConfigured
    given = url or os.environ.get("PRODSERVER_ONCE_URL")
    for candidate in [given] if given else [app.conf.broker_url, app.conf.result_backend]:
        # Several brokers are written with semicolons: all claims have to be in one, the first.
        first = (candidate if isinstance(candidate, str) else (candidate or [""])[0]).split(";")[0]
        scheme, separator, rest = first.partition("://")
        if separator and scheme in SCHEMES:
            for theirs, ours in CERTIFICATES.items():
                rest = rest.replace(f"ssl_cert_reqs={theirs}", f"ssl_cert_reqs={ours}")
            return f"{SCHEMES[scheme]}://{rest}"
    raise ImproperlyConfigured(
        "prodserver_once needs the URL of a Redis (redis://, rediss:// or unix://): "
        "install(app, url=...) or PRODSERVER_ONCE_URL; neither the broker nor the result backend is one")


class Claims:
    def __init__(self, url: str, prefix: str, ttl: int) -> None:
        self.url, self.prefix, self.ttl = url, prefix, ttl
        self.own: tuple[int, Any] | None = None  # the pid that made it, and the client

    def client(self) -> Any:
        """Made where it is used: a connection must not be shared with the processes of a pool."""
        if self.own is None or self.own[0] != os.getpid():
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
            # Once more: a connection that has been idle may be dead.
            self.own = os.getpid(), redis.Redis.from_url(
                self.url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 1), decode_responses=True)
        return self.own[1]

    def taken_by(self, key: str, task_id: str) -> str | None:
        """The id of the other task that has it, or None: now it is ours, or was before."""
        name = self.prefix + key
        if self.client().set(name, task_id, nx=True, ex=self.ttl):
            return None
        holder = self.client().get(name)
        return None if holder in (None, task_id) else holder


def hook(task: Any, claims: Claims) -> None:
    """On the class, where Celery looks whether a task has a `before_start` at all."""
    cls = type(task)
    original = cls.before_start
    if getattr(original, "prodserver_once", False):
        return

    @functools.wraps(original)
    def before_start(self: Any, task_id: str, args: Any, kwargs: Any) -> Any:
        ask(self, task_id, claims)
        return original(self, task_id, args, kwargs)

    before_start.prodserver_once = True  # type: ignore[attr-defined]
    cls.before_start = before_start


def ask(task: Any, task_id: str, claims: Claims) -> None:
    from celery.exceptions import Ignore
    from redis.exceptions import RedisError
    request = task.request
    key = request.get("prodserver-key") or (request.headers or {}).get("prodserver-key")
    if not isinstance(key, str):
        return
    try:
        holder = claims.taken_by(key, task_id)
    except (RedisError, OSError) as error:
        log.warning("%s[%s] runs unchecked, Redis cannot be asked whether %s has run: %s",
                    task.name, task_id, key, error)
        return
    if holder is not None:
        log.warning("%s[%s] is dropped: %s has run as %s", task.name, task_id, key, holder)
        raise Ignore(f"{key} has run as {holder}")
