"""One thread, so that small models are not slowed by threads that wait for each other; figures without a screen.

Ctrl-C is Python's own here: a shell that starts the tests in the background hands it on as ignored.
"""

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)
