"""Sends the sample's tasks and workflows to the broker of its settings, and prints what came of them as JSON."""

import json
from datetime import datetime, timedelta, timezone

import django

django.setup()

from celery import chain, chord, group  # noqa: E402
from orders.tasks import add, flaky, note, record_total, urgent, whoami  # noqa: E402

PATIENCE_SECONDS = 40
DELAY_SECONDS = 1


def notes(name, count):
    """So many tasks that each leave their number in a file."""
    return [note.si(name, str(number)) for number in range(count)]


def send():
    """Everything at once: the worker has two children."""
    later = datetime.now(timezone.utc) + timedelta(seconds=DELAY_SECONDS)
    return {
        "retry": flaky.delay(2, "e2e"),
        "chain": chain(add.s(1, 2), add.s(3), add.s(4)).delay(),
        "group": group(add.s(n, n) for n in range(4)).delay(),
        "chord": chord((add.s(n, n) for n in range(4)), record_total.s()).delay(),
        "countdown": add.apply_async((20, 3), countdown=DELAY_SECONDS),
        "eta": add.apply_async((20, 4), eta=later),
        "routed": urgent.delay(),
        "queue": whoami.apply_async(queue="priority"),
        "default": whoami.delay(),
        "notes of a chain": chain(*notes("chain.txt", 3)).delay(),
        "notes of a group": group(notes("group.txt", 4)).delay(),
        "notes of a chord": chord(notes("chord.txt", 3), note.si("chord.txt", "body")).delay(),
        "note of a countdown": note.apply_async(("countdown.txt", "late"), countdown=DELAY_SECONDS),
        "note of a queue": note.apply_async(("queue.txt", "urgent"), queue="priority"),
    }


def seconds_until_done(result, start):
    return (result.date_done - start).total_seconds()


start = datetime.now(timezone.utc)
sent = send()
values = {name: result.get(timeout=PATIENCE_SECONDS, interval=0.05) for name, result in sent.items()}
waited = {name: seconds_until_done(sent[name], start) for name in ("countdown", "eta")}
backend = type(sent["retry"].backend).__name__
print(json.dumps({"values": values, "waited": waited, "retry": sent["retry"].id, "backend": backend}))
