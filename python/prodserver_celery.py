"""Start Celery as `python -m celery` does, with the link in place.

Three things differ: worker and beat report to the supervisor, the command line
alone decides the options (Celery's parser also reads APP, BROKER_URL,
CELERY_WORKER_* ..., names that Django settings use for themselves), and the
lock handed over by the supervisor is held for the life of the process.
"""
from __future__ import annotations

import os
import sys
from types import ModuleType

LINKED = ("worker", "beat")
USAGE = 2


def start_module() -> ModuleType:
    """By its location: our folder is not always on sys.path."""
    module = ModuleType("prodserver_start")
    module.__file__ = os.path.join(os.path.dirname(os.path.realpath(__file__)), "prodserver_start.py")
    with open(module.__file__, encoding="utf-8") as file:
        exec(compile(file.read(), module.__file__, "exec"), module.__dict__)
    return module


start = start_module()


class Lock:
    """The supervisor's lock, kept in this process only, never in what it forks or starts.

    An embedded beat is the exception: it sends the schedule, so the lock has to last as
    long as it does, should it outlive its worker.
    """

    def __init__(self, fd: int) -> None:
        self.fd, self.held = fd, os.fstat(fd)
        self.passing, self.worker = False, os.getpid()
        os.set_inheritable(fd, False)
        os.register_at_fork(after_in_child=self.let_go)

    def let_go(self) -> None:
        if self.passing:
            return
        try:
            now = os.fstat(self.fd)
            if (now.st_dev, now.st_ino) == (self.held.st_dev, self.held.st_ino):
                os.close(self.fd)
        except OSError:
            pass

    def pass_to_beat(self, **_: object) -> None:
        """Let the process of an embedded beat keep the lock, and end with its worker."""
        import signal
        from billiard.util import set_pdeathsig
        from celery import beat, platforms

        process = beat._Process
        start, run = process.start, process.run

        def start_with_lock(service):
            self.passing, self.worker = True, os.getpid()
            try:
                return start(service)
            finally:
                self.passing = False

        def run_with_lock(service):
            self.passing = False
            close = platforms.close_open_fds
            platforms.close_open_fds = lambda keep=None: close([*(keep or ()), self.fd])
            try:
                set_pdeathsig(signal.SIGTERM)
            except Exception:
                pass  # not Linux: the lock alone keeps a second beat from starting
            if os.getppid() != self.worker:
                return None
            return run(service)

        process.start, process.run = start_with_lock, run_with_lock


def hold_lock() -> Lock | None:
    number = os.environ.pop("PRODSERVER_LOCK_FD", None)
    try:
        fd = int(number or "")
        return Lock(fd) if fd > 2 else None
    except (ValueError, OverflowError, OSError):
        return None


def install_link(role: str) -> None:
    if "PRODSERVER_LINK_FD" not in os.environ:
        return
    try:
        for name in ("report", "requests", "canary", "vitals", "settle"):
            start.load(f"prodserver_{name}")
        start.load("prodserver_link").install(role)
    except Exception:
        pass
    finally:
        os.environ.pop("PRODSERVER_LINK_FD", None)


def install_fence(role: str) -> None:
    """Whatever becomes of the link: beat's own check of its lease does not need it."""
    try:
        start.load("prodserver_fence").install(role)
    except Exception:
        if "PRODSERVER_FENCE_FD" in os.environ:
            print("prodserver: this beat has no fence", file=sys.stderr)


def keep_lock_with_beat(lock: Lock) -> None:
    """Once the app is there: users may patch the standard library before Celery imports beat."""
    try:
        from celery.signals import celeryd_after_setup
        celeryd_after_setup.connect(lock.pass_to_beat, weak=False, dispatch_uid="prodserver.lock")
    except Exception:
        pass


def link_when_resolved(group, lock: Lock | None) -> None:
    """The sub-command is known before click runs the group's body, which imports the app."""
    resolve = group.resolve_command

    def resolve_command(ctx, args):
        resolved = resolve(ctx, args)
        if resolved[0] in LINKED:
            # First, and so within what the link watches: a tick that is refused is one all the same.
            install_fence(resolved[0])
            install_link(resolved[0])
        if lock is not None and resolved[0] == "worker":
            keep_lock_with_beat(lock)
        os.environ.pop("PRODSERVER_LINK_FD", None)
        return resolved
    group.resolve_command = resolve_command


def deafen(command) -> None:
    """Forget the variables that options name; auto_envvar_prefix is simply not passed."""
    for parameter in command.params:
        parameter.envvar = None
    for child in getattr(command, "commands", {}).values():
        deafen(child)


def import_failed(error: ImportError) -> int:
    """Only for the name `celery` itself; what Celery fails to import is told by its traceback."""
    if isinstance(error, ModuleNotFoundError):
        reason = f"this interpreter has no Celery: {sys.executable} (pip install celery)"
    else:
        reason = f"the name celery is taken by {error.path} (rename it)"
    print(f"prodserver: {reason}", file=sys.stderr)
    return USAGE


def main() -> int:
    start.put_cwd_first()
    sys.meta_path.append(start.OnceFinder)
    lock = hold_lock()
    if "PRODSERVER_LINK_FD" in os.environ:
        start.load("prodserver_output").guard()
    try:
        from celery import maybe_patch_concurrency
    except ImportError as error:
        if error.name != "celery":
            raise
        return import_failed(error)
    # From here on as celery.__main__.main: green pools patch before anything else is imported.
    if "multi" not in sys.argv:
        maybe_patch_concurrency()
    from celery.bin.celery import celery as group
    deafen(group)
    link_when_resolved(group, lock)
    return group(prog_name="celery")


if __name__ == "__main__":
    sys.exit(main())
