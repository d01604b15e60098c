"""Which tasks a beat would send: those of the settings, and those that its scheduler keeps elsewhere."""
from __future__ import annotations

import json
import sys
from typing import Any

DATABASE = "django_celery_beat"


def static(app: Any) -> list[dict[str, Any]]:
    """Those of beat_schedule, which handlers of the application's signals have added to by now."""
    return [
        {"name": str(name), "task": getattr(entry, "task", None) or entry["task"], "from": "settings"}
        for name, entry in (app.conf.beat_schedule or {}).items()
    ]


def of_scheduler(app: Any, given: str | None) -> dict[str, Any]:
    """What is in the scheduler's own keeping. `given` is the manifest's, else the settings decide."""
    name = given or app.conf.beat_scheduler
    found = scheduler_class(name)
    bases = {f"{base.__module__}.{base.__qualname__}" for base in found.__mro__}
    told: dict[str, Any] = {"scheduler": name}
    if "django_celery_beat.schedulers.DatabaseScheduler" in bases:
        return {**told, "keeper": "database", **of_database()}
    if "redbeat.schedulers.RedBeatScheduler" in bases:
        return {**told, "keeper": "redis", "schedule": of_redis(app), "django_app": None}
    return {**told, "keeper": "own", "schedule": [], "django_app": None}


def scheduler_class(name: str) -> type:
    """As celery.beat.Service does: a path, or the name of an entry point."""
    from celery.utils.imports import load_extension_class_names, symbol_by_name
    aliases = dict(load_extension_class_names("celery.beat_schedulers"))
    found = symbol_by_name(name, aliases=aliases)
    if not isinstance(found, type):
        raise TypeError(f"{name} is no scheduler class")
    return found


def of_database() -> dict[str, Any]:
    django = sys.modules["prodserver_deep_django"]
    state = django.migrations(DATABASE)
    if not state["installed"] or state["unreachable"] or state["unapplied"]:
        return {"schedule": [], "django_app": state}
    from django_celery_beat.models import PeriodicTask
    rows = PeriodicTask.objects.filter(enabled=True).order_by("name").values_list("name", "task")
    found = [{"name": name, "task": task, "from": "database"} for name, task in rows]
    return {"schedule": found, "django_app": state}


def of_redis(app: Any) -> list[dict[str, Any]]:
    from redbeat.schedulers import ensure_conf, get_redis
    ensure_conf(app)
    client, found = get_redis(app), []
    for key in client.zrange(app.redbeat_conf.schedule_key, 0, -1):
        text = client.hget(key, "definition")
        entry = json.loads(text) if text else {}
        if entry.get("enabled", True) and entry.get("task"):
            found.append({"name": entry.get("name", str(key)), "task": entry["task"], "from": "redis"})
    return found
