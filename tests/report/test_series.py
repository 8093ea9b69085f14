"""Rows that are series are recognised, and drawn as curves."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from quintet.report import report
from quintet.report.figures import series
from quintet.report.ordered import is_ordered, roughness
from tests.alt_texts import alt_texts

sys.path.insert(0, str(Path(__file__).parent))
from stand_in import Components

RNG = np.random.default_rng(0)
WAVES = np.sin(np.linspace(0, 9, 60) + RNG.uniform(0, 6, (140, 1))) * RNG.uniform(0.5, 2, (140, 1))


def test_roughness_is_one_of_cells_in_random_order_and_near_zero_of_smooth_rows() -> None:
    noise = RNG.normal(size=(300, 80))
    assert roughness(noise) == pytest.approx(1, abs=0.05)
    assert roughness(noise.cumsum(1)) < 0.15
    assert roughness(WAVES) < 0.05
    assert roughness(WAVES[:, RNG.permutation(60)]) > 0.8
    assert roughness(np.ones((3, 50))) == 1, "constant rows have no order"


def test_holes_do_not_make_a_series_rough() -> None:
    holes = np.where(RNG.random(WAVES.shape) < 0.2, np.nan, WAVES)
    assert is_ordered(holes)


@pytest.mark.parametrize(
    ("rows", "names", "expected"),
    [
        (WAVES, None, True),
        (WAVES, [f"t{i}" for i in range(60)], True),
        (WAVES, [f"t{i}" for i in range(60)][::-1], False),
        (WAVES, [f"name {chr(65 + i)}" for i in range(60)], False),
        (WAVES[:, :20], None, False),
        (WAVES[:, RNG.permutation(60)], None, False),
    ],
    ids=["no names", "counted", "counted down", "names of their own", "short", "shuffled"],
)
def test_series_are_long_smooth_and_without_names_of_their_own(rows, names, expected: bool) -> None:
    assert is_ordered(rows, names) is expected


def test_long_curves_keep_their_peaks() -> None:
    row = np.zeros(10_000)
    row[4321], row[77] = 9.0, -5.0
    steps, values = series.thinned(row)
    assert len(values) <= series.POINTS
    assert values.max() == 9
    assert steps[values.argmax()] == 4322
    assert values.min() == -5
    assert (np.diff(steps) > 0).all()


def test_the_page_on_series_has_curves_and_no_histograms_of_features(tmp_path: Path) -> None:
    model = Components(WAVES[:100], 3)
    labels = np.arange(40) % 2
    path = report(model, WAVES[100:], labels, tmp_path / "page.html", quick=True, strange=WAVES[:8] + 9)
    text = path.read_text(encoding="utf-8")
    alt_texts(text)
    assert "series of 60 steps" in text
    for name in ("bands", "reconstruction-by-step", "latent-plane", "morphing", "traversals", "denoised", "imputed"):
        assert f'id="figure-{name}"' in text
    assert ">feature<" not in text
    new = re.search(r'<figure class="wide" id="figure-prior-samples">(.*?)</figure>', text, flags=re.DOTALL)
    assert new is not None
    assert new[1].count("patch_") < 100, "curves, no bars"
    assert len(text) < 3_000_000
