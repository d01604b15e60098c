"""Runs a command on a terminal of its own. Lines on stdin: `stop` (Ctrl-S), `go` (Ctrl-Q), `type TEXT`, `hangup`."""
import os
import pty
import select
import sys

pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

held = b""
sources = [master, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        chunk = os.read(0, 4096)
        if not chunk:
            sources.remove(0)
        held += chunk
        *lines, held = held.split(b"\n")
        for line in lines:
            if line == b"stop":
                os.write(master, b"\x13")
            elif line == b"go":
                os.write(master, b"\x11")
            elif line.startswith(b"type "):
                os.write(master, line[5:].decode("unicode_escape").encode("latin1"))
            elif line == b"hangup":
                os.close(master)
                sources.remove(master)
    if master in ready and master in sources:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if not data:
            break
        os.write(1, data)
    if master not in sources:
        break
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
