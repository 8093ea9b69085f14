"""The field of neighbours: the linear optimum on Gaussian rows, better than a median filter on smooth pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, median_filter

from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.distributions.noise_models.choose import noise_model
from quintet.noise import Noise
from quintet.tasks.denoise.by_neighbouring_cells import denoise_by_neighbours
from quintet.tasks.denoise.combination_weights import stacked
from quintet.tasks.denoise.gaussian_field import Field
from quintet.tasks.denoise.gaussian_field_fit import fit_gaussian_field
from quintet.tasks.denoise.noise_kinds import cell_values, fit_cell_range

RNG = np.random.default_rng(0)
FACTORS = RNG.normal(size=(3, 10))


def table(rows: int) -> np.ndarray:
    return RNG.normal(size=(rows, 3)) @ FACTORS + 0.1 * RNG.normal(size=(rows, 10))


def pictures(rows: int) -> np.ndarray:
    fields = gaussian_filter(RNG.normal(size=(rows, 20, 20, 3)), (0, 3, 3, 0.4), mode="wrap")
    return np.clip(128 + 60 * fields / fields.std(), 0, 255).astype(np.uint8)


class Case:
    """A field, clean rows that it has not seen, and noise on them."""

    def __init__(self, train: np.ndarray, clean: np.ndarray) -> None:
        self.schema = Schema.infer(train)
        rows = Rows.of(train, self.schema)
        self.ends = fit_cell_range(self.schema, rows)
        self.field = Field.read(fit_gaussian_field(self.schema, rows), self.schema)
        self.batch = Rows.of(clean, self.schema).batch(slice(None))

    def noise(self, kind: str):  # type: ignore[no-untyped-def]
        return noise_model(kind, cell_values(self.schema, self.ends))

    def noisy(self, kind: str, rate: float) -> Batch:
        return replace(self.batch, x=self.noise(kind).corrupt(self.batch.x, rate, Noise(3)))

    def answer(self, kind: str, noisy: Batch, rate: float | None):  # type: ignore[no-untyped-def]
        assert self.field is not None
        return denoise_by_neighbours(self.field, self.noise(kind), noisy, rate)

    def error(self, x: torch.Tensor) -> float:
        return float((x - self.batch.x).square().mean().sqrt())


@pytest.fixture(scope="module")
def tabular() -> Case:
    return Case(table(1000), table(200))


@pytest.fixture(scope="module")
def smooth() -> Case:
    return Case(pictures(60), pictures(12))


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.5, 4.0, 20.0])
def test_any_spread_is_found_and_gaussian_rows_get_the_linear_optimum(tabular: Case, spread: float) -> None:
    noisy = tabular.noisy("normal", spread)
    loc, scale = np.asarray(tabular.schema.loc), np.asarray(tabular.schema.scale)
    covariance = np.cov(((table(20_000) - loc) / scale).T)
    best = noisy.x.numpy() @ np.linalg.solve(covariance + spread**2 * np.eye(10), covariance)
    known, blind = tabular.answer("normal", noisy, spread), tabular.answer("normal", noisy, None)
    assert tabular.error(known.x) < 1.05 * tabular.error(torch.from_numpy(best))
    assert tabular.error(blind.x) < 1.15 * tabular.error(known.x)
    assert float(blind.rate.mean()) == pytest.approx(spread, rel=0.25)


@pytest.mark.parametrize(("rate", "share"), [(0.05, 0.6), (0.2, 0.6)])
def test_replaced_cells_of_a_table_are_predicted_by_the_others(tabular: Case, rate: float, share: float) -> None:
    noisy = tabular.noisy("replacement", rate)
    assert tabular.error(tabular.answer("replacement", noisy, None).x) < share * tabular.error(noisy.x)


@pytest.mark.parametrize(("kind", "rate"), [("replacement", 0.1), ("salt_pepper", 0.1), ("masking", 0.1)])
def test_replaced_pixels_are_mended_better_than_by_a_median_filter(smooth: Case, kind: str, rate: float) -> None:
    noisy = smooth.noisy(kind, rate)
    median = torch.from_numpy(median_filter(noisy.x.numpy(), (1, 1, 3, 3)))
    found = smooth.answer(kind, noisy, None)
    assert smooth.error(found.x) < smooth.error(median)
    assert float(found.rate.mean()) == pytest.approx(rate, abs=0.03)


@pytest.mark.parametrize("spread", [0.05, 0.2])
def test_added_noise_on_pictures_shrinks(smooth: Case, spread: float) -> None:
    noisy = smooth.noisy("normal", spread)
    assert smooth.error(smooth.answer("normal", noisy, None).x) < 0.6 * smooth.error(noisy.x)


def test_cells_that_are_not_there_are_not_read(smooth: Case, tabular: Case) -> None:
    for case in (smooth, tabular):
        there = torch.rand(case.batch.x.shape, generator=torch.Generator().manual_seed(0)) > 0.2
        for kind in ("none", "replacement", "normal"):
            a, b = (
                case.answer(kind, replace(case.batch, x=case.batch.x.masked_fill(~there, fill), observed=there), None)
                for fill in (0.0, 2.0)
            )
            torch.testing.assert_close(a.x, b.x)
            torch.testing.assert_close(a.evidence, b.evidence)


def test_ends_are_those_of_training_where_cells_were_seen() -> None:
    X = np.array([[0.0, np.nan, 5.0], [2.0, np.nan, 7.0], [np.nan, np.nan, 9.0]] * 5)
    schema = Schema.infer(X)
    low, high = (
        end * torch.tensor(schema.scale) + torch.tensor(schema.loc)
        for end in fit_cell_range(schema, Rows.of(X, schema)).by_field().values()
    )
    assert torch.allclose(low[[0, 2]], torch.tensor([0.0, 5.0]))
    assert torch.allclose(high[[0, 2]], torch.tensor([2.0, 9.0]))


def test_few_rows_and_very_wide_tables_have_no_field() -> None:
    for X in (table(10), RNG.normal(size=(30, 600))):
        schema = Schema.infer(X)
        assert fit_gaussian_field(schema, Rows.of(X, schema)) is None


def test_a_source_that_answers_no_number_counts_for_nothing() -> None:
    truth = torch.randn(50, generator=torch.Generator().manual_seed(0))
    shares = stacked({0: truth * torch.inf, 1: truth + 0.1, 2: truth - 0.1}, truth)
    assert shares == pytest.approx([0.0, 0.5, 0.5], abs=0.01)


def test_images_of_many_channels_have_no_field() -> None:
    X = RNG.normal(size=(40, 24, 8, 8))
    schema = Schema.infer(X)
    assert fit_gaussian_field(schema, Rows.of(X, schema)) is None
    assert fit_gaussian_field(Schema.infer(X[:, :4]), Rows.of(X[:, :4], Schema.infer(X[:, :4]))) is not None
