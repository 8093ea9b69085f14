"""The search for options: a study of fits on the same rows, which keeps the best model."""

from quintet.studies.tune.results import Tuned
from quintet.studies.tune.study import tune

__all__ = ["Tuned", "tune"]
