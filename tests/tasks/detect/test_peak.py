"""The most surprising cell of a row, and regions of images that are strange."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quintet import VAE
from quintet.artifacts.detection import CalibrationScores
from quintet.data.dataset import Rows
from quintet.errors import InputError
from quintet.tasks.detect.components import measure
from quintet.tasks.detect.detections import Detections
from quintet.tasks.detect.elbo_terms import elbo_terms
from quintet.tasks.detect.score_calibration import PEAK, ScoreCalibration
from tests.shared import Shared, hardly_measured

pytestmark = pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")


def slopes(rows: int, seed: int) -> Any:
    """Smooth colour images of 8 × 8 pixels."""
    draw = np.random.default_rng(seed)
    corner, slope = draw.integers(20, 150, (rows, 1, 1, 3)), draw.integers(0, 10, (rows, 1, 1, 3))
    return (corner + slope * np.arange(8)[:, None, None] + draw.integers(0, 6, (rows, 8, 8, 3))).astype(np.uint8)


def trained(shared: Shared, context: str) -> VAE:
    def fit() -> VAE:
        network = {"kind": "mlp", "hidden": (16,)}
        with hardly_measured():
            return VAE(epochs=25, latent_dim=4, network=network, context=context, random_state=0).fit(slopes(300, 0))

    return shared(f"detect-peak-{context}", fit)


def test_one_odd_pixel_is_found_where_cells_see_each_other(shared: Shared) -> None:
    vae, usual = trained(shared, "grid"), slopes(60, 1)
    odd = usual.copy()
    odd[:, 4, 4] = 255 - odd[:, 4, 4]
    before, after = vae.detect(usual), vae.detect(odd)
    share = (after.components[PEAK][:, None] > before.components[PEAK]).mean()
    assert share > 0.95
    assert (after.scores > before.scores).mean() > 0.95


def test_the_default_score_adds_what_the_peak_is_above_normal_rows(shared: Shared) -> None:
    vae = trained(shared, "grid")
    kept = vae.fitted_.artifacts.calibration
    assert kept.peak is not None
    known = ScoreCalibration.read(kept)
    blind = ScoreCalibration.read(CalibrationScores(kept.counted, kept.scaling))
    measured = measure(vae.fitted_, Rows.of(slopes(20, 2), vae.schema_))
    with_peak, without = known.all_scores(measured), blind.all_scores(measured)
    assert PEAK not in without
    excess = np.maximum(known.standard({PEAK: with_peak[PEAK]}, PEAK), 0)
    assert with_peak["default"] - without["default"] == pytest.approx(excess)


def test_only_models_whose_cells_see_each_other_have_a_peak(shared: Shared) -> None:
    plain = trained(shared, "none")
    assert PEAK not in plain.detect(slopes(3, 1)).components
    with pytest.raises(InputError, match="peak"):
        plain.detect(slopes(3, 1), score=PEAK)


def test_rows_without_their_condition_are_scored_under_one_condition() -> None:
    label, rows = np.arange(200) % 3, slopes(200, 3)
    network = {"kind": "mlp", "hidden": (8,)}
    with hardly_measured():
        vae = VAE("cvae", epochs=2, latent_dim=2, network=network, context="grid", random_state=0).fit(rows, label)
    some = Rows.of(rows[:12], vae.schema_).batch(slice(None))
    free = elbo_terms(vae.fitted_, some, where=False)
    by_condition = []
    for label_of_all in range(3):
        given_one = Rows.of(rows[:12], vae.schema_, np.full(12, label_of_all)).batch(slice(None))
        by_condition.append(elbo_terms(vae.fitted_, given_one, where=False))
    gap = torch.stack([(free.distortion - one.distortion).abs() + (free.rate - one.rate).abs() for one in by_condition])
    assert (gap.amin(0) == 0).all(), "each row's terms are those of one of the conditions"


def found(where: Any) -> Detections:
    nothing = np.zeros(len(where))
    return Detections(nothing, nothing + 1, nothing > 0, where, {})


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20), st.integers(0, 4), st.floats(0, 3))
def test_regions_keep_the_surprise_of_an_image(n: int, height: int, width: int, channels: int, blur: float) -> None:
    shape = (n, height, width, channels) if channels else (n, height, width)
    where = np.random.default_rng(0).exponential(size=shape).astype(np.float32)
    regions = found(where).regions(blur)
    assert regions.shape == (n, height, width)
    assert regions.reshape(n, -1).sum(1) == pytest.approx(where.reshape(n, -1).sum(1), rel=1e-3)
    alone = found(where).regions(0.0)
    assert alone == pytest.approx(where if not channels else where.sum(3), rel=1e-5)


def test_regions_sum_over_channels_that_come_first() -> None:
    where = np.random.default_rng(0).exponential(size=(2, 6, 7, 5)).astype(np.float32)
    assert found(where).regions(0.0) == pytest.approx(where.sum(1), rel=1e-5)


@pytest.mark.parametrize(
    ("where", "width"), [(np.zeros((2, 5)), 2.0), (np.zeros((2, 5, 5)), -1.0), (np.zeros((2, 5, 5)), np.inf)]
)
def test_regions_refuse_tables_and_negative_widths(where: Any, width: float) -> None:
    with pytest.raises(InputError, match=r"regions|width"):
        found(where.astype(np.float32)).regions(width)
