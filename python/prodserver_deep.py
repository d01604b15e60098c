"""Ask a project whether what its manifest names is there: applications, tasks, brokers, commands.

`python prodserver_deep.py QUESTIONS`, run in the project's folder as its processes are. QUESTIONS
is JSON: {"seconds": N, "questions": [{"kind": ..., ...}]}. The answers are JSON lines on the descriptor named
by PRODSERVER_DEEP_FD, each as soon as it is known: {"at": [question, step]} before a step,
{"question": n, "step": ..., "ok": true, ...} or {"ok": false, "error": {...}} after it. What else is
written there is the stack of a step that hangs. stdout and stderr are left to whatever the project prints.
"""
from __future__ import annotations

import faulthandler
import fcntl
import json
import os
import sys
from types import ModuleType
from typing import Any, Callable

USAGE = 2
VERSION = 1
# Before the one who asked gives up, so that the stack still arrives. Part of the time.
STACK_AT = 0.85
# Where descriptors of ours are out of the way of a project that closes or writes to low ones.
HIGH = 200


def start_module() -> ModuleType:
    """By its location: our folder is not always on sys.path."""
    module = ModuleType("prodserver_start")
    module.__file__ = os.path.join(os.path.dirname(os.path.realpath(__file__)), "prodserver_start.py")
    with open(module.__file__, encoding="utf-8") as file:
        exec(compile(file.read(), module.__file__, "exec"), module.__dict__)
    return module


start = start_module()


class Answers:
    """The way back to the one who asked."""

    def __init__(self, fd: int, seconds: float) -> None:
        self.fd, self.seconds = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH), seconds
        os.close(fd)
        self.pid, self.secrets = os.getpid(), start.load("prodserver_secrets").Secrets(os.environ)

    def write(self, line: dict[str, Any]) -> None:
        # A project that forks and goes on has two of us: only the first is asked.
        if os.getpid() != self.pid:
            os._exit(0)
        data = json.dumps(self.secrets.hide(line), default=str).encode() + b"\n"
        while data:
            data = data[os.write(self.fd, data):]

    def step(self, question: int, name: str, ask: Callable[[], dict[str, Any] | None]) -> bool:
        """Ask, and tell; False where it failed."""
        self.write({"at": [question, name]})
        faulthandler.dump_traceback_later(self.seconds * STACK_AT, file=self.fd)
        try:
            found, error = ask() or {}, None
        # SystemExit too: code that exits by itself at its import has no more to say.
        except BaseException as raised:
            found, error = {}, start.load("prodserver_trouble").told(raised)
        finally:
            faulthandler.cancel_dump_traceback_later()
        line: dict[str, Any] = {"question": question, "step": name, "ok": error is None, **found}
        self.write(line if error is None else {**line, "error": error})
        return error is None


def versions(packages: list[str]) -> dict[str, Any]:
    """What is installed, by the names that pip knows."""
    from importlib import metadata

    found: dict[str, str | None] = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": python, "executable": sys.executable, "versions": found}


def ask_one(answers: Answers, number: int, question: dict[str, Any]) -> None:
    kind = question["kind"]

    def step(name: str, ask: Callable[[], dict[str, Any] | None]) -> bool:
        return answers.step(number, name, ask)

    if kind == "packages":
        step("packages", lambda: versions(question["packages"]))
        return
    start.load(f"prodserver_deep_{kind}").ask(question, step)


def main() -> int:
    start.put_cwd_first()
    number = os.environ.pop("PRODSERVER_DEEP_FD", "")
    if len(sys.argv) != 2 or not number.isdecimal():
        print("usage: PRODSERVER_DEEP_FD=N prodserver_deep.py QUESTIONS", file=sys.stderr)
        return USAGE
    order = json.loads(sys.argv[1])
    sys.meta_path.append(start.OnceFinder)
    # What the project reads of its command line is none of ours.
    sys.argv = [sys.argv[0]]
    answers = Answers(int(number), float(order["seconds"]))
    for index, question in enumerate(order["questions"]):
        ask_one(answers, index, question)
    answers.write({"done": VERSION})
    return 0


if __name__ == "__main__":
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    # Threads that the project started (metrics, error reporting) must not keep this alive.
    os._exit(code)
