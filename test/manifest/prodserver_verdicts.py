"""What each program itself says to ARGS as django-prodserver 3.0 hands them on. Rows of [program, ARGS] as JSON on stdin; for each the complaint, or null."""

import contextlib
import io
import json
import sys


def tokens(args):
    if isinstance(args, str):
        return [args]
    return [f"--{key}" if value is None else f"--{key}={value}" for key, value in args.items()]


def gunicorn(argv):
    from gunicorn.config import Config

    config = Config()
    for name, value in vars(config.parser().parse_args(argv)).items():
        if value is not None and name != "args":
            config.set(name.lower(), value)


def uvicorn(argv):
    from uvicorn.main import main

    main.make_context("uvicorn", ["shop:app", *argv])


def waitress(argv):
    from waitress.adjustments import Adjustments

    options, _ = Adjustments.parse_args([*argv, "shop:app"])
    Adjustments(**{key: value for key, value in options.items() if key not in ("help", "app", "call")})


def celery(command):
    def parse(argv):
        import click
        from celery import Celery
        from celery.bin.base import CLIContext
        from celery.bin.celery import celery as group

        parent = click.Context(group, obj=CLIContext(app=Celery(), no_color=True, workdir=None))
        group.commands[command].make_context(command, argv, parent=parent)

    return parse


def flower(argv):
    from flower.command import apply_options

    apply_options("flower", argv)


def django(app, name):
    def parse(argv):
        import django
        from django.conf import settings
        from django.core.management import load_command_class

        if not settings.configured:
            settings.configure(
                INSTALLED_APPS=["django_tasks", "django_tasks_db", "django_q"],
                DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
                SECRET_KEY="x",
                TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
            )
            django.setup()
        load_command_class(app, name).create_parser("manage.py", name).parse_args(argv)

    return parse


PROGRAMS = {
    "gunicorn": gunicorn,
    "uvicorn": uvicorn,
    "waitress": waitress,
    "worker": celery("worker"),
    "beat": celery("beat"),
    "flower": flower,
    "tasks": django("django_tasks_db", "db_worker"),
    "q2": django("django_q", "qcluster"),
}


def verdict(program, args):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            PROGRAMS[program](tokens(args))
    except SystemExit as end:
        return said.getvalue().strip().splitlines()[-1] if end.code else None
    except Exception as error:  # the programs' parsers raise errors of many kinds: each is the complaint
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"
    return None


json.dump([verdict(program, args) for program, args in json.load(sys.stdin)], sys.__stdout__)
