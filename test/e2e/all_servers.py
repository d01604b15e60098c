"""A Django project in one file: settings and URLs; `page.py` beside it is the code that changes."""

import os
from pathlib import Path

from django.http import HttpResponse
from django.urls import path

HERE = Path.cwd()

SECRET_KEY = "of a test"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = __name__
WSGI_APPLICATION = "wsgi.application"
ASGI_APPLICATION = "asgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "db.sqlite3", "OPTIONS": {"timeout": 20}}}
# Daphne's runserver takes the place of Django's where it comes first.
INSTALLED_APPS = [
    *(["daphne"] if "WITH_DAPHNE" in os.environ else []),
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "django_q",
]
STATIC_URL = "static/"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
Q_CLUSTER = {"name": "test", "orm": "default", "workers": 1, "timeout": 60, "retry": 90}


def show(request):
    from page import TEXT

    return HttpResponse(f"{request.META.get('SERVER_SOFTWARE', 'no name')}: {TEXT}")


urlpatterns = [path("", show)]
