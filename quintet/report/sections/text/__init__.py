"""The sections of the page on a model of lines of text."""

from quintet.report.making import Parts
from quintet.report.sections.text import head as head
from quintet.report.sections.text.compress import compressing
from quintet.report.sections.text.denoise import mending
from quintet.report.sections.text.detect import detecting
from quintet.report.sections.text.generate import writing
from quintet.report.sections.text.impute import filling
from quintet.report.sections.training import training

PARTS: Parts = (
    ("generate", writing),
    ("detect", detecting),
    ("denoise", mending),
    ("impute", filling),
    ("compress", compressing),
    ("training", lambda m: training(m.training)),
)
"""The sections in their order."""
