"""Which frames of numbers are tables of columns, and which are arrays of cells of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quintet import VAE, Imputer, Translator
from quintet.data.cell_kinds import find_kind
from quintet.data.frame_columns import is_table
from quintet.data.readers.sources import load_data
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.estimators._fit.presets import MOST_CELLS, context_for
from quintet.estimators._input.training_rows import training_cells
from quintet.variants import get, names
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
SMALL: dict[str, Any] = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (8,)}, "epochs": 1}
ROWS: dict[str, np.ndarray] = {
    "measurements": RNG.normal(size=(40, 3)),
    "counts": RNG.poisson(3.0, (40, 4)),
    "one column": RNG.normal(size=(40, 1)),
    "with holes": np.where(RNG.random((40, 3)) < 0.2, np.nan, RNG.normal(size=(40, 3))),
    "shares in few columns": RNG.random((40, 3)),
    "shares in many columns": RNG.random((40, 64)),
    "zeros and ones": RNG.integers(0, 2, (40, 3)),
    "true and false": RNG.random((40, 3)) < 0.5,
    "grey levels": RNG.integers(0, 17, (40, 64)),
    "bytes": RNG.integers(0, 256, (40, 3)).astype(np.uint8),
}
LIBRARIES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "arrow": lambda frame: pl.from_pandas(frame).to_arrow(),
}


def frame_of(rows: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[f"c{j}" for j in range(rows.shape[1])])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ROWS)
def test_a_frame_is_a_table_where_its_array_would_be_real(name: str, library: str) -> None:
    rows, frame = ROWS[name], LIBRARIES[library](frame_of(ROWS[name]))
    real = find_kind(rows, ~np.isnan(rows.astype(float))) == "real"
    assert real == (name in ("measurements", "counts", "one column", "with holes", "shares in few columns"))
    assert is_table(frame, "auto") == real
    assert not is_table(rows, "auto")
    assert not is_table(frame, "real")
    assert is_table(frame, "columns")
    assert is_table(rows, "columns")


@pytest.mark.parametrize("name", ["measurements", "counts", "with holes", "zeros and ones", "grey levels"])
@pytest.mark.parametrize("end", [".csv", ".parquet"])
def test_a_file_is_what_its_frame_is(name: str, end: str, tmp_path: Any) -> None:
    frame, path = frame_of(ROWS[name]), tmp_path / f"rows{end}"
    frame.to_csv(path, index=False) if end == ".csv" else frame.to_parquet(path)
    found = load_data(path)
    assert found.is_table == is_table(frame, "auto")
    assert not load_data(path, table=False).is_table
    assert load_data(path, table=True).is_table


def test_a_mask_hides_cells_from_the_rule() -> None:
    ones = RNG.integers(0, 2, (30, 3))
    ones[0] = 7
    mask = np.zeros(ones.shape, dtype=bool)
    mask[0] = True
    assert is_table(frame_of(ones), "auto")
    assert not is_table(frame_of(ones), "auto", mask)
    assert not is_table(frame_of(ones), "auto", frame_of(mask))


def test_columns_that_share_no_type_are_a_table() -> None:
    big = pd.DataFrame({"a": [2**60 + 1, 3] * 10, "b": RNG.normal(size=20)})
    assert is_table(big, "auto")
    _, table = training_cells(big, "auto", None, None)
    assert table is not None
    assert [column.type for column in table.columns] == ["categorical", "continuous"]


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
@pytest.mark.parametrize("variant", [name for name in names() if name not in ("translate", "gan")])
def test_every_variant_takes_a_frame_of_numbers_or_says_why_not(variant: str) -> None:
    rows, y = frame_of(RNG.normal(size=(40, 3)).round(2)).assign(n=RNG.integers(0, 9, 40)), np.arange(40) % 2
    vae = VAE(variant, **SMALL, context="none", calibration=0.0)
    if variant == "perceptual":
        with pytest.raises(InputError, match="needs images"):
            vae.fit(rows)
        return
    if variant in ("vrae", "dvae"):
        vae.set_params(network="auto")
    with hardly_measured():
        vae.fit(rows, y if get(variant)().conditional else None)
    assert vae.schema_.kind == "columns"
    new = vae.generate(3)
    assert isinstance(new, pd.DataFrame)
    assert list(new.dtypes) == list(rows.dtypes)


def test_columns_of_a_sequence_with_teacher_forcing_are_refused_with_the_cure() -> None:
    with pytest.raises(InputError, match="kind='real'"):
        VAE("vrae", epochs=1).set_params(variant__teacher_forcing=True).fit(frame_of(ROWS["measurements"]))


def test_a_translator_takes_frames_of_numbers_as_arrays() -> None:
    with hardly_measured():
        translator = Translator(VAE("translate", **SMALL), epochs=1).fit(None, frame_of(ROWS["measurements"]))
    assert translator.vae_.schema_.kind == "real"


@pytest.mark.filterwarnings("ignore::quintet.errors.QuintetWarning")
def test_a_table_of_numbers_answers_arrays_with_arrays_of_numbers() -> None:
    frame = frame_of(ROWS["measurements"].round(2)).assign(n=RNG.integers(0, 9, 40))
    holes = frame.astype(float)
    holes.iloc[:5, 0] = np.nan
    with hardly_measured():
        imputer = Imputer(VAE(**SMALL, context="none")).fit(frame)
    filled, plain = imputer.transform(holes), imputer.transform(holes.to_numpy())
    assert isinstance(filled, pd.DataFrame)
    assert plain.dtype == np.float64
    np.testing.assert_array_equal(filled.to_numpy(), plain)
    with pytest.raises(InputError, match=r"4 columns of training .* got 3 features"):
        imputer.transform(holes.to_numpy()[:, :3])


def test_wide_tables_have_a_context_decoder_only_where_asked() -> None:
    for cells, expected in ((MOST_CELLS, "columns"), (MOST_CELLS + 1, "none")):
        rows, table = training_cells(frame_of(RNG.normal(size=(12, cells))), "auto", None, None)
        assert table is not None
        schema = Schema.of_columns(table.columns, table.container, rows)
        assert context_for("auto", schema, get("vae")(), "fast") == expected
        assert context_for("columns", schema, get("vae")(), "fast") == "columns"
