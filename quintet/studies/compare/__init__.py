"""The study: variants and sizes of the latent space on the same rows, under the same plan, on one page."""

from quintet.studies.compare.plan import PRESETS, Run, Study
from quintet.studies.compare.study import compare

__all__ = ["PRESETS", "Run", "Study", "compare"]
