"""Writes django-celery-beat's rows as an administrator would. Takes one JSON row a line, and answers each with a line."""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask  # noqa: E402


def schedule_of(row):
    """An interval, or every minute with its last run an hour ago."""
    if "every_ms" in row:
        every = row["every_ms"] * 1000
        schedule, _ = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.MICROSECONDS)
        return {"interval": schedule}
    schedule, _ = CrontabSchedule.objects.get_or_create()
    return {"crontab": schedule, "last_run_at": timezone.now() - timedelta(hours=1)}


for line in sys.stdin:
    row = json.loads(line)
    values = {"task": "orders.tasks.note", "args": json.dumps(["table.txt", row["text"]]), **schedule_of(row)}
    PeriodicTask.objects.update_or_create(name=row["name"], defaults=values)
    print("saved", flush=True)
