"""What our scripts do before the project's code runs: find each other, and see what the project sees.

Each script reads this file by its location, since its folder is not always on sys.path
(`python -P`), and must not stay there, where it would stand before the project's own names.
"""
from __future__ import annotations

import os
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location

HERE = os.path.dirname(os.path.realpath(__file__))


def put_cwd_first() -> None:
    """A script has its own folder first on sys.path, `-m` the CWD; with -P neither has."""
    if getattr(sys.flags, "safe_path", False) or sys.flags.isolated or not sys.path:
        return
    if os.path.realpath(sys.path[0]) == HERE:
        try:
            sys.path[0] = os.getcwd()
        except OSError:
            del sys.path[0]


class UncachedLoader(SourceFileLoader):
    """Writes no bytecode: our folder may be read-only, or another user's."""

    def set_data(self, *args: object, **kwargs: object) -> None:
        pass


def spec_of(name: str):
    path = os.path.join(HERE, f"{name}.py")
    return spec_from_file_location(name, path, loader=UncachedLoader(name, path))


def load(name: str):
    """Import one of our modules by location: our folder is not on the user's sys.path."""
    spec = spec_of(name)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class OnceFinder:
    """Lets the user's project import prodserver_once; a copy of its own, found before, wins."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None):
        return spec_of(name) if name == "prodserver_once" else None
