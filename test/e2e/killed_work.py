"""Tasks that are killed, or rest while something else is."""

import os
import signal
import time

from celery import Celery

app = Celery("killed_work", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.update(
    task_acks_late=os.environ.get("ACKS", "early") != "early",
    task_reject_on_worker_lost=os.environ.get("ACKS") == "reject",
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    # What a dead worker had taken is given to another one after this; the tasks here take less.
    broker_transport_options={"visibility_timeout": 4},
)


def leave(*words):
    fd = os.open("marks", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (" ".join(words) + "\n").encode())
    os.close(fd)


@app.task
def die(name):
    """Killed the first time, done the second."""
    leave(name, "begun")
    try:
        os.close(os.open(f"{name}.once", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        leave(name, "done")
    else:
        os.kill(os.getpid(), signal.SIGKILL)


@app.task
def rest(name, seconds):
    leave(name, "begun")
    time.sleep(seconds)
    leave(name, "done")


@app.task
def eat(name, mebibytes):
    leave(name, "begun")
    hoard = bytearray(mebibytes << 20)
    leave(name, f"has {len(hoard)}")
