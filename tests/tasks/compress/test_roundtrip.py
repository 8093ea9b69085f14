"""Law 7: decompress(compress(x)) == x for every legal x, bit for bit, in dtype and shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quintet.codec.container.layout import CODED
from quintet.errors import InputError
from quintet.tasks.compress import compress, decompress
from tests.tasks.compress.models import TRAINING, digits, fitted, kinds_of, model, takers, trained_digits

Array = np.ndarray[Any, Any]


def comes_back(f: Any, X: Array, **options: Any) -> bytes:
    blob = compress(f, X, **options)
    back = decompress(f, blob)
    assert back.dtype == X.dtype
    assert back.shape == X.shape
    assert back.tobytes() == X.tobytes()
    assert len(blob) <= 1.01 * X.nbytes + 64
    return blob


@pytest.mark.parametrize(("data", "variant"), takers())
def test_rows_of_the_training_kind(data: str, variant: str) -> None:
    """Without the check by decoding, which would pack plainly what the coder gets wrong."""
    for rows in (0, 1, 2, 20):
        comes_back(model(data, variant), TRAINING[data][:rows], effort="low")


@pytest.mark.parametrize("variant", ["vae", "ae"])
@pytest.mark.parametrize("data", ["image8", "colour", "levels"])
def test_constant_images_of_any_level(data: str, variant: str) -> None:
    for level in (0, 1, 16, 17, 200, 255):
        comes_back(model(data, variant), np.full_like(TRAINING[data][:7], level))


def test_levels_above_the_training_range_among_legal_ones() -> None:
    X, _ = digits()
    odd = X[:50].copy()
    odd[3, 2, 2], odd[7], odd[49, 7, 7] = 17, 255, 200
    f = trained_digits()
    assert kinds_of(f, comes_back(f, odd)) == {CODED}


@pytest.mark.parametrize("dtype", ["bool", "i1", "u2", "<i4", ">i4", "i8", "u8", "f2", "f4", ">f4", "f8", ">f8"])
@pytest.mark.parametrize("data", ["image8", "binary", "real", "unit"])
def test_any_dtype_of_numbers(data: str, dtype: str) -> None:
    f = model(data)
    X = np.random.default_rng(1).integers(0, 2, (9, *f.schema.row_shape)).astype(dtype)
    comes_back(f, X)


def test_extreme_integers() -> None:
    info = np.iinfo(np.int64)
    comes_back(model("real"), np.array([[info.min, info.max, 0], [1, -1, info.max], [5, 6, 7]]))
    comes_back(model("real"), np.array([[2**64 - 1, 0, 2**63], [1, 2, 3]], dtype=np.uint64))


FLOATS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    1 / 3,
    np.pi,
    1e300,
    -1e300,
    5e-324,
    -2.2e-308,
    np.inf,
    -np.inf,
    np.nan,
    -np.nan,
    255.0,
]


@pytest.mark.parametrize("variant", ["vae", "ae"])
@pytest.mark.parametrize("data", ["real", "unit", "image8", "binary"])
def test_extreme_floats(data: str, variant: str) -> None:
    f = model(data, variant)
    X = np.resize(np.array(FLOATS), (24, *f.schema.row_shape))
    comes_back(f, X)
    with np.errstate(over="ignore"):
        comes_back(f, X.astype(np.float32))


def test_payload_of_nan_survives() -> None:
    X = np.array([0x7FF8000000000001, 0xFFF8DEADBEEF0000, 0x7FF0000000000001], dtype=np.uint64).view(np.float64)
    comes_back(model("real"), np.concatenate([X[None], TRAINING["real"]]))


@pytest.mark.parametrize("data", ["real", "unit"])
def test_missing_cells_are_coded_by_the_model_around_them(data: str) -> None:
    X = TRAINING[data].copy()
    X[3].flat[1], X[5].flat[:2] = np.nan, np.nan
    comes_back(model(data), X)


def test_wide_latent_space_and_one_cell() -> None:
    X = np.arange(30.0)[:, None] / 4
    comes_back(fitted(X, latent_dim=12), X)


def test_flat_rows_of_an_image_model() -> None:
    X = TRAINING["image8"].reshape(20, -1)
    comes_back(model("image8"), X)


def test_rows_that_are_not_contiguous() -> None:
    comes_back(model("image8"), np.asfortranarray(TRAINING["image8"])[::-2])


@pytest.mark.parametrize("effort", ["low", "normal", "high"])
@pytest.mark.parametrize("batch_rows", [1, 5, 256])
def test_any_effort_and_batch(effort: str, batch_rows: int) -> None:
    comes_back(model("image8"), TRAINING["image8"], effort=effort, batch_rows=batch_rows)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_bits_of_any_float(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.float16]))
    shape = (data.draw(st.integers(0, 12)), 3)
    word = f"u{np.dtype(dtype).itemsize}"
    X = data.draw(hnp.arrays(word, shape)).view(dtype)
    comes_back(model("real"), X, effort=data.draw(st.sampled_from(["low", "normal"])))


@settings(max_examples=15, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(0, 9), st.just(8), st.just(8)), elements=st.integers(0, 255)))
def test_any_pixels(X: Array) -> None:
    comes_back(trained_digits(), X)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.zeros((3, 3, 3), np.uint8), "Rows must have the shape"),
        (np.zeros((3, 5, 4), complex), "Cells of type"),
        (np.zeros((3, 5, 4), np.longdouble), "Cells of type"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(X: Array, words: str) -> None:
    with pytest.raises(InputError, match=words):
        compress(model("image8"), X)


@pytest.mark.parametrize("options", [{"effort": "lots"}, {"batch_rows": 0}, {"lossy": -1.0}, {"condition": 1}])
def test_bad_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        compress(model("image8"), TRAINING["image8"], **options)
