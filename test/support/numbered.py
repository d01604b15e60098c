"""Tasks that leave their number in a file, so that it shows which ran, how often, when and where.

As a program it sends them: `python numbered.py FIRST LAST`.
"""

import os
import sys
import time

from celery import Celery

app = Celery("numbered", broker=os.environ["NUMBERED_BROKER"])
app.conf.update(
    task_acks_late=os.environ.get("NUMBERED_ACKS") == "late",
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)


def write(path, *words):
    """One write to a file that is appended to is never torn, whoever else writes."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(fd, (" ".join(str(word) for word in words) + "\n").encode())
    finally:
        os.close(fd)


@app.task(name="numbered.mark", bind=True, ignore_result=True)
def mark(self, number, seconds):
    time.sleep(seconds)
    write(os.environ["NUMBERED_FILE"], number, self.request.hostname, time.time())


if __name__ == "__main__":
    first, last, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    for number in range(first, last + 1):
        mark.delay(number, seconds)
