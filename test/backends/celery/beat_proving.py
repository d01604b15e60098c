"""The application of the proofs with a crontab beside its interval: due at New Year only, so never by chance."""

from celery.schedules import crontab

from proving import app

app.conf.beat_schedule["yearly"] = {
    "task": "whoami",
    "schedule": crontab(minute=0, hour=0, day_of_month=1, month_of_year=1),
}
