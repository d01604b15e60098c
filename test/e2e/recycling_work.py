"""Work of every kind, on a worker that is replaced meanwhile. As a program it sends it, and prints what came of it as JSON."""

import json
import os
import time

from celery import Celery, chain, chord, group
from celery.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded

# Named as the module is: run as a program, its tasks have the names that the worker knows.
app = Celery("recycling_work", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1)

PATIENCE_SECONDS = 60
# Longer than a worker lives: what waits for its time passes from one to the next.
ETA_SECONDS = 8
LIMIT_SECONDS = 1
MOST_ROUNDS = 40


def leave(name):
    fd = os.open("marks", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, f"{name}\n".encode())
    os.close(fd)


@app.task(bind=True)
def add(self, a, b, name):
    leave(f"{name} {self.request.hostname}")
    return a + b


@app.task(bind=True)
def total(self, values, name):
    leave(f"{name} {self.request.hostname}")
    return sum(values)


@app.task(bind=True, max_retries=3)
def flaky(self, name):
    leave(f"{name}-{self.request.retries} {self.request.hostname}")
    if self.request.retries < 2:
        raise self.retry(countdown=0.5 * 2 ** self.request.retries)
    return self.request.retries


@app.task(time_limit=LIMIT_SECONDS)
def endless():
    time.sleep(PATIENCE_SECONDS)


@app.task(soft_time_limit=LIMIT_SECONDS)
def told():
    try:
        time.sleep(PATIENCE_SECONDS)
    except SoftTimeLimitExceeded:
        return "told"


def send(n):
    """Fourteen tasks, and sixteen runs."""
    return {
        "chain": chain(add.s(1, 2, f"chain-{n}-0"), add.s(3, f"chain-{n}-1"), add.s(4, f"chain-{n}-2")).delay(),
        "group": group(add.s(k, k, f"group-{n}-{k}") for k in range(4)).delay(),
        "chord": chord((add.s(k, k, f"chord-{n}-{k}") for k in range(4)), total.s(f"body-{n}")).delay(),
        "retry": flaky.delay(f"flaky-{n}"),
        "eta": add.apply_async((n, 1, f"eta-{n}"), countdown=ETA_SECONDS),
    }


def lives():
    """The nodes that have done something so far."""
    if not os.path.exists("marks"):
        return set()
    with open("marks") as marks:
        return {line.split()[1] for line in marks}


if __name__ == "__main__":
    limits = [endless.delay(), told.delay()]
    sent = []
    # As long as it takes, on a slow machine too: the third life has then done some of it.
    while len(lives()) < 3 and len(sent) < MOST_ROUNDS:
        sent.append(send(len(sent)))
        time.sleep(1)
    values = [{name: one.get(timeout=PATIENCE_SECONDS) for name, one in row.items()} for row in sent]
    try:
        limits[0].get(timeout=PATIENCE_SECONDS)
        hard = None
    except TimeLimitExceeded:
        hard = "ended"
    print(json.dumps({"values": values, "hard": hard, "soft": limits[1].get(timeout=PATIENCE_SECONDS)}))
