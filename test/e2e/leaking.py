"""Tasks that leak as much as they are told, and leave a note."""
import os
import time

from celery import Celery

app = Celery("leaking", broker=os.environ["BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)
leaks = []


@app.task
def note(number, mebibytes):
    leaks.append(b"x" * (mebibytes << 20))
    with open("notes", "a") as notes:
        notes.write(f"{number}\n")


def send(first, past, mebibytes, pause):
    """Send tasks with so many seconds from one to the next, and print how long it took."""
    start = time.monotonic()
    for number in range(first, past):
        note.delay(number, mebibytes)
        time.sleep(pause)
    print(time.monotonic() - start)
