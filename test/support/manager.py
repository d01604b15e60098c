"""Plays the service manager's end of sd_notify: prints each datagram as a line of JSON, with the pid of its sender."""

import array
import json
import os
import socket
import struct
import sys

address = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
receiver.bind("\0" + address[1:] if address.startswith("@") else address)
print(json.dumps({"listening": address}), flush=True)
while True:
    data, ancillary, _, _ = receiver.recvmsg(65536, 1024)
    sender = None
    for _, kind, content in ancillary:
        if kind == socket.SCM_CREDENTIALS:
            sender = struct.unpack("3i", content)[0]
        elif kind == socket.SCM_RIGHTS:
            # systemd-notify's barrier: it waits until its descriptor is closed.
            passed = array.array("i")
            passed.frombytes(content)
            for fd in passed:
                os.close(fd)
    print(json.dumps({"pid": sender, "lines": data.decode().split("\n")}), flush=True)
