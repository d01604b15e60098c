"""What a Celery application has: itself, its tasks, its schedule and the ways to its broker and results."""
from __future__ import annotations

from typing import Any, Callable

Step = Callable[[str, Callable[[], Any]], bool]


class NoApp(Exception):
    """The module is there, and has no application."""


def find(name: str):
    """As `celery -A` does."""
    from celery import Celery
    from celery.app.utils import find_app
    try:
        app = find_app(name)
    except AttributeError as error:
        if in_project(error):
            raise
        raise NoApp(f"there is no Celery application in {name}") from None
    if not isinstance(app, Celery):
        kind = type(app)
        raise NoApp(f"{name} is {kind.__module__}.{kind.__qualname__}, not a Celery application")
    return app


def in_project(error: BaseException) -> bool:
    """Whether the project's own code raised it, and not the look for an attribute."""
    import sys
    return sys.modules["prodserver_trouble"].place(error) is not None


def imported(app: Any, include: list[str]) -> None:
    """As a worker does before it tells its tasks; a beat too."""
    from importlib import import_module
    app.loader.import_default_modules()
    for module in include:
        import_module(module)
    app.finalize()


def own_tasks(app: Any) -> dict[str, Any]:
    names = sorted(name for name in app.tasks if not name.startswith("celery."))
    return {"names": names, "django": django_apps()}


def django_apps() -> list[str] | None:
    """INSTALLED_APPS as they were loaded; None where there is no Django."""
    import sys
    registry = sys.modules.get("django.apps")
    if registry is None or not registry.apps.ready:
        return None
    return [config.name for config in registry.apps.get_app_configs()]


def ask(question: dict[str, Any], step: Step) -> None:
    import sys
    load = sys.modules["__main__"].start.load
    for module in ("prodserver_trouble", "prodserver_deep_django"):
        load(module)
    held: list[Any] = []

    def import_app() -> dict[str, Any]:
        app = find(question["app"])
        held.append(app)
        return {"main": app.main}

    if not step("app", import_app):
        return
    app = held[0]
    has_tasks = step("tasks", lambda: (imported(app, question["include"]), own_tasks(app))[1])
    if question["beat"] is not None and has_tasks:
        schedules = load("prodserver_deep_schedule")
        step("schedule", lambda: {"schedule": schedules.static(app)})
        step("scheduler", lambda: schedules.of_scheduler(app, question["beat"]["scheduler"]))
    doors = load("prodserver_deep_doors")
    step("broker", lambda: {"doors": doors.broker(app)})
    if question["results"]:
        step("results", lambda: doors.results(app))
