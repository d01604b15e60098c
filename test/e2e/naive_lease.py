"""The lease that everybody writes first: SET NX PX, GET, compare, PEXPIRE, and a child that is told when it is lost.

The negative control of the fault runs: what it lets happen, they must see. `naive_lease.py REDIS_URL TTL_S PROGRAM ARG...`
"""

import os
import signal
import subprocess
import sys
import time
import uuid

from redis import Redis
from redis.exceptions import RedisError

KEY = "naive:lease"


def main():
    url, ttl, program = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    redis, token = Redis.from_url(url, socket_timeout=ttl / 5), f"{os.getpid()} {uuid.uuid4()}".encode()
    child = None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        while True:
            try:
                if child is None and redis.set(KEY, token, nx=True, px=int(ttl * 1000)):
                    child = subprocess.Popen(program)
                elif child is not None and redis.get(KEY) == token:
                    redis.pexpire(KEY, int(ttl * 1000))
                elif child is not None:
                    child.terminate()
                    child.wait()
                    child = None
            except RedisError as error:
                print(f"naive lease: {error}", flush=True)
            time.sleep(ttl / 5)
    finally:
        if child is not None:
            child.terminate()
            child.wait()
            redis.delete(KEY)


if __name__ == "__main__":
    main()
