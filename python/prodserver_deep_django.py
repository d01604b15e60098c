"""What a Django project has: its management commands, its INSTALLED_APPS and how far they are migrated."""
from __future__ import annotations

import os
import sys
from typing import Any, Callable

Step = Callable[[str, Callable[[], Any]], bool]


def through_manage(words: dict[str, str], then: Callable[[], None]) -> None:
    """Run `then` where manage.py would run its command: with its own preparations, or as `-m django` has it."""
    from django.core import management

    def instead(argv: list[str] | None = None) -> None:
        called.append(True)
        if words.get("settings"):
            os.environ["DJANGO_SETTINGS_MODULE"] = words["settings"]
        if words.get("pythonpath"):
            sys.path.insert(0, words["pythonpath"])
        then()

    called: list[bool] = []
    if os.path.isfile("manage.py"):
        import runpy
        theirs, arguments = management.execute_from_command_line, sys.argv
        management.execute_from_command_line, sys.argv = instead, ["manage.py", "check"]
        try:
            runpy.run_path("manage.py", run_name="__main__")
        finally:
            management.execute_from_command_line, sys.argv = theirs, arguments
    if not called:
        instead()


def set_up() -> None:
    import django
    django.setup()


def commands(names: list[str]) -> dict[str, Any]:
    from django.apps import apps
    from django.core.management import get_commands
    known = get_commands()
    owners = {name: str(getattr(known[name], "__module__", known[name])) for name in names if name in known}
    return {"known": sorted(known), "owners": owners, "apps": [config.name for config in apps.get_app_configs()]}


def migrations(label: str) -> dict[str, Any]:
    """Which migrations of an application are not in the database; a database file that is not there is not made."""
    from django.apps import apps
    found: dict[str, Any] = {"label": label, "installed": True, "unapplied": [], "unreachable": None, "database": None}
    if not any(label in (config.label, config.name) for config in apps.get_app_configs()):
        return {**found, "installed": False}
    from django.db import connections, router
    from django.db.migrations.loader import MigrationLoader
    config = next(config for config in apps.get_app_configs() if label in (config.label, config.name))
    models = list(config.get_models())
    alias = router.db_for_read(models[0]) if models else "default"
    connection = connections[alias]
    name = str(connection.settings_dict.get("NAME") or "")
    found["database"] = {"alias": alias, "vendor": connection.vendor, "name": name,
                         "host": connection.settings_dict.get("HOST") or None}
    absent = connection.vendor == "sqlite" and os.path.isabs(name) and not os.path.exists(name)
    try:
        loader = MigrationLoader(None if absent else connection)
    except Exception as error:
        return {**found, "unreachable": sys.modules["prodserver_trouble"].told(error)["text"]}
    found["unapplied"] = sorted(
        key[1] for key in loader.graph.nodes if key[0] == config.label and key not in loader.applied_migrations
    )
    return found


def ask(question: dict[str, Any], step: Step) -> None:
    start = sys.modules["__main__"].start
    start.load("prodserver_trouble")

    def inside() -> None:
        if not step("setup", set_up):
            return
        step("commands", lambda: commands(question["commands"]))
        for label in question["migrations"]:
            step("migrations", lambda: migrations(label))

    reached: list[bool] = []
    try:
        through_manage(question["words"], lambda: (reached.append(True), inside())[0])
    except BaseException as error:
        if not reached:
            step("setup", lambda: raise_it(error))


def raise_it(error: BaseException) -> None:
    raise error
