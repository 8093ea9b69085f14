"""P(p <= t) <= t for normal rows, whatever cells are missing; and predict keeps false_alarms in the same sense."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import InputError, QuintetWarning
from quintet.tasks.detect import calibration_missing_cells, p_values_missing_cells
from quintet.tasks.detect.calibration_missing_cells import MaskedCalibration
from quintet.tasks.detect.calibration_scores import score_limit
from quintet.tasks.detect.p_values_missing_cells import EFFORTS, compare_under_masks
from quintet.tasks.detect.score_calibration import COMPONENTS
from tests.shared import hardly_measured

SMALL: dict[str, Any] = {"network": {"kind": "mlp", "hidden": (16,)}, "latent_dim": 2, "epochs": 1, "random_state": 0}
CELLS, HELD, ASKED = 8, 160, 100  # of 200 calibration rows a fifth sets the scales
LEVELS = (0.05, 0.2, 0.5)
RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(3, CELLS))


def table(n: int) -> np.ndarray:
    """Normal rows whose cells hang together."""
    return RNG.normal(size=(n, 3)) @ MIX + 0.3 * RNG.normal(size=(n, CELLS))


def images(n: int) -> np.ndarray:
    """Bars of random place and brightness on 6x6 grey pixels."""
    grid = np.abs(np.arange(6)[None, :, None] - RNG.uniform(0, 6, (n, 1, 1))) < 1.2
    return (RNG.integers(80, 255, (n, 1, 1)) * grid.repeat(6, 2) * RNG.uniform(0.6, 1, (n, 6, 6))).astype(np.uint8)


def pierced(x: np.ndarray, share: float) -> np.ndarray:
    """Cells missing at random, at least one observed in each row."""
    missing = RNG.random(x.shape) < share
    missing[missing.all(1), 0] = False
    return np.where(missing, np.nan, x)


def within(p: np.ndarray, held: int) -> bool:
    """Whether the shares of p-values at or below each level are no larger than chance allows, four standard errors."""
    return all((p <= t).mean() <= t + 4 * np.sqrt(t * (1 - t) * (1 / len(p) + 1 / held)) for t in LEVELS)


@pytest.fixture(scope="module")
def whole() -> VAE:
    """Trained on rows without holes."""
    with hardly_measured():
        return VAE(calibration=0.4, **SMALL).fit(table(500))


@pytest.fixture(scope="module")
def holed() -> VAE:
    """Trained on rows of which three cells in ten are missing."""
    with hardly_measured():
        return VAE(calibration=0.4, **SMALL).fit(pierced(table(500), 0.3))


PATTERNS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda x: x,
    "one column": lambda x: np.where(np.arange(CELLS) == 2, np.nan, x),
    "a block": lambda x: np.where(np.arange(CELLS) >= 3, np.nan, x),
    "all but one": lambda x: np.where(np.arange(CELLS) != 5, np.nan, x),
    "everything": lambda x: np.full_like(x, np.nan),
    "a tenth": lambda x: pierced(x, 0.1),
    "half": lambda x: pierced(x, 0.5),
    "shares of their own": lambda x: np.where(RNG.random(x.shape) < RNG.random((len(x), 1)), np.nan, x),
}


@pytest.mark.filterwarnings("ignore:No cell is observed in row", "ignore:.*are too few to call the strangest")
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("trained", ["whole", "holed"])
def test_normal_rows_get_honest_p_values_whatever_is_missing(
    trained: str, pattern: str, request: pytest.FixtureRequest
) -> None:
    vae = request.getfixturevalue(trained)
    found = vae.detect(PATTERNS[pattern](table(ASKED)), fdr=0.1)
    assert within(found.p_values, HELD)
    assert found.is_anomaly.mean() <= 0.01  # with a chance of .9 it is nobody


@pytest.mark.parametrize("score", COMPONENTS)
def test_so_do_all_scores(whole: VAE, score: str) -> None:
    assert within(whole.detect(pierced(table(50), 0.4), score=score).p_values, HELD)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 2**CELLS - 2))
def test_so_does_every_single_mask(whole: VAE, bits: int) -> None:
    missing = np.array([bits >> i & 1 for i in range(CELLS)], bool)
    assert within(whole.detect(np.where(missing, np.nan, table(ASKED))).p_values, HELD)


def test_images_with_masks_get_honest_p_values() -> None:
    vae = VAE(calibration=0.4, **SMALL).fit(images(400))
    mask = RNG.random((60, 6, 6)) < 0.5
    mask[:30, :3] = True
    assert within(vae.detect(images(60), mask=mask).p_values, 128)


def test_conditional_models_get_honest_p_values_with_and_without_the_condition() -> None:
    y = np.arange(400) % 2
    vae = VAE("cvae", calibration=0.4, **SMALL).fit(table(400) + 4 * y[:, None], y)
    queries = pierced(table(60) + 4 * y[:60, None], 0.4)
    assert within(vae.detect(queries).p_values, 128)
    assert within(vae.detect(queries, condition=y[:60]).p_values, 128)


def test_a_file_in_some_order_calibrates_as_one_that_is_shuffled() -> None:
    rows = table(1000)
    vae = VAE(calibration=0.6, **SMALL).fit(rows[np.argsort(-np.abs(rows).sum(1))])
    assert within(vae.detect(table(1000)).p_values, 480)


def test_strange_rows_are_found_in_spite_of_holes(whole: VAE, holed: VAE) -> None:
    for vae in (whole, holed):
        strange = 4 * RNG.normal(size=(20, CELLS))
        p = vae.detect(pierced(strange, 0.2)).p_values
        assert (p <= 0.05).mean() > 0.5


@pytest.mark.parametrize("false_alarms", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("trained", ["whole", "holed"])
def test_minus_one_means_p_of_at_most_false_alarms(
    trained: str, false_alarms: float, request: pytest.FixtureRequest
) -> None:
    vae = request.getfixturevalue(trained)
    queries = np.concatenate([table(5), 2 * table(5), pierced(2 * table(12), 0.3)])
    before = vae.false_alarms
    try:
        vae.set_params(false_alarms=false_alarms)
        found = vae.detect(queries)
        outlier = vae.predict(queries) == -1
        assert np.array_equal(outlier, vae.decision_function(queries) < 0)
        assert vae.offset_ == -score_limit(vae.fitted_, false_alarms)
    finally:
        vae.set_params(false_alarms=before)
    assert np.array_equal(outlier, found.p_values <= false_alarms)
    assert np.array_equal(outlier, found.is_anomaly)


def test_p_values_depend_on_nothing_but_the_row(whole: VAE, holed: VAE) -> None:
    for vae in (whole, holed):
        queries = np.concatenate([table(4), pierced(1.5 * table(8), 0.4)])
        found = vae.detect(queries)
        vae.fitted_.cache.clear()
        order = RNG.permutation(12)
        mixed = vae.detect(queries[order][:7])
        assert np.array_equal(mixed.p_values, found.p_values[order][:7])
        assert np.array_equal(mixed.where, found.where[order][:7])
        one = vae.detect(queries[5:6], effort="high")
        assert np.array_equal(one.p_values, vae.detect(queries[4:7], effort="high").p_values[1:2])


@pytest.mark.parametrize("trained", ["whole", "holed"])
def test_rows_in_pieces_are_answered_as_all_at_once_in_bounded_memory(
    trained: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of one mask and rows of their own, in pieces of a few; the same bits."""
    vae = request.getfixturevalue(trained)
    queries = np.concatenate(
        [table(30), pierced(1.5 * table(4), 0.4), np.where(np.arange(CELLS) == 2, np.nan, table(20))]
    )
    monkeypatch.setattr(p_values_missing_cells, "ROWS", 10**6)
    monkeypatch.setattr(calibration_missing_cells, "PAIRS", 10**6)
    vae.fitted_.cache.clear()
    whole = vae.detect(queries, batch_rows=32)
    margins = vae.decision_function(queries)

    sizes: list[int] = []

    def spied(self: calibration_missing_cells.Scorer, rows: Rows, index: torch.Tensor, beside: torch.Tensor) -> Any:
        assert len(index) <= 7 * len(self.held)
        for found in there(self, rows, index, beside):
            sizes.append(len(found))
            yield found

    there = calibration_missing_cells.Scorer.queries
    monkeypatch.setattr(p_values_missing_cells, "ROWS", 7)
    monkeypatch.setattr(calibration_missing_cells, "PAIRS", 400)
    monkeypatch.setattr(calibration_missing_cells.Scorer, "queries", spied)
    vae.fitted_.cache.clear()
    pieces = vae.detect(queries, batch_rows=32)
    assert np.array_equal(pieces.p_values, whole.p_values)
    assert np.array_equal(pieces.where, whole.where)
    assert np.array_equal(pieces.is_anomaly, whole.is_anomaly)
    assert np.array_equal(vae.decision_function(queries), margins)
    assert max(sizes, default=0) <= 400
    assert bool(sizes) == (trained == "holed")


def test_no_array_of_a_comparison_grows_with_the_rows_of_a_call(holed: VAE, monkeypatch: pytest.MonkeyPatch) -> None:
    """No array of torch holds more pairs of rows than a piece has."""
    largest = [0]

    class Sizes(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest.append(out.untyped_storage().nbytes())
            return out

    def most(n: int) -> int:
        holed.fitted_.cache.clear()
        largest[:] = [0]
        queries = rows_of(n)
        with Sizes():
            holed.detect(queries, batch_rows=32)
        return max(largest)

    def rows_of(n: int) -> np.ndarray:
        return np.resize(fixed, (n, CELLS))

    fixed = table(16)
    monkeypatch.setattr(p_values_missing_cells, "ROWS", 16)
    assert most(48) == most(16)


def test_where_is_what_cells_cost_beyond_normal_rows_with_the_same_holes(whole: VAE) -> None:
    """With few other cells seen each costs more; that is not the row's fault."""
    rows = table(300)
    usual = whole.detect(rows).where
    few = np.where(np.arange(CELLS) >= 3, np.nan, rows)
    assert whole.detect(few).where[:, :3].mean() < 1.3 * usual[:, :3].mean()
    assert np.isfinite(usual).all()


def test_effort_is_how_many_calibration_rows_are_compared(whole: VAE) -> None:
    strange = np.where(np.arange(CELLS) == 3, np.nan, 50 * table(5))
    assert (whole.detect(strange, effort="low").p_values == 1 / 129).all()
    assert (whole.detect(strange).p_values == 1 / (HELD + 1)).all()
    usual = np.where(np.arange(CELLS) == 0, np.nan, table(50))
    high = whole.detect(usual, effort="high").p_values
    assert np.abs(high * (HELD + 1) - np.rint(high * (HELD + 1))).max() < 1e-9
    with pytest.raises(InputError, match="effort must be 'low', 'normal' or 'high', got 'much'"):
        whole.detect(strange, effort="much")
    with pytest.warns(FutureWarning, match="random_state of detect is deprecated"):
        whole.detect(strange, random_state=0)


def test_files_without_calibration_rows_answer_and_say_what_they_cannot(whole: VAE) -> None:
    rows = table(20)
    there = replace(whole.fitted_.artifacts, calibration_set=None)
    new, before = whole.detect(rows), whole.fitted_
    whole.fitted_ = replace(before, artifacts=there)
    try:
        old = whole.detect(rows)
        assert np.array_equal(old.p_values, new.p_values)
        with pytest.warns(QuintetWarning, match="p-values of rows with missing cells.* cannot be trusted"):
            whole.detect(pierced(rows, 0.3))
    finally:
        whole.fitted_ = before


class Drawn:
    """In place of a scorer: scores of calibration rows that are drawn at random."""

    def __init__(self, seed: int) -> None:
        self.held, self.table = self, torch.from_numpy(np.random.default_rng((seed, 0)).normal(size=(1024, 1)))

    def __len__(self) -> int:
        return 1024

    def seeing(self, seen: torch.Tensor) -> tuple[torch.Tensor, bool]:
        return torch.arange(1024), True

    def calibrate(self, masks: list[MaskedCalibration], most: int, where: bool) -> None:
        for mask in masks:
            mask.table = self.table[:most]


@pytest.mark.parametrize("effort", EFFORTS)
def test_comparing_in_rounds_keeps_p_values_honest(effort: str) -> None:
    """The mean over many sets of calibration rows, so that the shares are tight."""
    p = []
    for seed in range(200):
        found = np.random.default_rng((seed, 1)).normal(size=400)
        scorer: Any = Drawn(seed)
        p.append(
            compare_under_masks(
                scorer, Rows(torch.zeros(400, 1)), found, lambda t: t[:, 0].numpy(), false_alarms=0.05, effort=effort
            ).p_values
        )
    for t in (0.005, 0.01, 0.05, 0.1, 0.25, 0.3, 0.5):
        assert np.mean(np.array(p) <= t) <= t + 4 * np.std((np.array(p) <= t).mean(1)) / np.sqrt(200)
    assert np.mean(np.array(p) <= 0.05) > 0.04  # and it is not just that p-values are large
