"""Answers about rows of columns: frames of legal values, observed cells unchanged, codes never taken for numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import InputError, QuintetWarning
from quintet.inference import interval_width, width_factors
from quintet.tasks.detect.features import compared
from tests.shared import Shared, hardly_measured
from tests.tables import LEGAL, assert_legal, small_table

MODELLED = list(LEGAL)


def fitted(shared: Shared, context: str) -> VAE:
    def fit() -> VAE:
        with hardly_measured():
            network = {"kind": "mlp", "hidden": (32,)}
            return VAE(epochs=18, latent_dim=4, network=network, context=context).fit(small_table())

    return shared(f"estimators-table-{context}", fit)


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    """A model whose decoder sees z alone."""
    return fitted(shared, "none")


@pytest.fixture(scope="module")
def with_context(shared: Shared) -> VAE:
    """A model whose decoder sees known cells."""
    return fitted(shared, "columns")


@pytest.fixture(scope="module", params=["none", "columns"])
def either(shared: Shared, request: pytest.FixtureRequest) -> VAE:
    """Both."""
    return fitted(shared, request.param)


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return small_table(40, seed=1)


FRAMES: dict[str, Callable[[VAE, pd.DataFrame], Any]] = {
    "impute": lambda v, X: v.impute(X),
    "draws": lambda v, X: v.impute(X, draws=2)[1],
    "denoise": lambda v, X: v.denoise(X),
    "replacement": lambda v, X: v.denoise(X, "replacement"),
    "normal": lambda v, X: v.denoise(X, "normal"),
    "reconstruct": lambda v, X: v.reconstruct(X),
    "edit": lambda v, X: v.edit(X, 2.0, "price"),
}
NEW: dict[str, Callable[[VAE, pd.DataFrame], Any]] = {
    "generate": lambda v, X: v.generate(30),
    "expected": lambda v, X: v.generate(30, expected=True),
    "inverse_transform": lambda v, X: v.inverse_transform(v.transform(X)),
    "interpolate": lambda v, X: v.interpolate(X[:1], X[1:2], 5),
    "metric": lambda v, X: v.interpolate(X[:2], X[2:4], 4, path="metric")[1],
    "traverse": lambda v, X: v.traverse(X[:1], 0, steps=5),
    "augment": lambda v, X: v.augment(X, np.arange(len(X)) % 2, 5)[0],
}


@pytest.mark.parametrize("question", [*FRAMES, *NEW])
def test_an_answer_is_a_frame_of_legal_values(either: VAE, asked: pd.DataFrame, question: str) -> None:
    if question == "edit":
        either.fit_attribute(asked, asked.price.fillna(5.0), "price")
    answer = {**FRAMES, **NEW}[question](either, asked)
    assert_legal(answer, asked)
    if question in FRAMES:
        assert answer.index.equals(asked.index)
        assert answer.key.equals(asked.key)  # columns left out are carried along
    else:
        assert answer.key.isna().all()


@pytest.mark.parametrize("question", ["impute", "draws", "denoise"])
def test_observed_cells_of_clean_rows_are_unchanged(either: VAE, asked: pd.DataFrame, question: str) -> None:
    answer = FRAMES[question](either, asked)
    for name in MODELLED:
        there = asked[name].notna()
        assert answer[name][there].equals(asked[name][there])


def test_several_paths_are_a_list_of_frames(vae: VAE, asked: pd.DataFrame) -> None:
    paths = vae.interpolate(asked[:3], asked[3:6], 4)
    assert [len(path) for path in paths] == [4, 4, 4]


def test_a_mask_is_of_the_columns_as_they_are_given(vae: VAE, asked: pd.DataFrame) -> None:
    """Columns in another order, and a mask as an array, a row or a frame: the same cells are hidden."""
    turned = asked[asked.columns[::-1]]
    mask = np.zeros(asked.shape, dtype=bool)
    mask[:, [list(asked.columns).index(name) for name in ("age", "place")]] = True
    wanted = vae.impute(asked.assign(age=np.nan, place=None))
    named = pd.DataFrame(mask, columns=asked.columns)
    for rows, hidden in ((asked, mask), (asked, mask[0]), (turned, mask[:, ::-1]), (turned, named)):
        pd.testing.assert_frame_equal(vae.impute(rows, mask=hidden), wanted, check_dtype=False)
    with pytest.raises(InputError, match=r"mask must have the shape of the rows, \(40, 9\)"):
        vae.impute(asked, mask=mask[:, :3])


def test_a_column_that_is_not_there_is_imputed_with_a_warning(vae: VAE, asked: pd.DataFrame) -> None:
    with pytest.warns(QuintetWarning, match="lack column 'age'"):
        assert_legal(vae.impute(asked.drop(columns="age")), asked)


def test_the_width_of_intervals_does_not_move_codes(vae: VAE, asked: pd.DataFrame, monkeypatch: Any) -> None:
    hidden = asked.assign(place=None, age=np.nan)
    one = vae.impute(hidden, draws=8)
    monkeypatch.setattr(width_factors, "factors", lambda f, observed, effort: torch.full(observed.shape, 3.0))
    monkeypatch.setattr("quintet.tasks.impute.factors", width_factors.factors)
    other = vae.impute(hidden, draws=8)
    assert all(a.place.equals(b.place) for a, b in zip(one, other, strict=True))
    spread = [float(np.std([draw.age for draw in draws], axis=0).mean()) for draws in (one, other)]
    assert spread[1] > 2 * spread[0]


def test_ranks_of_levels_lie_within_their_step_at_any_width(vae: VAE) -> None:
    from quintet.data.dataset import Batch
    from quintet.inference.candidate_search import search_effort
    from quintet.inference.missing_posterior import missing_posterior

    rows = Rows.of(vae.schema_.encode(small_table(16, seed=2, holes=0.0)), vae.schema_)
    batch = rows.batch(slice(None))
    seen = Batch(batch.x, torch.arange(8).expand(16, -1) >= 3)
    with torch.no_grad():
        parts = missing_posterior(vae.fitted_, seen, search_effort("low", 8), 0, 0)
        found = interval_width.CellMarginals.of(vae.fitted_, parts, seen, batch.x)
        u = torch.linspace(0, 1, 16)[:, None].expand(-1, 8)
        ranks = [found.rank(torch.full_like(u, scale), u) for scale in (0.5, 1.0, 9.0)]
    place, age = 0, 1
    assert torch.equal(ranks[0][:, place], ranks[2][:, place])
    assert (found.seen.low[:, place] < found.seen.high[:, place]).all()
    assert ((ranks[1] >= found.seen.low - 1e-6) & (ranks[1] <= found.seen.high + 1e-6))[:, place].all()
    assert (ranks[0][:, age] - 0.5).abs().sum() > (ranks[2][:, age] - 0.5).abs().sum()


def test_distances_of_detect_do_not_depend_on_the_codes_of_levels(asked: pd.DataFrame) -> None:
    """Two rows that differ in one level are √2 apart, whichever levels these are."""
    schema = VAE(epochs=1).fit(small_table(60)).schema_
    cells = torch.from_numpy(schema.encode(small_table(1, holes=0.0))).float().repeat(4, 1)
    cells[:, 0] = torch.arange(4.0)
    apart = torch.cdist(*2 * [compared(schema, cells)])
    assert apart.numpy() == pytest.approx(2**0.5 * (1 - np.eye(4)), abs=1e-5)


def test_detect_names_the_columns_and_finds_values_that_training_never_saw(vae: VAE) -> None:
    rows = small_table(12, seed=3, holes=0.0)
    strange: dict[str, Any] = {"place": "the moon", "age": 150, "price": 300.0, "same": "y"}
    rows = rows.astype({"place": object, "same": object})
    for i, (name, value) in enumerate(strange.items()):
        rows.iloc[i, rows.columns.get_loc(name)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        found = vae.detect(rows)
    assert found.columns == tuple(MODELLED)
    assert found.where.shape == (12, len(MODELLED))
    assert [found.columns[i] for i in found.where[: len(strange)].argmax(1)] == list(strange)
    assert found.p_values[:4].max() < found.p_values[4:].mean()
    rows.iloc[0, rows.columns.get_loc("age")] = 10**12
    with pytest.warns(QuintetWarning, match="column 'age'"):
        far = vae.detect(rows)
    assert far.scores.argmax() == 0
    assert np.isfinite(far.where).all()


def test_draws_of_a_context_decoder_cover_hidden_cells(with_context: VAE) -> None:
    """Ranks of held-out cells are about uniform, in numbers and levels, though no factor widens them."""
    from quintet.tasks.impute import interval_ranks

    assert with_context.fitted_.artifacts.interval_widths is None
    schema, rows = with_context.schema_, small_table(150, seed=5, holes=0.0)
    truth = Rows.of(schema.encode(rows), schema)
    hidden = torch.zeros(truth.values.shape, dtype=torch.bool)
    hidden[torch.arange(150), torch.arange(150) % 7] = True
    u = interval_ranks(with_context.fitted_, Rows(truth.values, ~hidden), truth.values)[hidden].numpy()
    assert np.mean(np.abs(u - 0.5) <= 0.45) == pytest.approx(0.9, abs=0.08)
    assert np.mean(np.abs(u - 0.5) <= 0.25) == pytest.approx(0.5, abs=0.15)


def test_a_value_that_no_row_has_is_replaced_whatever_the_other_rows(either: VAE) -> None:
    rows = small_table(30, seed=6, holes=0.0)
    noisy = rows.assign(age=rows.age.where(np.arange(30) % 2 == 0, 400), place=rows.place.where(rows.age > 30, "moon"))
    clean, report = either.denoise(noisy, "replacement", return_report=True)
    assert clean.age.between(0, 120).all()
    assert set(clean.place) <= {"north", "south", "east", "west", "moon"}
    assert report.rates[1::2].mean() > report.rates[::2].mean()
    pd.testing.assert_frame_equal(either.denoise(noisy[:10], "replacement"), clean[:10])


def test_evaluate_counts_wrong_levels(vae: VAE, asked: pd.DataFrame) -> None:
    figures, back = vae.evaluate(asked, rows="all"), vae.reconstruct(asked)
    levels = [c for c in vae.schema_.modelled if c.codes]
    wrong = [(back[c.name] != asked[c.name])[asked[c.name].notna()] for c in levels]
    assert figures["wrong_levels"] == pytest.approx(float(np.concatenate(wrong).mean()))
    assert 0 < figures["mse"] < 3  # in squared standard deviations, whatever the units of the columns
    assert "psnr" not in figures


def test_rows_of_the_training_are_recognised(vae: VAE, asked: pd.DataFrame) -> None:
    assert set(vae.parts_of(small_table())) <= {"train", "calibration"}
    assert set(vae.parts_of(asked)) == {"held_out"}


def test_normal_noise_is_removed_from_numbers_alone(vae: VAE) -> None:
    rows = small_table(40, seed=4, holes=0.0)
    noisy = rows.assign(age=rows.age + np.random.default_rng(0).normal(0, 15, len(rows)).round().astype(int))
    clean = vae.denoise(noisy, "normal", rate=1.0)
    for column in vae.schema_.modelled:
        if column.codes:
            assert clean[column.name].equals(rows[column.name]), column.name
    assert (clean.age - rows.age).abs().mean() < (noisy.age - rows.age).abs().mean()


def test_noise_that_a_table_cannot_have_is_refused(vae: VAE, asked: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="does not fit rows of kind 'columns'"):
        vae.denoise(asked, "salt_pepper")


def test_frames_of_other_libraries_get_the_same_answers(with_context: VAE, asked: pd.DataFrame) -> None:
    full = with_context.impute(asked[:5])
    for other in (pl.from_pandas(asked[:5]), pl.from_pandas(asked[:5]).to_arrow()):
        answer = with_context.impute(other)
        assert type(answer) is type(other)
        for name in MODELLED:
            cells = answer[name].to_pylist() if hasattr(answer[name], "to_pylist") else answer[name].to_list()
            assert list(map(str, cells)) == list(map(str, full[name])), name


@pytest.mark.parametrize("rows", [1, 2])
def test_a_table_of_few_rows_gives_an_answer(rows: int) -> None:
    frame = small_table(20, holes=0.0).assign(big=2**62 + np.arange(20) * 10**15)[:rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        vae = VAE(epochs=1, latent_dim=2, network={"kind": "mlp", "hidden": (4,)}).fit(frame)
    assert_legal(vae.generate(3), frame)


@pytest.mark.parametrize("question", ["impute", "detect", "denoise", "reconstruct", "transform", "score_samples"])
def test_a_table_without_rows_is_refused_in_one_sentence(vae: VAE, asked: pd.DataFrame, question: str) -> None:
    with pytest.raises(InputError, match=r"^Found array with 0 sample\(s\)[^\n]*\.$"):
        getattr(vae, question)(asked[:0])
