"""Images as conditions: how they are encoded, stored, described and refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet.codec.container.varints import ByteReader, ByteWriter
from quintet.data.condition import Condition
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.tasks.compress.conditions import read_condition, write_condition

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("images", "low", "high"),
    [
        (rng.integers(0, 17, (40, 8, 8)).astype(np.uint8), 0, 16),
        (rng.integers(0, 256, (40, 4, 5, 3)).astype(np.uint8), 0, 255),
        (rng.random((40, 4, 5)) < 0.5, 0, 1),
        (rng.integers(0, 256, (40, 4, 5)) / 255, 0, 1),
        (np.linspace(-3.0, 5.0, 40 * 20).reshape(40, 4, 5), -3, 5),
    ],
    ids=["16 levels", "colour", "outlines", "0 to 1", "any numbers"],
)
def test_an_image_is_encoded_in_a_fixed_range_and_comes_back(images: np.ndarray, low: float, high: float) -> None:
    condition = Condition.infer(images)
    encoded = condition.encode(images, 40)
    assert encoded.dtype == torch.float32
    assert encoded.shape == (40, condition.dim) == (40, images[0].size)
    assert encoded.numpy() == pytest.approx((images.reshape(40, -1) - low) / (high - low), abs=0.5 / 255 + 1e-6)
    back = condition.named(encoded)
    assert back.dtype == images.dtype
    assert back.shape == images.shape
    assert back.astype(float) == pytest.approx(images.astype(float), abs=0.5 * (high - low) / 255 + 1e-9)
    if images.dtype.kind != "f":
        assert np.array_equal(back, images)
    # a part of the rows is encoded as it is among all
    assert torch.equal(condition.encode(images[7:9], 2), encoded[7:9])


def test_p_of_c_is_sixteen_images_spread_over_the_rows_kept_in_little_space() -> None:
    images = np.tile(np.arange(100, dtype=np.uint8)[:, None, None], (1, 28, 28))
    condition = Schema.infer(rng.random((100, 3)), images).condition
    assert condition is not None
    points, log_weights = condition.support()
    assert [int(p[0]) for p in (points * 255).round()] == np.linspace(0, 99, 16).astype(int).tolist()
    assert log_weights.exp().tolist() == pytest.approx([1 / 16] * 16)
    assert np.array_equal(condition.point(15)["y"], images[99])
    text = condition.model_dump_json()
    assert len(text) < 2000
    assert torch.equal(Condition.model_validate_json(text).support()[0], points)
    assert len(Condition.infer(images[:3]).points) == 3


def test_one_image_stands_for_all_rows() -> None:
    images = rng.integers(0, 17, (20, 8, 8))
    condition = Condition.infer(images)
    one = condition.encode(images[3], 4)
    assert torch.equal(one, condition.encode(images[3:4].repeat(4, 0), 4))
    assert torch.equal(one, condition.encode(condition.point(0) | {"y": images[3]}, 4))
    assert torch.equal(one, condition.encode(torch.from_numpy(images[3]), 4))
    assert torch.equal(one, condition.encode(images[3].tolist(), 4))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            np.zeros((3, 8, 7)),
            r"must be images of shape \(8, 8\), one for all rows or one per row, got shape \(3, 8, 7\)",
        ),
        (np.zeros((8, 8, 3)), r"got shape \(8, 8, 3\)"),
        (7, r"must be images of shape \(8, 8\)"),
        ("seven", r"must be images of shape \(8, 8\)"),
        (np.zeros((4, 8, 8)), "one image for each of the 3 rows of data, got 4 images"),
        (np.full((8, 8), np.nan), "must be finite, got NaN or inf"),
        (np.full((8, 8), 255), "range of training, 0 to 16, got 255 to 255: rescale them"),
        ({"picture": np.zeros((8, 8))}, "must name y, got picture"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(given: object, says: str) -> None:
    condition = Condition.infer(rng.integers(0, 17, (20, 8, 8)))
    with pytest.raises(InputError, match=says):
        condition.encode(given, 3)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.zeros((5, 2, 2, 2, 2)), r"shape \(5, 2, 2, 2, 2\)"),
        (np.full((5, 2, 2), "a"), "images of numbers"),
        (np.full((5, 2, 2), np.inf), "must be finite, got NaN or inf"),
        (np.zeros((5, 0, 2)), r"shape \(5, 0, 2\)"),
    ],
)
def test_what_is_no_image_is_refused_in_fit(y: np.ndarray, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Condition.infer(y)


def test_an_image_travels_in_a_compressed_file_in_a_byte_a_cell() -> None:
    images = rng.integers(0, 256, (30, 8, 8)).astype(np.uint8)
    schema = Schema.infer(rng.random((30, 3)), images)
    assert schema.condition is not None
    for some in (images[1:6], images[[0, 29]]):
        encoded, out = schema.condition.encode(some, len(some)), ByteWriter()
        write_condition(out, schema, encoded)
        assert len(out.data) < some.size + 10
        back = read_condition(ByteReader(bytes(out.data)), schema, len(some))
        assert back is not None
        assert torch.equal(back, encoded)
    assert len(out.data) < 10  # points of p(c) by their numbers
