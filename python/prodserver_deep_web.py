"""Whether a web application imports, and is what its server would call."""
from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from typing import Any, Callable

Step = Callable[[str, Callable[[], Any]], bool]

ASGI_TYPES = ("django.core.handlers.asgi.ASGIHandler", "starlette.applications.Starlette")
WSGI_TYPES = ("django.core.handlers.wsgi.WSGIHandler", "flask.app.Flask")


class NoApp(Exception):
    """The module is there, and has no such thing."""


def find(target: str) -> Any:
    """`module:attribute`, which may have dots and, for gunicorn, an empty call."""
    module, _, attribute = target.partition(":")
    found: Any = import_module(module)
    call = re.fullmatch(r"([\w.]+)\(\s*\)", attribute)
    for name in (call.group(1) if call else attribute).split("."):
        if not hasattr(found, name):
            raise NoApp(f'{module} has no "{name}"')
        found = getattr(found, name)
    return found() if call else found


def kind_of(app: Any) -> str | None:
    """wsgi or asgi; None where it cannot be told by looking."""
    types = {f"{base.__module__}.{base.__qualname__}" for base in type(app).__mro__}
    if types.intersection(ASGI_TYPES):
        return "asgi"
    if types.intersection(WSGI_TYPES):
        return "wsgi"
    calls = app.__init__ if inspect.isclass(app) else app if inspect.isroutine(app) else type(app).__call__
    if inspect.iscoroutinefunction(calls) or inspect.iscoroutinefunction(app):
        return "asgi"
    try:
        parameters = list(inspect.signature(app).parameters.values())
    except (TypeError, ValueError):
        return None
    names = [one.name for one in parameters if one.default is one.empty and one.kind in (0, 1)]
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None
    if len(names) == 2 and not inspect.isclass(app):
        return "wsgi"
    return None


def described(app: Any) -> str:
    if inspect.ismodule(app):
        return f"the module {app.__name__}"
    named = inspect.isroutine(app) or inspect.isclass(app)
    owner = app if named else type(app)
    return f"{owner.__module__}.{owner.__qualname__}"


def look(question: dict[str, Any]) -> dict[str, Any]:
    sys.path[:0] = question["paths"]
    app = find(question["target"])
    if question["factory"] and callable(app):
        app = app()
    return {"callable": callable(app), "interface": kind_of(app) if callable(app) else None, "is": described(app)}


def ask(question: dict[str, Any], step: Step) -> None:
    step("web", lambda: look(question))
