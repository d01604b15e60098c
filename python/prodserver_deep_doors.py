"""Whether the broker and the result backend of an application answer, and if not, in which way."""
from __future__ import annotations

import socket
import ssl
import sys
from typing import Any, Iterator

# As long as a worker would wait for a connection by default is 4 s (broker_connection_timeout). Seconds.
PATIENCE = 5


def broker(app: Any) -> list[dict[str, Any]]:
    """Each broker and its alternates, for what is sent and what is consumed."""
    found: dict[str, dict[str, Any]] = {}
    for connect in (app.connection_for_write, app.connection_for_read):
        connection = connect(connect_timeout=PATIENCE)
        for url in list(connection.alt or ()) or [None]:
            if url is not None:
                connection.switch(url)
            # 5.7 writes the mask even where there is no password.
            name = connection.as_uri().replace("://:**@", "://", 1).replace("://**@", "://", 1)
            if name not in found:
                found[name] = {"url": name, **place_of(connection), "trouble": try_door(connection)}
    return list(found.values())


def place_of(connection: Any) -> dict[str, Any]:
    try:
        info = connection.info()
        return {"host": info.get("hostname"), "port": info.get("port") or connection.default_port or None}
    except Exception:
        return {"host": connection.hostname, "port": connection.port}


def try_door(connection: Any) -> dict[str, Any] | None:
    """One attempt, by the transport itself: retries and their waits are the worker's business."""
    try:
        options = connection.transport_options or {}
        bounds = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
        if connection.transport.driver_type == "redis":
            connection.transport_options = {**bounds, **options}
        transport = connection.transport
        transport.close_connection(transport.establish_connection())
        return None
    except Exception as error:
        return trouble(error)


def results(app: Any) -> dict[str, Any]:
    """Of those that can be asked without a trace; the others are named and left alone."""
    backend = app.backend
    kind = type(backend)
    told = {"backend": f"{kind.__module__}.{kind.__qualname__}", "asked": True, "trouble": None, "django_app": None}
    told.update(url=backend.as_uri(), host=None, port=None)
    try:
        if not asked(backend, told):
            told["asked"] = False
    except Exception as error:
        told["trouble"] = trouble(error)
    return told


def asked(backend: Any, told: dict[str, Any]) -> bool:
    bases = {base.__module__ for base in type(backend).__mro__}
    if "celery.backends.redis" in bases:
        params = backend.connparams
        told.update(host=params.get("host") or params.get("path"), port=params.get("port"))
        for name in ("socket_connect_timeout", "socket_timeout"):
            params[name] = min(params.get(name) or PATIENCE, PATIENCE)
        backend.client.ping()
        return True
    if "django_celery_results.backends.database" in bases:
        told["django_app"] = sys.modules["prodserver_deep_django"].migrations("django_celery_results")
        return True
    if "celery.backends.database" in bases:
        from sqlalchemy import create_engine
        with create_engine(backend.url, **(backend.engine_options or {})).connect():
            return True
    return False


def chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def trouble(error: BaseException) -> dict[str, Any]:
    """The kind of a refusal, from the first exception on the way down that tells; and its own words."""
    kind = next((kind for kind in map(kind_of, chain(error)) if kind is not None), "other")
    name = type(error).__name__
    missing = next((one.name for one in chain(error) if isinstance(one, ModuleNotFoundError)), None)
    return {"kind": kind, "detail": f"{name}: {error}"[:500], "missing": missing}


# Of what redis-py and others say where there is no class to tell by; in this order.
WORDS = (
    ("auth", ("wrongpass", "noauth", "invalid password", "invalid username-password", "authentication required",
              "without any password configured", "noperm", "password authentication failed", "access denied")),
    ("vhost", ("db index is out of range", "invalid db index")),
    ("name", ("name or service not known", "temporary failure in name resolution", "no address associated",
              "nodename nor servname")),
    ("tls", ("certificate_verify_failed", "wrong_version_number", "sslv3", "tlsv1", "ssl:")),
    ("refused", ("connection refused",)),
    ("tables", ("no such table", "does not exist", "doesn't exist")),
    ("closed", ("connection closed by server", "server closed the connection", "connection reset", "socket closed",
                "unexpectedly closed")),
    ("timeout", ("timed out", "timeout connecting", "timeout reading")),
)
BY_NAME = {
    "AccessRefused": "auth", "NotAllowed": "vhost", "AuthenticationError": "auth",
    "AuthenticationWrongNumberOfArgsError": "auth", "NoPermissionError": "auth",
}


def kind_of(error: BaseException) -> str | None:
    if isinstance(error, (ImportError, KeyError)) and not str(error).isdigit():
        return "driver"
    if type(error).__name__ in BY_NAME:
        return BY_NAME[type(error).__name__]
    if isinstance(error, ssl.SSLError):
        return "closed" if isinstance(error, ssl.SSLEOFError) else "tls"
    if isinstance(error, socket.gaierror):
        return "name"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    text = str(error).lower()
    for kind, words in WORDS:
        if any(word in text for word in words):
            return kind
    if isinstance(error, TimeoutError):
        return "timeout"
    return "closed" if isinstance(error, (ConnectionResetError, BrokenPipeError, EOFError)) else None
