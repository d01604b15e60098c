"""The application of the lease's fault runs: a beat whose sends can be told apart, and a worker that writes what it ran.

Each message of a beat carries `sent-by`, unique to the process, and `sent-at` (CLOCK_BOOTTIME, s).
"""

import os
import socket
import time
import uuid
from datetime import timedelta

from celery import Celery
from celery.schedules import schedstate, schedule
from celery.signals import before_task_publish


class Whole(schedule):
    """Due at each whole multiple of its period, so that two hosts mean the same due time."""

    def remaining_estimate(self, last_run_at):
        due = (last_run_at.timestamp() // self.seconds + 1) * self.seconds
        return timedelta(seconds=due - self.now().timestamp())

    def is_due(self, last_run_at):
        left = self.remaining_estimate(self.maybe_make_aware(last_run_at)).total_seconds()
        if left > 0:
            return schedstate(is_due=False, next=left)
        return schedstate(is_due=True, next=self.remaining_estimate(self.now()).total_seconds())


app = Celery("lease_app", broker=os.environ["LEASE_BROKER"])
app.conf.update(
    beat_schedule={
        "often": {"task": "lease.often", "schedule": 0.25},
        "whole": {"task": "lease.whole", "schedule": Whole(1.0)},
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
    headers["sent-at"] = time.clock_gettime(time.CLOCK_BOOTTIME)


@app.task(name="lease.often", bind=True)
def often(self):
    ran(self)


@app.task(name="lease.whole", bind=True)
def whole(self):
    ran(self)


def ran(task):
    """One write to a file that is appended to is never torn. Neither a key nor an id has blanks."""
    fd = os.open(os.environ["LEASE_RAN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(fd, f"{task.request.get('prodserver-key')} {task.request.id}\n".encode())
    finally:
        os.close(fd)
