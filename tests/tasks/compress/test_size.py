"""What a file weighs: the bound where the model knows the rows, the raw rows where it does not."""

from __future__ import annotations

import lzma

import numpy as np
import pytest
import torch

from quintet.codec.container.layout import CODED, STORED
from quintet.data.dataset import Rows
from quintet.models.fitted import Fitted
from quintet.models.objectives.elbo import ELBO
from quintet.noise import Noise
from quintet.tasks.compress import bits_per_dimension, compress, decompress
from tests.tasks.compress.models import TRAINING, digits, fitted, kinds_of, model, trained_digits


def bound_in_bits(f: Fitted, X: np.ndarray, draws: int = 64) -> float:
    """-ELBO of all rows in bits, where cells are discrete."""
    batch = Rows.of(X, f.schema).batch(slice(None))
    with torch.no_grad():
        terms = ELBO()(batch.x, batch.observed, f.model.draw(batch.x, batch.observed, Noise(0, draws)))
    return float(terms.loss.sum()) / np.log(2)


def test_a_file_weighs_the_bound_and_little_more() -> None:
    X, _ = digits()
    f, held = trained_digits(), X[1500:]
    blob, bound = compress(f, held), bound_in_bits(trained_digits(), held)
    assert kinds_of(f, blob) == {CODED}
    assert 8 * len(blob) < 1.01 * bound + 1000
    assert 8 * len(blob) > 0.99 * bound
    assert len(blob) < len(lzma.compress(held.tobytes(), preset=9 | lzma.PRESET_EXTREME))


def test_initial_bits_are_few() -> None:
    """The first row costs its own bound, the posterior's bits and a header, not a reserve for many rows."""
    X, _ = digits()
    f = trained_digits()
    assert 8 * len(compress(f, X[1500:1501])) < bound_in_bits(f, X[1500:1501]) + 800


def test_hopeless_rows_cost_what_they_are() -> None:
    """Noise among the digits escapes the model row by row; noise alone makes the file fall back as a whole."""
    X, _ = digits()
    f, rng = trained_digits(), np.random.default_rng(0)
    noise = rng.integers(0, 256, (60, 8, 8)).astype(np.uint8)
    for share in (1, 30, 60):
        mixed = X[1500:1560].copy()
        mixed[60 - share :] = noise[60 - share :]
        alone = len(compress(f, X[1500 : 1560 - share]))
        assert len(compress(f, mixed)) <= alone + 1.01 * 64 * share + 64
    assert len(compress(f, noise)) <= noise.nbytes + 64
    assert kinds_of(f, compress(f, noise)) == {STORED}


def test_a_row_of_a_known_kind_escapes_alone() -> None:
    X, _ = digits()
    f = trained_digits()
    mixed = X[1500:1600].copy()
    mixed[40] = np.where(np.indices((8, 8)).sum(0) % 2, 16, 0)  # all legal levels, and nothing that the model has seen
    blob = compress(f, mixed)
    assert kinds_of(f, blob) == {CODED}
    assert np.array_equal(decompress(f, blob), mixed)


def test_files_of_rows_that_repeat_go_to_the_general_packer() -> None:
    X = np.repeat(TRAINING["image8"][:1], 500, axis=0)
    assert len(compress(model("image8"), X)) < 200


def test_floats_of_three_digits_cost_less_than_floats_of_all_digits() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    f = fitted(X, steps=50)
    all_digits, three = len(compress(f, X)), len(compress(f, np.round(X, 3)))
    assert three < all_digits / 3
    # 11.97 bits: the entropy of a standard normal on a grid of 0.001
    assert bits_per_dimension(three, X) == pytest.approx(11.97 + 0.3, abs=0.6)
    assert bits_per_dimension(all_digits, X) < 58
    assert len(compress(f, X.astype(np.float32))) < 4 * 400 * 4 * 0.95


def test_the_columns_show_their_own_precision() -> None:
    rng = np.random.default_rng(0)
    X = np.stack([rng.integers(0, 3, 300), rng.normal(size=300).round(1), rng.normal(size=300).astype(np.float32)], 1)
    X = X.astype(np.float64)
    f = fitted(X, steps=50)
    blob = compress(f, X)
    assert np.array_equal(decompress(f, blob), X)
    assert 8 * len(blob) / 300 < 3 + 7 + 30  # bits a row; raw: 192
