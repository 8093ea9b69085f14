"""Of a model that is slow to answer the page asks less, and says so; nothing is drawn that the page does not show."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from quintet.report.build import _lead
from quintet.report.cost import SLOW
from quintet.report.figures.palettes import get_palette
from quintet.report.gather import gather
from quintet.report.material import ReportMaterial
from quintet.report.sections.answers import filling

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import Components

DIGITS = load_digits().images.astype(np.uint8)


class Seen(Components):
    """A stand-in that notes what it is asked to impute."""

    def __init__(self, context: str) -> None:
        super().__init__(DIGITS[:100])
        self.fitted_ = SimpleNamespace(options={"context": context, "variant": "vae"}, attributes={})
        self.drawn = 0

    def impute(self, x: np.ndarray, mask: np.ndarray, draws: int = 0, **more: Any) -> Any:
        self.drawn += draws * len(x)
        return super().impute(x, mask, draws, **more)


def material(context: str) -> ReportMaterial:
    return gather(Seen(context), DIGITS[100:600], None, None, None, None, get_palette("petroff"), 3.0, False, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("context", "rows"), [("none", 500), ("grid", 300), ("wide_grid", 300)])
def test_a_model_that_predicts_pixels_is_asked_less_and_the_page_says_so(context: str, rows: int) -> None:
    m = material(context)
    assert len(m.test) == rows
    assert (SLOW in _lead(m)) == (rows == 300)


@pytest.mark.parametrize("context", ["none", "wide_grid"])
def test_only_shown_pictures_are_drawn(context: str) -> None:
    m = material(context)
    filling(m)
    assert m.vae.drawn == 3 * 3 * 4  # type: ignore[attr-defined]  # draws, patterns, pictures
