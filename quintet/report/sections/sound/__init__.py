"""The sections of the page on a model of sound."""

from quintet.report.making import Parts
from quintet.report.sections.sound import head as head
from quintet.report.sections.sound.compress import compressing
from quintet.report.sections.sound.denoise import mending
from quintet.report.sections.sound.detect import detecting
from quintet.report.sections.sound.generate import drawing
from quintet.report.sections.sound.impute import filling
from quintet.report.sections.training import training

PARTS: Parts = (
    ("generate", drawing),
    ("detect", detecting),
    ("denoise", mending),
    ("impute", filling),
    ("compress", compressing),
    ("training", lambda m: training(m.training)),
)
"""The sections in their order."""
