"""Plays systemd for a service with sockets: opens them, passes them from descriptor 3 on, and becomes the program.

listen_fds.py NAME=HOST:PORT[,NAME=HOST:PORT...] PROGRAM [ARGUMENT...]
"""

import os
import socket
import sys

names = []
given = []
for item in sys.argv[1].split(","):
    name, place = item.split("=")
    host, port = place.rsplit(":", 1)
    names.append(name)
    given.append(socket.create_server((host, int(port))))
# First out of the way: one of them may have the number of another.
high = [os.dup2(sock.fileno(), 100 + index, inheritable=False) for index, sock in enumerate(given)]
for index, fd in enumerate(high):
    os.dup2(fd, 3 + index, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(names))
os.environ["LISTEN_FDNAMES"] = ":".join(names)
os.execvp(sys.argv[2], sys.argv[2:])
