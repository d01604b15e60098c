"""A client of many brokers. Takes one JSON order a line, answers each with one JSON line that has its number."""

import json
import sys
import threading
import time

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError
from kombu import Consumer

apps = {}
heard = {}
lock = threading.Lock()


def app_of(order):
    """One application a client, so that its connections are made once; a port may come again, a client does not."""
    key = order["client"]
    with lock:
        if key not in apps:
            apps[key] = Celery(broker=order["broker"], backend=order["results"], set_as_current=False)
    return apps[key]


def send(app, order):
    return app.send_task(order["task"], args=order["args"], **order["options"]).id


def result(app, order):
    """Wait until a task has ended, and tell how."""
    deadline = time.monotonic() + order["patience"]
    while time.monotonic() < deadline:
        meta = app.backend.get_task_meta(order["id"])
        if meta["status"] in ("SUCCESS", "FAILURE", "REVOKED"):
            value = meta["result"]
            failed = isinstance(value, BaseException)
            return {"state": meta["status"], "value": type(value).__name__ if failed else value}
        time.sleep(0.02)
    return {"state": "PENDING", "value": None}


def inspect(app, order):
    """Ask one worker; null where nobody answers in time."""
    asked = app.control.inspect(destination=[order["node"]], timeout=order["patience"], limit=1)
    return (getattr(asked, order["what"])() or {}).get(order["node"])


def control(app, order):
    return app.control.broadcast(order["what"], arguments=order["arguments"], reply=True, timeout=2, limit=1)


def depth(app, order):
    """How many messages wait in each of some queues."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return {name: channel.client.llen(name) if hasattr(channel, "client") else
                channel.queue_declare(name, passive=True).message_count for name in order["queues"]}


def listen(app, order):
    """Collect events from now on, for `events`."""
    ready = threading.Event()
    events = heard.setdefault(order["client"], [])

    def run():
        with app.connection_for_read() as connection:
            receiver = app.events.Receiver(connection, handlers={"*": events.append})
            with Consumer(connection.default_channel, queues=[receiver.queue], no_ack=True,
                          callbacks=[receiver._receive], accept=receiver.accept):
                ready.set()
                while True:
                    try:
                        connection.drain_events(timeout=1)
                    except TimeoutError:
                        pass
                    except Exception:
                        return  # the broker has gone, as it does when a test has ended
    threading.Thread(target=run, daemon=True).start()
    if not ready.wait(10):
        raise TimeoutError("nobody listens to events")


def events(app, order):
    return list(heard.get(order["client"], []))


VERBS = {"send": send, "result": result, "inspect": inspect, "control": control, "depth": depth,
         "listen": listen, "events": events}


# What only asks may be asked again: kombu keeps its connections by address for the whole process, and a port of an
# earlier broker may come again.
QUESTIONS = ("result", "inspect", "control", "depth")


def answer_to(order):
    tries = 3 if order["do"] in QUESTIONS else 1
    for left in reversed(range(tries)):
        try:
            return {"ok": VERBS[order["do"]](app_of(order), order)}
        except (OSError, ConnectionError, OperationalError, RedisConnectionError) as error:
            # The repr of redis-py's errors has no message.
            answer = {"error": f"{type(error).__name__}: {error}"}
            if left == 0:
                return answer
        except Exception as error:
            return {"error": repr(error)}
    return answer


def carry_out(order):
    answer = answer_to(order)
    line = json.dumps({"number": order["number"], **answer}, default=str) + "\n"
    with lock:
        sys.stdout.write(line)
        sys.stdout.flush()


for line in sys.stdin:
    threading.Thread(target=carry_out, args=(json.loads(line),), daemon=True).start()
