"""Law 11: the model-coded bits of a file are -log2 of z's price and of the cells given z; the rest stands apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from quintet.codec.entropy.cdf import CodedCells, code_length
from quintet.errors import FileRefused
from quintet.tasks.compress import FileBits, compress, describe_file
from quintet.tasks.compress.coding_model import CodingModel, ValueBins
from quintet.tasks.compress.embedding import grid_for
from tests.data.frames_of_all_kinds import training_frame
from tests.tasks.compress.models import TRAINING, digits, model, trained_digits
from tests.tasks.compress.test_tables import table_model


def table() -> tuple[Any, Any]:
    frame = training_frame(600)
    return table_model("trained", 60), frame.assign(price=frame["price"].mask(np.arange(600) % 20 == 3))


def images() -> tuple[Any, Any]:
    return trained_digits(), digits()[0][1500:]


def points() -> tuple[Any, Any]:
    return model("unit", "ae"), TRAINING["unit"]


@pytest.mark.parametrize("source", [table, images])
def test_model_coded_bits_are_the_score_within_a_hundredth(source: Any) -> None:
    fitted, rows = source()
    about = describe_file(compress(fitted, rows), fitted)
    assert about.ledger.coded == pytest.approx(about.score, rel=0.01)
    assert about.ledger.latents > 0
    assert about.ledger.cells > about.ledger.latents


@pytest.mark.parametrize("source", [table, images, points])
def test_the_parts_sum_to_the_file_and_none_is_negative(source: Any) -> None:
    fitted, rows = source()
    blob = compress(fitted, rows, block_rows=400)
    about = describe_file(blob, fitted)
    assert sum(about.listed().values()) == pytest.approx(8 * len(blob))
    assert min(v for name, v in about.listed().items() if not name.startswith("rounding")) > 0
    assert about.blocks == -(-len(rows) // 400)
    assert about.rows == len(rows)


def test_the_bits_of_columns_are_those_of_their_cells_and_of_what_is_kept_beside_them() -> None:
    fitted, frame = table()
    names = [column.name for column in fitted.schema.modelled]
    about = describe_file(compress(fitted, frame), fitted)
    found = about.by_column(names)
    assert set(found) == set(names) | set(about.verbatim)
    kept = sum(about.beside.values()) + sum(about.verbatim.values())
    assert sum(found.values()) == pytest.approx(about.ledger.cells + about.ledger.low_bits + kept)
    assert sum(found.values()) < 8 * about.size
    rare = describe_file(compress(fitted, frame.assign(flag=~frame["flag"])), fitted).by_column(names)
    assert rare["flag"] > 1.5 * found["flag"], "a fifth of the training rows have this flag"


def test_the_price_of_levels_is_minus_log2_of_their_probability() -> None:
    """Against the model's own log P, without bins, classes and rounding."""
    fitted, schema = table_model(), table_model().schema
    rng = np.random.default_rng(0)
    values = np.stack([rng.integers(0, max(count, 1), 50) for count in schema.codes], 1).astype(np.float64)
    coding, grid = CodingModel.from_fitted(fitted), grid_for(schema, values)
    likelihood = coding.likelihood(np.zeros((50, coding.latent_dim)), None)
    symbols, _, fits = grid.split(values)
    levels = np.array([count > 0 for count in schema.codes])
    cells = CodedCells(likelihood, schema.shape, ValueBins(grid, schema), fits & levels & (grid.size == schema.codes))
    prices = likelihood.log_prob(torch.from_numpy(values))[0].numpy()
    wanted = -np.where(cells.coded, prices, 0.0).sum(1) / np.log(2)
    assert cells.coded.any(0).sum() >= 3
    np.testing.assert_allclose(code_length(symbols, cells), wanted, rtol=1e-3)


def test_verbatim_columns_and_exceptions_stand_apart() -> None:
    fitted, frame = table_model(), training_frame()
    odd = frame.assign(colour=frame["colour"].where(frame.index != 3, "mauve"), extra=np.arange(60) ** 2)
    about: FileBits = describe_file(compress(fitted, odd), fitted)
    assert set(about.verbatim) == {"note", "hollow", "extra"}
    assert {name for name, bits in about.beside.items() if bits} == {"colour"}
    assert about.verbatim["note"] > about.verbatim["extra"] > 0
    assert about.ledger.rows == 60, "the model codes every row"


def test_without_the_model_the_payload_is_one_part() -> None:
    fitted, frame = table_model(), training_frame()
    blob = compress(fitted, frame)
    about = describe_file(blob)
    assert list(about.listed()) == ["payload (its parts need the model)", "header, index, heads of blocks, padding"]
    assert (about.rows, about.version, about.blocks) == (60, 4, 1)
    with pytest.raises(FileRefused, match="compressed with model"):
        describe_file(blob, trained_digits())
    with pytest.raises(FileRefused, match="no compressed file"):
        describe_file(b"PK\3\4 something else altogether, and long enough")
    with pytest.raises(FileRefused, match="damaged"):
        describe_file(blob[:-9])
