"""Rows coded by a context decoder: with latents or without them, whichever is shorter; law 11 for both."""

from __future__ import annotations

import math
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from quintet.data.dataset import Rows
from quintet.errors import FileRefused
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.tasks.compress import choose_code, compress, decompress, describe_file, lossless
from quintet.tasks.compress.ledger import Ledger
from quintet.tasks.compress.tables.cells import cells_of_frame
from tests.models.context.tiny import context_model, levels_frame, mixed_frame, schema_of
from tests.tasks.compress.models import fitted_rows

CODES = {
    "latents": lambda *about: choose_code._with_latents(*about),
    "none": lambda m, grid, values, known: choose_code.RowCode(
        m, choose_code.ValueBins(grid, m.schema), choose_code.NoLatents(), None, known.condition
    ),
}


def frame_of(kind: str) -> pd.DataFrame:
    """``wide``: more columns than a chain has groups."""
    return {"levels": levels_frame, "mixed": mixed_frame, "wide": lambda: mixed_frame(70)}[kind]()


@cache
def fitted(kind: str, null: int | None = None) -> Fitted:
    """A context model of a frame; ``null`` is the seed of a long random vector in place of z, None: a short one."""
    frame = frame_of(kind)
    schema = schema_of(frame)
    model = context_model(schema)
    model.set_order(np.random.default_rng(0).permutation(schema.size).tolist())
    if null is not None:
        draw = torch.Generator().manual_seed(null)
        model.context.null.copy_(3 * torch.randn(model.context.null.shape, generator=draw))
    return Fitted(schema, model, fingerprint=f"{kind} {null}", options={"variant": "vae"})


def payload(f: Fitted, cells: Any, code: str | None, patch: pytest.MonkeyPatch) -> bytes:
    if code is not None:
        patch.setattr(lossless, "choose_code", CODES[code])
    found = lossless.to_payload(f, cells, None, 256)
    patch.undo()
    return found


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", ["levels", "mixed", "wide"])
def test_rows_come_back_and_their_bits_are_the_score(kind: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, frame = fitted(kind), frame_of(kind)
    monkeypatch.setattr(lossless, "choose_code", CODES[code])
    frame = pd.concat([frame] * 5, ignore_index=True) if kind != "wide" else frame[:6]
    cells = cells_of_frame(f.schema, frame)
    found, book = lossless.to_payload(f, cells, None, 256), Ledger()
    back = lossless.from_payload(f, found, len(cells), cells.dtype, None, book)
    np.testing.assert_array_equal(back, cells)
    pd.testing.assert_frame_equal(decompress(f, compress(f, frame)), frame)
    assert book.coded == pytest.approx(book.latents + book.cells, rel=0.01, abs=64)
    assert (book.latents == 0) == (code == "none")


def test_bits_of_levels_without_latents_are_minus_log2_of_the_chain_in_the_stored_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    f, book = fitted("levels"), Ledger()
    cells = np.array(list(product(*(range(codes) for codes in f.schema.codes))), dtype=np.float64)
    lossless.from_payload(f, payload(f, cells, "none", monkeypatch), len(cells), cells.dtype, None, book)
    assert isinstance(f.model, ContextModel)
    assert f.model.order.tolist() != [0, 1, 2]
    x = Rows.of(cells, f.schema).batch(slice(None)).x
    score = -float(f.model.without_latents(len(x)).log_prob(x).double().sum()) / math.log(2)
    assert book.cells == pytest.approx(score, rel=1e-3)
    natural = -float(f.model.without_latents(len(x)).in_order(range(3)).log_prob(x).double().sum()) / math.log(2)
    assert natural != pytest.approx(score, rel=1e-3)


@pytest.mark.parametrize(("null", "wanted"), [(1, "none"), (6, "latents")])  # one predicts well, one badly
@pytest.mark.parametrize("rows", [1, 50, 200])
def test_the_shorter_code_is_chosen(null: int, wanted: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    f = fitted("mixed", null)
    cells = cells_of_frame(f.schema, pd.concat([mixed_frame()] * 5, ignore_index=True))[:rows]
    sizes = {code: len(payload(f, cells, code, monkeypatch)) for code in CODES}
    assert len(payload(f, cells, None, monkeypatch)) <= 1.01 * min(sizes.values())  # draws of z differ
    if rows > 1:
        assert min(sizes, key=lambda code: sizes[code]) == wanted


def test_a_model_without_context_refuses_rows_without_latents(monkeypatch: pytest.MonkeyPatch) -> None:
    f, frame = fitted("levels"), levels_frame()
    found = payload(f, cells_of_frame(f.schema, frame), "none", monkeypatch)
    plain = fitted_rows(f.schema, cells_of_frame(f.schema, frame))
    with pytest.raises(FileRefused, match="without latents"):
        lossless.from_payload(plain, found, len(frame), np.dtype(np.float64))


def test_the_parts_of_a_file_without_latents_sum_to_it() -> None:
    f, frame = fitted("mixed", 1), mixed_frame()
    blob = compress(f, frame)
    about = describe_file(blob, f)
    assert not about.ledger.latents
    assert not about.ledger.initial
    assert sum(about.listed().values()) == pytest.approx(8 * len(blob))
