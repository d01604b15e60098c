"""Read a project's processes from its Django settings.

`python prodserver_settings.py MODULE`, run in the project's folder. The answer is
one JSON line on the descriptor named by PRODSERVER_SETTINGS_FD: stdout and stderr
are left to whatever the settings print. Exit 2, a traceback and no answer if the
settings cannot be loaded. Apps are not loaded: nothing here needs them.
"""
from __future__ import annotations

import math
import os
import sys
import traceback
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any, Mapping

# The first form of the setting is django-prodserver's own, the second that of its 0.x.
SETTINGS = ("PRODUCTION_PROCESSES", "PROD_SERVERS")
# JSON's readers know numbers as doubles: past this a whole number would change.
EXACT = 2**53 - 1
# Nobody writes such a nest; what has no end by itself ends here.
DEPTH = 20


def start_module() -> ModuleType:
    """By its location: our folder is not always on sys.path."""
    module = ModuleType("prodserver_start")
    module.__file__ = os.path.join(os.path.dirname(os.path.realpath(__file__)), "prodserver_start.py")
    with open(module.__file__, encoding="utf-8") as file:
        exec(compile(file.read(), module.__file__, "exec"), module.__dict__)
    return module


start = start_module()


class Encoder:
    """Settings as JSON; what no program could be given is refused, by its path and name."""

    def __init__(self) -> None:
        self.refused: list[dict[str, Any]] = []

    def refuse(self, path: tuple, kind: str, name: str) -> None:
        self.refused.append({"path": list(path), "kind": kind, "name": name})

    def encode(self, value: Any, path: tuple) -> Any:
        from django.utils.functional import Promise

        if len(path) > DEPTH:
            return self.refuse(path, "nest", str(DEPTH))
        if value is None or isinstance(value, bool):
            return None if value is None else bool(value)
        if isinstance(value, Promise):
            return self.lazy(value, path)
        if isinstance(value, Enum):
            return self.encode(value.value, path)
        if isinstance(value, (str, Decimal)):
            return str(value)
        if isinstance(value, int):
            return int(value) if abs(value) <= EXACT else str(int(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(float(value))
        if isinstance(value, os.PathLike):
            return os.fsdecode(value)
        if isinstance(value, Mapping):
            return self.mapping(value, path)
        if isinstance(value, (list, tuple)):
            return [self.encode(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, (set, frozenset)):
            # Sets have no order of their own; without one the plan would differ from run to run.
            return sorted((self.encode(item, path) for item in value), key=str)
        return self.refuse(path, *described(value))

    def lazy(self, value: Any, path: tuple) -> str | None:
        try:
            return str(value)
        except Exception as error:
            return self.refuse(path, "lazy", f"{type(error).__name__}: {error}")

    def mapping(self, value: Mapping, path: tuple) -> dict[str, Any]:
        from django.utils.functional import Promise

        found: dict[str, Any] = {}
        for key, item in value.items():
            name = self.lazy(key, path) if isinstance(key, Promise) else key
            name = name.value if isinstance(name, Enum) else name
            if isinstance(name, str):
                found[str(name)] = self.encode(item, (*path, str(name)))
            else:
                self.refuse((*path, repr(key)), "key", repr(key))
        return found


def described(value: Any) -> tuple[str, str]:
    """What it is, and the name by which its owner knows it."""
    named = callable(value) and hasattr(value, "__qualname__")
    owner = value if named else type(value)
    name = f"{getattr(owner, '__module__', '?')}.{owner.__qualname__}"
    if isinstance(value, type):
        return "class", name
    return ("function" if named else "object"), name


def places(module: str, setting: str, value: Any) -> dict[str, Any]:
    """Where it is written. Good settings are read whatever their text looks like, or their values compare as."""
    try:
        return start.load("prodserver_places").places(module, setting, value)
    except Exception:
        traceback.print_exc()
        return {}


#: What each start of Python runs first, wherever it stands.
OF_PYTHON = frozenset({"sitecustomize", "usercustomize"})


def project_files() -> list[str]:
    """The modules that the settings are made of: the project's own, by the folder it is in or since they are not installed."""
    here = os.path.realpath(os.getcwd())
    ours = os.path.dirname(os.path.realpath(__file__))
    installed = [os.path.realpath(one) for one in (sys.prefix, sys.base_prefix, sys.exec_prefix)]
    found = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py") or name in OF_PYTHON:
            continue
        folder = os.path.dirname(os.path.realpath(file))
        parts = folder.split(os.sep)
        if folder == ours or "site-packages" in parts or "dist-packages" in parts:
            continue
        if within(folder, here) or not any(within(folder, one) for one in installed):
            found.add(os.path.abspath(file))
    return sorted(found)


def within(folder: str, other: str) -> bool:
    return folder == other or folder.startswith(other.rstrip(os.sep) + os.sep)


def ask(module: str) -> dict[str, Any]:
    # As manage.py --settings does; what the settings import may ask for it too.
    os.environ["DJANGO_SETTINGS_MODULE"] = module
    from django.conf import settings

    missing = object()
    setting, value = SETTINGS[0], missing
    for name in SETTINGS:
        value = getattr(settings, name, missing)
        if value is not missing:
            setting = name
            break
    # Lazy texts stay as they were written: a translation needs the apps, which are not loaded.
    settings.USE_I18N = False
    encoder = Encoder()
    answer: dict[str, Any] = {"v": 1, "setting": None, "value": None, "places": [], "lines": {}}
    if value is not missing:
        answer.update(setting=setting, value=encoder.encode(value, (setting,)))
        answer.update(places(module, setting, value))
    for name in ("WSGI_APPLICATION", "ASGI_APPLICATION"):
        told = getattr(settings, name, None)
        answer[name] = str(told) if isinstance(told, str) else None
    return {**answer, "refused": encoder.refused, "files": project_files()}


if __name__ == "__main__":
    probe = start.load("prodserver_probe")
    usage = "prodserver_settings.py MODULE"
    probe.leave(probe.answer("PRODSERVER_SETTINGS_FD", usage, ask))
