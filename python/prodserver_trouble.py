"""An exception of a project as data: what it says, and where the project's own code raised it."""
from __future__ import annotations

import importlib
import linecache
import os
import re
import site
import sys
import sysconfig
import traceback
from typing import Any

# Wherever they are: site-packages of another interpreter on PYTHONPATH is nobody's own code either.
PACKAGES = re.compile(r"/(site|dist)-packages/")
HERE = os.path.dirname(os.path.realpath(__file__))
# Of one message, and of a whole traceback.
TEXT = 2000
LINES = 200


def libraries() -> tuple[str, ...]:
    """Folders of code that is not the project's."""
    paths = sysconfig.get_paths()
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib") if name in paths]
    found += [*site.getsitepackages(), site.getusersitepackages()] if hasattr(site, "getsitepackages") else []
    return tuple({os.path.realpath(path) + os.sep for path in found})


def is_theirs(file: str, others: tuple[str, ...]) -> bool:
    if file.startswith("<") or PACKAGES.search(file):
        return False
    path = os.path.realpath(file)
    return not path.startswith((HERE + os.sep, *others))


def place(error: BaseException) -> dict[str, Any] | None:
    """The last line of the project's own code on the way to it; of a syntax error the line itself."""
    others = libraries()
    if isinstance(error, SyntaxError) and error.filename and is_theirs(error.filename, others):
        text = error.text or linecache.getline(error.filename, error.lineno or 0)
        return {"file": error.filename, "line": error.lineno or 1, "text": text.strip()}
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_theirs(frame.filename, others)]
    if not own:
        cause = error.__cause__ or error.__context__
        return None if cause is None else place(cause)
    last = own[-1]
    return {"file": last.filename, "line": last.lineno, "text": (last.line or "").strip()}


def told(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    whole = traceback.TracebackException(kind, error, error.__traceback__)
    lines = "".join(shortened(whole).format()).splitlines()
    return {
        "type": name,
        "text": message(error)[:TEXT],
        "missing": error.name if isinstance(error, ModuleNotFoundError) else None,
        "place": place(error),
        "trace": [line for line in lines if line.strip()][-LINES:],
    }


def message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or "invalid syntax"
    if isinstance(error, SystemExit):
        return f"it exits by itself ({error.code})"
    return str(error)


def shortened(whole: traceback.TracebackException) -> traceback.TracebackException:
    """Without our own frames and those of the machinery of imports, in what caused it too."""
    seen: set[int] = set()
    left = [whole]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        one.stack = traceback.StackSummary.from_list([frame for frame in one.stack if not is_machinery(frame.filename)])
        left += [other for other in (one.__cause__, one.__context__) if other is not None]
    return whole


def is_machinery(file: str) -> bool:
    ours = os.path.realpath(file).startswith(HERE + os.sep)
    return ours or file.startswith("<frozen importlib") or file == importlib.__file__
