"""
A command that does what a test says. It connects to the socket in argv[1], tells who it is, and takes one line of JSON
for each order; see obedient.ts. Every order that leaves it alive is answered by one line.

Only modules written in C: with json, signal and socket it would take twice as long to start.
"""
import os
import sys
import _signal
import _socket
from _json import encode_basestring_ascii as quoted

GONE = 99  # the exit code when the test is over
channel = None
listening = []


def text(value):
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{quoted(key)}:{text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return {None: "null", True: "true", False: "false"}.get(value) or str(value)


def tell(**facts):
    channel.sendall(text(facts).encode() + b"\n")


def meet(role, parent):
    global channel
    channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        channel.connect(sys.argv[1])
    except OSError:
        os._exit(GONE)
    mark = os.environ.get("PRODSERVER_INSTANCE", "")
    tell(pid=os.getpid(), role=role, parent=parent, mark=mark, argv=sys.argv[2:])


def do_exit(code):
    os._exit(code)


def do_die(signal):
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if signal not in (9, 19):
        _signal.signal(signal, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [signal])
    os.kill(os.getpid(), signal)


def do_on(signal, way):
    ways = {
        "ignore": _signal.SIG_IGN,
        "default": _signal.SIG_DFL,
        "report": lambda number, _: tell(signal=number),
    }
    _signal.signal(signal, ways[way])


def do_write(stream, text):
    left = text.encode()
    while left:
        left = left[os.write(stream, left) :]


def do_close(stream):
    os.close(stream)


def do_env(name):
    return os.environ.get(name)


def do_listen(port):
    socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    socket.bind(("127.0.0.1", port))
    socket.listen()
    listening.append(socket)


def do_sleep(seconds):
    """Deaf to orders, not to signals."""
    import time

    time.sleep(seconds)


def do_spawn(role):
    """A child obeys too, over a connection of its own: 'child', 'orphan' (its parent is gone), 'escaped' (its session too)."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        channel.close()
        if role != "child" and os.fork() != 0:
            os._exit(0)
        if role == "escaped":
            os.setsid()
        meet(role, parent)
        obey()
    if role != "child":
        os.waitpid(pid, 0)


def obey():
    held = b""
    while True:
        chunk = channel.recv(65536)
        if not chunk:
            os._exit(GONE)
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            # What a test sends is JSON and Python alike: no true, false or null.
            order = eval(line)
            answer = globals()["do_" + order.pop("do")](**order)
            tell(answer=answer)


for number in (_signal.SIGINT, _signal.SIGPIPE, _signal.SIGXFSZ):
    _signal.signal(number, _signal.SIG_DFL)  # as every other program has it, not as Python does
meet("main", 0)
obey()
