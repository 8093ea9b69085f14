"""One column given the others: what it reads, what it says of numbers, and that it agrees with the chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.distributions.binned import ABSENT
from quintet.errors import InputError, QuintetWarning, Unanswerable
from tests.estimators.test_table_answers import fitted
from tests.shared import Shared
from tests.tables import LEGAL, small_table


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    return fitted(shared, "columns")


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return small_table(40, seed=1, holes=0.2)


@pytest.mark.parametrize("column", LEGAL)
def test_the_columns_own_cells_and_other_rows_change_nothing(vae: VAE, asked: pd.DataFrame, column: str) -> None:
    found = vae.predict_column(asked, column)
    assert found.index.equals(asked.index)
    turned = asked.assign(**{column: asked[column].to_numpy()[::-1]})
    unread = asked.assign(**{column: "of another type"})
    for rows in (turned, unread, asked.drop(columns=column), asked.drop(columns=["key", column])):
        pd.testing.assert_frame_equal(vae.predict_column(rows, column), found)
    few = vae.predict_column(asked[3:9], column, batch_rows=4)
    pd.testing.assert_frame_equal(few, found[3:9], rtol=1e-5)


@pytest.mark.parametrize("column", ["place", "size", "free", "same"])
def test_probabilities_of_levels_are_those_of_the_conditional(vae: VAE, asked: pd.DataFrame, column: str) -> None:
    """They sum to 1 with that of all other levels, and are the chain's terms with this column last."""
    found = vae.predict_column(asked, column)
    known = sorted(map(str, small_table()[column].dropna().unique()))
    assert sorted(found.columns) == sorted([*known, *(["(other)"] if column != "free" else [])])
    assert found.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    model, schema = vae.fitted_.model, vae.schema_
    rows = Rows.of(schema.encode(asked), schema)
    batch, cell = rows.batch(slice(None)), [c.name for c in schema.modelled].index(column)
    order = [*(i for i in range(schema.size) if i != cell), cell]
    with torch.no_grad():
        chain = model.without_latents(len(asked)).in_order(order)  # type: ignore[union-attr]
        terms = chain.terms(batch.x, batch.observed)[0, :, cell].exp().numpy()
    there = asked[column].notna().to_numpy()
    own = np.array([row[str(v)] for v, (_, row) in zip(asked[column], found.iterrows(), strict=True) if pd.notna(v)])
    assert own == pytest.approx(terms[there], rel=1e-4)


@pytest.mark.parametrize("column", ["age", "price", "visits", "when"])
def test_quantiles_of_numbers_are_the_first_legal_values_that_reach_their_share(
    vae: VAE, asked: pd.DataFrame, column: str
) -> None:
    shares, schema = (0.1, 0.5, 0.9), vae.schema_
    found = vae.predict_column(asked, column, quantiles=shares)
    assert list(found.columns) == ["mean", *map(str, shares)]
    cell = [c.name for c in schema.modelled].index(column)
    batch = Rows.of(schema.encode(asked, unread=(column,)), schema).batch(slice(None))
    with torch.no_grad():
        chain = vae.fitted_.model.decode(None, None, batch.x[None], batch.observed[None].float())  # type: ignore[arg-type]
        binned = chain.conditional((cell,)).parts[0].distribution  # type: ignore[attr-defined]
        wide = torch.tensor([binned.logits.shape[-1] - 1])
        binned = replace(binned, logits=binned.logits.index_fill(-1, wide, ABSENT))
    for share in shares:
        answer = found[str(share)]
        assert LEGAL[column](answer).all()
        assert answer.dtype == asked[column].dtype
        cells = (schema.encode(asked.assign(**{column: answer}))[:, cell] - schema.loc[cell]) / schema.scale[cell]
        half = schema.modelled[cell].spacing / schema.scale[cell] / 2
        ends = (torch.tensor(cells + end, dtype=torch.float32)[None, :, None] for end in (-half, half))
        below, above = (binned.cdf(end) for end in ends)
        assert (below < share + 1e-4).all()
        assert (above > share - 1e-4).all()


def test_missing_cells_are_read_as_missing(vae: VAE, asked: pd.DataFrame) -> None:
    """A mask, an empty cell and a column that is not there are the same; without cells it is the marginal."""
    mask = np.zeros(asked.shape, dtype=bool)
    mask[:, list(asked.columns).index("age")] = True
    by_mask = vae.predict_column(asked, "place", mask=mask)
    pd.testing.assert_frame_equal(vae.predict_column(asked.assign(age=np.nan), "place"), by_mask)
    with pytest.warns(QuintetWarning, match="No cell is observed"):
        empty = vae.predict_column(asked, "place", mask=np.ones(asked.shape, dtype=bool)).to_numpy()
    assert np.abs(empty - empty[0]).max() < 1e-6
    shares = small_table(2000, seed=3).place.value_counts(normalize=True)
    assert empty[0][:4] == pytest.approx([shares[n] for n in by_mask.columns[:4]], abs=0.12)


@pytest.mark.parametrize("of", ["polars", "pyarrow"])
def test_the_answer_is_of_the_rows_library(vae: VAE, asked: pd.DataFrame, of: str) -> None:
    rows: Any = pl.from_pandas(asked.reset_index(drop=True))
    rows = rows if of == "polars" else rows.to_arrow()
    for column in ("place", "when"):
        found = vae.predict_column(rows, column)
        assert type(found).__module__.startswith(of)
        wanted = vae.predict_column(asked.reset_index(drop=True), column)
        back = found.to_pandas()
        pd.testing.assert_frame_equal(back, wanted, check_dtype=False)


def test_names_and_models_that_cannot_answer(vae: VAE, shared: Shared, asked: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="did you mean 'price'"):
        vae.predict_column(asked, "prise")
    with pytest.raises(InputError, match="the model leaves out column 'key'"):
        vae.predict_column(asked, "key")
    with pytest.raises(Unanswerable, match="needs a context decoder"):
        fitted(shared, "none").predict_column(asked, "age")
