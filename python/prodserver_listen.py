"""Open a listening socket for a supervisor that has no koffi, and hand it over.

Node itself can only listen and accept. What it can do is to receive a socket
over the channel that it makes for its children: lines of JSON, and the
descriptor beside one of them. This program ends when it was sent.
"""
from __future__ import annotations

import array
import errno
import json
import os
import socket
import sys


def listen(family: str, host: str, port: int, backlog: int, reuse_port: bool) -> socket.socket:
    if family == "unix":
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(host)
    else:
        sock = socket.socket(socket.AF_INET6 if family == "ipv6" else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((host, port))
    sock.listen(backlog)
    return sock


def main() -> int:
    order = json.loads(sys.argv[1])
    try:
        sock = listen(**order)
    except OSError as error:
        print(errno.errorcode.get(error.errno or 0, str(error)))
        return 1
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    line = json.dumps({"cmd": "NODE_HANDLE", "type": "net.Native", "msg": {}}) + "\n"
    rights = array.array("i", [sock.fileno()])
    channel.sendmsg([line.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
