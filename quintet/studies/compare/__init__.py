"""The comparison study: variants and latent dimensions on the same rows and training plan."""

from quintet.studies.compare.plan import PRESETS, Run, Study
from quintet.studies.compare.study import compare

__all__ = ["PRESETS", "Run", "Study", "compare"]
