"""Ask an app which broker it writes to, without connecting to it.

`python prodserver_probe.py APP`, run in the project's folder. The answer is one
JSON line on the descriptor named by PRODSERVER_PROBE_FD: stdout and stderr are
left to whatever the settings print. Exit 2, a traceback and no answer if the app
cannot be loaded.
"""
from __future__ import annotations

import json
import os
import sys
import traceback
from types import ModuleType
from typing import Any, Callable, NoReturn

USAGE = 2
OPTIONS = ("global_keyprefix", "queue_name_prefix", "region")
# kombu.transport.filesystem: relative to the CWD, these are its defaults.
FOLDERS = {"data_folder_in": "data_in", "data_folder_out": "data_out", "control_folder": "control"}


def start_module() -> ModuleType:
    """By its location: our folder is not always on sys.path."""
    module = ModuleType("prodserver_start")
    module.__file__ = os.path.join(os.path.dirname(os.path.realpath(__file__)), "prodserver_start.py")
    with open(module.__file__, encoding="utf-8") as file:
        exec(compile(file.read(), module.__file__, "exec"), module.__dict__)
    return module


start = start_module()


def url(connection: Any) -> str:
    """kombu's own URL less the mask, which 5.7 writes even where there is no password:
    one broker must have one name, whichever kombu is asked."""
    masked = connection.as_uri(include_password=False)
    return masked.replace(":**@", "@", 1).replace("://@", "://", 1)


def urls(connection: Any) -> list[str]:
    """The broker and its alternates, as kombu itself would switch to them."""
    found = [url(connection)]
    for alternate in list(connection.alt or ())[1:]:
        connection.switch(alternate)
        found.append(url(connection))
    return found


def scope(connection: Any) -> dict[str, Any]:
    """What sets apart two brokers that have the same URL."""
    options = connection.transport_options or {}
    found = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    if connection.transport.driver_type == "filesystem":
        for name, default in FOLDERS.items():
            found[name] = os.path.realpath(str(options.get(name, default)))
    return found


def ask(name: str) -> dict[str, Any]:
    from celery.app.utils import find_app
    app = find_app(name)
    connection = app.connection_for_write()
    told_scope = scope(connection)
    return {"v": 1, "main": app.main, "broker": ";".join(urls(connection)), "scope": told_scope}


def answer(variable: str, usage: str, question: Callable[[str], dict[str, Any]]) -> int:
    """Put the one argument's answer, as one line, on the descriptor that `variable` names."""
    start.put_cwd_first()
    number = os.environ.pop(variable, "")
    if len(sys.argv) != 2 or not number.isdecimal():
        print(f"usage: {variable}=N {usage}", file=sys.stderr)
        return USAGE
    fd = int(number)
    sys.meta_path.append(start.OnceFinder)
    try:
        os.set_inheritable(fd, False)
        line = json.dumps(question(sys.argv[1]), default=str).encode() + b"\n"
    # SystemExit too: settings that exit by themselves have given no answer.
    except (Exception, SystemExit):
        traceback.print_exc()
        return USAGE
    while line:
        line = line[os.write(fd, line):]
    return 0


def leave(code: int) -> NoReturn:
    """Threads that settings started (metrics, error reporting) must not keep the probe alive."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(code)


if __name__ == "__main__":
    leave(answer("PRODSERVER_PROBE_FD", "prodserver_probe.py APP", ask))
