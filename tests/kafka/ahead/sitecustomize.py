"""A machine whose clock is ten minutes ahead: Python imports this at its start where this folder stands in PYTHONPATH.

Whoever asks Python for the time is misled, our libraries too; how long something takes is still measured right.
"""

import time

AHEAD = 600
right, right_ns = time.time, time.time_ns
time.time = lambda: right() + AHEAD
time.time_ns = lambda: right_ns() + AHEAD * 1_000_000_000
