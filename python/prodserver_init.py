"""Tell what a project has of which a manifest could be made.

`python prodserver_init.py MODULE`, run in the project's folder: what
prodserver_settings.py answers, and the programs, apps and Celery of the project. The
answer is one JSON line on the descriptor named by PRODSERVER_INIT_FD.
"""
from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from typing import Any

SERVERS = ("gunicorn", "uvicorn", "granian", "daphne", "hypercorn", "waitress")


class UncachedLoader(SourceFileLoader):
    """Writes no bytecode: our folder may be read-only, or another user's."""

    def set_data(self, *args: object, **kwargs: object) -> None:
        pass


def load(name: str):
    """Import one of our modules by location: our folder is not on the user's sys.path."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), f"{name}.py")
    spec = spec_from_file_location(name, path, loader=UncachedLoader(name, path))
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def has(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def celery_of(settings_module: str) -> dict[str, Any] | None:
    """The Celery app of `<project>.celery`; None where there is no such module."""
    module = f"{settings_module.split('.')[0]}.celery"
    # A project in a single module has no package that could hold one.
    if "." not in settings_module or not has(module):
        return None
    try:
        from celery import Celery

        names = {name: value for name, value in vars(import_module(module)).items()}
        found = [name for name, value in names.items() if isinstance(value, Celery)]
        name = "app" if "app" in found else found[0] if found else None
        schedule = bool(names[name].conf.beat_schedule) if name else False
        return {"module": module, "app": name, "schedule": schedule, "broken": None}
    # SystemExit too: what ends by itself has not told its app.
    except (Exception, SystemExit) as error:
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return {"module": module, "app": None, "schedule": False, "broken": told}


def ask(module: str) -> dict[str, Any]:
    answer = load("prodserver_settings").ask(module)
    from django.conf import settings

    return {
        **answer,
        "apps": [str(app) for app in settings.INSTALLED_APPS],
        "servers": [name for name in SERVERS if has(name)],
        "celery": celery_of(module),
    }


if __name__ == "__main__":
    probe = load("prodserver_probe")
    probe.leave(probe.answer("PRODSERVER_INIT_FD", "prodserver_init.py MODULE", ask))
