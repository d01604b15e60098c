"""The application of the proofs: small tasks whose effects can be seen from outside, and no Django to load."""

import json
import os
import time
from importlib import import_module

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from kombu import Queue

app = Celery("proving", broker=os.environ["PROVING_BROKER"], backend=os.environ["PROVING_RESULTS"])
app.conf.broker_connection_retry_on_startup = True
# Redis serves several queues in turn unless it is told to take the left one first.
if app.conf.broker_url.startswith("redis"):
    app.conf.broker_transport_options = {"queue_order_strategy": "priority"}
# A worker that becomes another user may not be able to read what it has not read by then.
for _name in filter(None, os.environ.get("PROVING_PRELOAD", "").split(",")):
    import_module(_name)
# Any other settings.
app.conf.update(json.loads(os.environ.get("PROVING_CONF", "{}")))
if os.environ.get("PROVING_QUEUES"):
    app.conf.task_queues = [Queue(name) for name in os.environ["PROVING_QUEUES"].split(",")]
if os.environ.get("PROVING_PERIOD"):
    app.conf.beat_schedule = {
        "tick": {"task": "tick", "schedule": float(os.environ["PROVING_PERIOD"])},
    }

_hoard = []


@app.task(name="whoami")
def whoami():
    """Tell which process runs this."""
    return os.getpid()


@app.task(name="tick")
def tick():
    """What beat sends."""
    return time.time()


@app.task(name="span")
def span(seconds):
    """Sleep, and tell from when to when."""
    start = time.monotonic()
    time.sleep(seconds)
    return [start, time.monotonic()]


@app.task(name="patient")
def patient(seconds):
    """Sleep in small steps; a soft time limit is caught."""
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.05)
    except SoftTimeLimitExceeded:
        return "caught"
    return "slept"


@app.task(name="allocate")
def allocate(mebibytes):
    """Hold on to that much resident memory for the life of the process."""
    _hoard.append(bytearray(b"\x01") * (mebibytes * 1024 * 1024))
    return os.getpid()


@app.task(name="waiting")
def waiting(seconds, queue="celery"):
    """How many messages are left in a Redis queue after some time."""
    time.sleep(seconds)
    with app.connection_for_read() as connection:
        return connection.default_channel.client.llen(queue)
