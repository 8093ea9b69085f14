"""Training: stages, loop, schedules, history and checkpoints."""

from quintet.training.fit_recipe import fit
from quintet.training.history import History
from quintet.training.options import Training
from quintet.training.precision import find_device, find_precision
from quintet.training.progress import Lines, Progress, bar, progress_display

__all__ = [
    "History",
    "Lines",
    "Progress",
    "Training",
    "bar",
    "find_device",
    "find_precision",
    "fit",
    "progress_display",
]
