"""As little of a Django project as its commands run with."""

SECRET_KEY = "not one"
DEBUG = True
ROOT_URLCONF = "app"
STATIC_URL = "/static/"
INSTALLED_APPS = ["django_extensions"]
