"""One thread, so that small models are not slowed by threads that wait for each other; figures without a screen."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
