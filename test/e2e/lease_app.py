"""The application of the lease's fault runs: a beat whose sends can be told apart, and a worker that writes what it ran.

Each message of a beat carries `sent-by`, unique to the process.
"""

import os
import socket
import time
import uuid
from datetime import timedelta

from celery import Celery
from celery.beat import PersistentScheduler
from celery.schedules import schedstate, schedule
from celery.signals import before_task_publish


class EachSecond(schedule):
    """Due when a second begins, so that the due time of a message is no accident of when its beat was started."""

    def remaining_estimate(self, last_run_at):
        return last_run_at.replace(microsecond=0) + timedelta(seconds=1) - self.now()

    def is_due(self, last_run_at):
        left = self.remaining_estimate(self.maybe_make_aware(last_run_at)).total_seconds()
        if left > 0:
            return schedstate(is_due=False, next=left)
        return schedstate(is_due=True, next=self.remaining_estimate(self.now()).total_seconds())


class SlowToSave(PersistentScheduler):
    """So that a KILL often comes between a send and its save, and what was sent last is sent again."""

    def sync(self):
        time.sleep(SAVE_S)
        super().sync()


SAVE_S = 0.06
app = Celery("lease_app", broker=os.environ["LEASE_BROKER"])
app.conf.update(
    # A beat whose clock is back for a moment would sleep five minutes, as nothing is due for an hour.
    beat_max_loop_interval=1,
    beat_scheduler="lease_app:SlowToSave",
    beat_schedule={
        "often": {"task": "lease.often", "schedule": 0.25},
        "seconds": {"task": "lease.seconds", "schedule": EachSecond(1, relative=True)},
    },
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
)

if os.environ.get("LEASE_ONCE"):
    import prodserver_once

    prodserver_once.install(app)

SENDER = f"{os.environ.get('LEASE_HOST', socket.gethostname())}#{os.getpid()}#{uuid.uuid4().hex[:8]}"


@before_task_publish.connect
def sign(headers=None, **_):
    headers["sent-by"] = SENDER


@app.task(name="lease.often", bind=True)
def often(self):
    ran(self)


@app.task(name="lease.seconds", bind=True)
def seconds(self):
    ran(self)


def ran(task):
    """One write to a file that is appended to is never torn. Neither a key nor an id has blanks."""
    fd = os.open(os.environ["LEASE_RAN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(fd, f"{task.request.get('prodserver-key')} {task.request.id}\n".encode())
    finally:
        os.close(fd)
