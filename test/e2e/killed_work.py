"""Tasks that are killed, or rest while something else is."""

import os
import signal
import time

from celery import Celery

# Redis gives what a dead worker had taken to another one after this, when one looks the next time: each second here.
seconds = os.environ.get("VISIBILITY_TIMEOUT")
visibility = {}
if seconds is not None and os.environ["BROKER"].startswith("redis"):
    visibility = {"visibility_timeout": float(seconds), "unacked_restore_interval": 1, "unacked_restore_throttle": 1}

MUCH = 900 << 20

app = Celery("killed_work", broker=os.environ["BROKER"], backend=os.environ["RESULTS"])
app.conf.update(
    task_acks_late=os.environ.get("ACKS", "early") != "early",
    task_reject_on_worker_lost=os.environ.get("ACKS") == "reject",
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options=visibility,
)


def leave(*words):
    fd = os.open("marks", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (" ".join(words) + "\n").encode())
    os.close(fd)


def first(name):
    """True once."""
    try:
        os.close(os.open(f"{name}.once", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


@app.task
def die(name):
    """Killed the first time, done the second."""
    leave(name, "begun")
    if first(name):
        os.kill(os.getpid(), signal.SIGKILL)
    leave(name, "done")


@app.task
def eat(name):
    """Takes more memory than there is, the first time."""
    leave(name, "begun")
    if first(name):
        hoard = bytearray(MUCH)
        leave(name, f"has {len(hoard)}")
    leave(name, "done")


@app.task
def rest(name, until=None):
    """Rests until there is a file of that name."""
    leave(name, "begun")
    while until is not None and not os.path.exists(until):
        time.sleep(0.05)
    leave(name, "done")
