"""Start uvicorn as `python -m uvicorn` does, for a socket that others serve too.

One thing differs, at its end. uvicorn closes what it has accepted and not read
yet, a moment after it accepted that: behind a port of its own nobody could be
served any more anyway, on a shared socket the client would have been served by
the next. So it stops accepting first, reads what it has, and ends then.

Workers of `--workers` import this file too, as spawn does with every main
module: that is why nothing here waits for `__main__` but the call at the end.
"""
from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import uvicorn
from uvicorn.server import Server

# What was accepted is read within a turn of the loop or two. Seconds.
SETTLE = 0.1

end = Server.shutdown


async def settle_and_end(self: Server, sockets: Any = None) -> None:
    loop = asyncio.get_running_loop()
    for server in getattr(self, "servers", []):
        for sock in server.sockets:
            try:
                loop.remove_reader(sock.fileno())
            except (NotImplementedError, RuntimeError):
                pass  # Not asyncio's own loop: it closes the socket without losing what it has.
    await asyncio.sleep(SETTLE)
    await end(self, sockets=sockets)


Server.shutdown = settle_and_end  # type: ignore[method-assign]

if __name__ == "__main__":
    # A script has its own folder first on sys.path, `-m` the CWD.
    here = os.path.dirname(os.path.realpath(__file__))
    if sys.path and os.path.realpath(sys.path[0]) == here:
        sys.path[0] = os.getcwd()
    sys.argv[0] = "uvicorn"
    uvicorn.main()
