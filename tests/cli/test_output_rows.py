"""Rows written as the pictures of a folder: what a picture cannot hold is refused before any work is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quintet.cli.output import target_folder
from quintet.cli.output_rows import refuse_format, write_model_rows
from quintet.data.schema import Array, Schema
from quintet.errors import InputError

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 65536, (6, 4, 5)).astype(np.uint16)


def back(folder: Path) -> Array:
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])


@pytest.mark.parametrize(
    "images",
    [
        RNG.random((6, 4, 5)).astype(np.float32),
        RNG.normal(size=(6, 4, 5)),
        RNG.integers(0, 256, (6, 6, 9, 8)).astype(np.uint8),
    ],
    ids=["from 0 to 1", "real", "six bands"],
)
def test_images_that_no_picture_holds_are_refused(images: Array, tmp_path: Path) -> None:
    place = target_folder(tmp_path / "out", False)
    with pytest.raises(InputError, match="8 or 16 bits with at most four channels"):
        refuse_format(place, Schema.infer(images))


@pytest.mark.parametrize(
    "images",
    [
        DEEP,
        RNG.integers(0, 65536, (6, 4, 5, 3)).astype(np.uint16),
        RNG.integers(0, 256, (6, 4, 5)).astype(np.int64),
        RNG.integers(0, 2, (6, 4, 5)).astype(np.float64),
    ],
    ids=["16 bits", "16 bits in colour", "whole numbers", "black and white"],
)
def test_answers_about_images_of_whole_numbers_are_written_as_such(images: Array, tmp_path: Path) -> None:
    schema, place = Schema.infer(images), target_folder(tmp_path / "out", False)
    refuse_format(place, schema)
    write_model_rows(place, images.astype(np.float64) + 0.3, schema)
    if images.ndim == 3:
        np.testing.assert_array_equal(back(tmp_path / "out"), images)
    assert len(list((tmp_path / "out").iterdir())) == len(images)


def test_answers_beyond_the_range_of_a_picture_end_at_it(tmp_path: Path) -> None:
    place = target_folder(tmp_path / "out", False)
    write_model_rows(place, np.where(DEEP < 9000, -3.0, 7e4), Schema.infer(DEEP))
    np.testing.assert_array_equal(back(tmp_path / "out"), np.where(DEEP < 9000, 0, 65535))


def test_rows_of_whole_numbers_are_written_as_they_are(tmp_path: Path) -> None:
    place = target_folder(tmp_path / "out", False)
    write_model_rows(place, DEEP, Schema.infer((DEEP >> 8).astype(np.uint8)))
    np.testing.assert_array_equal(back(tmp_path / "out"), DEEP)
