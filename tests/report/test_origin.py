"""Which rows a report judges by, what it calls them, and the baseline that fills holes."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.impute import KNNImputer

from quintet.report.figures.imputation import neighbour_fill
from quintet.report.figures.palettes import get_palette
from quintet.report.gather import gather
from quintet.report.origin import origin_of
from quintet.report.sections.detect import _alarms

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import Components

ROWS = np.random.default_rng(0).normal(size=(90, 5))


class Known(Components):
    """A model whose file knows the part of each row: as the caller says."""

    parts = np.repeat(["train", "calibration", "held_out"], 30)

    def parts_of(self, x):
        return self.parts


@pytest.mark.parametrize(
    ("parts", "judged", "word", "sentence"),
    [
        (["train"] * 6 + ["calibration"] * 3, 3, "held-out", "Of 9 rows given, 6 are training rows and are left out"),
        (["validation"] * 2 + ["held_out"], 1, "held-out", "2 are training rows"),
        (["held_out"] * 4, 4, "held-out", ""),
        (["held_out"] + ["equal"] * 3, 4, "held-out", "3 equal a training row"),
        (["train"] * 5, 5, "training", "all figures are optimistic"),
        (["unknown"] * 5, 5, "given", "does not identify"),
    ],
)
def test_rows_of_training_are_left_out_or_named(parts: list[str], judged: int, word: str, sentence: str) -> None:
    origin, index, _ = origin_of(np.array(parts))
    assert (len(index), origin.word) == (judged, word)
    assert sentence in origin.sentence("row")
    assert bool(sentence) is bool(origin.sentence("row"))


def test_p_values_are_judged_on_rows_that_did_not_calibrate() -> None:
    vae = Known(ROWS)
    m = gather(vae, ROWS, None, None, None, None, get_palette("petroff"), 3.0, True, 0)  # type: ignore[arg-type]
    assert (len(m.test), m.which, len(m.known)) == (60, "held-out", 30)
    share = (m.detection("test").p_values[~m.origin.calibrates] <= 0.05).mean()
    assert f"{100 * share:.0f} %" in _alarms(m).replace("none", "0 %")
    vae.parts = np.repeat(["train", "calibration"], 45)
    m = gather(vae, ROWS, None, None, None, None, get_palette("petroff"), 3.0, True, 0)  # type: ignore[arg-type]
    assert "is not known here" in _alarms(m)


def test_the_opponent_that_fills_holes_is_the_library_s_own() -> None:
    rng = np.random.default_rng(1)
    train = rng.normal(size=(80, 3)) * [1, 10, 100]
    train[rng.random(train.shape) < 0.2] = np.nan
    rows = rng.normal(size=(10, 3)) * [1, 10, 100]
    mask = np.tile([True, False, False], (10, 1))
    middle, spread = np.nanmean(train, 0), np.nanstd(train, 0)
    imputer = KNNImputer(n_neighbors=4).fit((train - middle) / spread)
    expected = imputer.transform((np.where(mask, np.nan, rows) - middle) / spread)[:, 0] * spread[0] + middle[0]
    filled = neighbour_fill(rows, mask, train, neighbours=4)
    assert np.allclose(filled[:, 0], expected)
    assert np.array_equal(filled[:, 1:], rows[:, 1:])
