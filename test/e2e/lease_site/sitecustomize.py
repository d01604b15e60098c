"""For programs below libfaketime: 0.9.10 makes clock_nanosleep, and with it time.sleep, fail with EINVAL.

Before anything is imported, since many do `from time import sleep`.
"""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds)
