"""Keep secrets out of what is told of a project: its environment's and its settings'."""
from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

NAMES = re.compile(
    r"pass(word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|signing_?key|credential|basic_?auth|cookie|dsn",
    re.IGNORECASE,
)
# user:password@, where a password may hold a raw "/" or "@".
IN_URL = re.compile(r"\w+://[^\s'\";/@]*:([^\s'\";]+)@")
# Shorter ones are words of every text, such as "guest" or "1".
SHORTEST = 6
# What of an answer is text by others.
TOLD = ("error", "doors", "trouble")
# Settings that hold no secret whatever their names say.
HARMLESS = re.compile(r"(AUTH_PASSWORD_VALIDATORS|PASSWORD_HASHERS|.*_COOKIE_(NAME|PATH|DOMAIN|SAMESITE|AGE))$")


class Secrets:
    """Values that look like secrets by their names, and passwords in URLs, as `***`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.known: set[str] = set()
        self.add(environ.items())

    def add(self, pairs: Iterable[tuple[str, Any]], depth: int = 0) -> None:
        for name, value in pairs:
            if isinstance(value, str):
                self.known.update(match.group(1) for match in IN_URL.finditer(value))
                if isinstance(name, str) and NAMES.search(name) and not HARMLESS.match(name):
                    self.known.add(value)
            elif isinstance(value, dict) and depth < 4:
                self.add(value.items(), depth + 1)

    def add_django(self) -> None:
        """Once they are there: what Django's settings hold."""
        import sys

        conf = sys.modules.get("django.conf")
        settings = getattr(conf, "settings", None)
        if settings is None or not settings.configured:
            return
        names = [name for name in dir(settings) if name.isupper()]
        # Only a few are read: a setting may be anything, and reading it may do anything.
        wanted = [name for name in names if NAMES.search(name) or name in ("DATABASES", "CACHES", "SECRET_KEY")]
        self.add((name, getattr(settings, name, None)) for name in wanted)

    def hide(self, line: dict[str, Any]) -> dict[str, Any]:
        """The same with what errors say masked; what else is told is the project's own names."""
        try:
            self.add_django()
        except Exception:
            pass  # settings that cannot be read have told no secret either
        return {name: self.hidden(value) if name in TOLD else value for name, value in line.items()}

    def hidden(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.hidden(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.hidden(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        for secret in sorted(self.known, key=len, reverse=True):
            if len(secret) >= SHORTEST:
                text = text.replace(secret, "***")
        return IN_URL.sub(lambda match: match.group(0).replace(f":{match.group(1)}@", ":***@"), text)
