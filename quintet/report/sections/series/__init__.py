"""The sections of the page on a model of series."""

from quintet.report.making import Parts
from quintet.report.sections.series import head as head
from quintet.report.sections.series.compress import compressing
from quintet.report.sections.series.denoise import cleaning
from quintet.report.sections.series.detect import detecting
from quintet.report.sections.series.forecast import forecasting
from quintet.report.sections.series.generate import drawing
from quintet.report.sections.series.impute import filling
from quintet.report.sections.series.whole import showing
from quintet.report.sections.training import training

PARTS: Parts = (
    ("series", showing),
    ("detect", detecting),
    ("impute", filling),
    ("forecast", forecasting),
    ("denoise", cleaning),
    ("generate", drawing),
    ("compress", compressing),
    ("training", lambda m: training(m.training)),
)
"""The sections in their order."""
