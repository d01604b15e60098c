"""Tasks that take their time, block everything, or leave a note; and a schedule that can get stuck."""
import os
import signal
import time

from celery import Celery
from celery.beat import PersistentScheduler

PERIOD = 2.0

app = Celery("hanging", broker=os.environ["BROKER"])
app.conf.update(
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    beat_schedule={"due": {"task": "hanging.note", "schedule": PERIOD, "args": ("due",), "options": {"queue": "due"}}},
)


def write(name, text):
    with open(f"{name}.txt", "a") as file:
        file.write(f"{text}\n")


@app.task
def note(name):
    write(name, time.time())


@app.task
def rest(name, seconds):
    write(name, "begun")
    time.sleep(seconds)
    write(name, "done")


@app.task
def spin():
    while True:
        pass


@app.task
def block():
    """Keep the hub as `spin` does, but not a processor."""
    while True:
        signal.pause()


class Scheduler(PersistentScheduler):
    """Notes what it sends, and when; with WEDGE its tick comes to no end, once."""

    ticks = 0

    def tick(self, *args, **kwargs):
        self.ticks += 1
        if os.environ.get("WEDGE") and self.ticks > 8 and not os.path.exists("wedged.txt"):
            write("wedged", time.time())
            time.sleep(3600)
        return super().tick(*args, **kwargs)

    def apply_async(self, *args, **kwargs):
        write(os.environ["SENT"], time.time())
        return super().apply_async(*args, **kwargs)
