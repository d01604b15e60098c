"""Applications that answer when the test says so: when there is a file `go` where they run."""

import asyncio
import time
from pathlib import Path

LENGTH = 2
urlpatterns = []
# Seconds between two looks for the file.
LOOK = 0.02


def application(environ, start_response):
    """WSGI."""
    print("asked", flush=True)
    while not Path("go").exists():
        time.sleep(LOOK)
    start_response("200 OK", [("Content-Length", str(LENGTH))])
    return [b"ok"]


async def asgi(scope, receive, send):
    """ASGI, without lifespan."""
    if scope["type"] != "http":
        raise RuntimeError(f"no {scope['type']} here")
    print("asked", flush=True)
    while not Path("go").exists():
        await asyncio.sleep(LOOK)
    headers = [(b"content-length", str(LENGTH).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})
