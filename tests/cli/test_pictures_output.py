"""Where decoded pictures go is checked before they are decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet.cli import patched
from quintet.errors import FileRefused, InputError
from quintet.estimators._patchwork.file_format import PACKED, PictureFormat, closed, head
from quintet.estimators._patchwork.plain_packing import packed_pixels

NO_MODEL: Any = None


def compressed(*shapes: tuple[int, int]) -> bytes:
    pictures = [np.zeros(shape, dtype=np.uint8) for shape in shapes]
    out = head(PictureFormat(False, np.dtype(np.uint8), (), list(shapes)), PACKED)
    out.data += packed_pixels(pictures)
    return closed(out)


@pytest.mark.parametrize(
    ("name", "blob", "words"),
    [
        ("there.npy", compressed((4, 5)), "exists"),
        ("there", compressed((4, 5)), "must be empty"),
        ("new.csv", compressed((4, 5)), "must end in"),
        ("new.png", compressed((4, 5), (4, 5)), "one picture, got 2"),
        ("new.npy", compressed((4, 5), (4, 6)), "one size, got 2"),
    ],
)
def test_a_place_that_pictures_cannot_go_to_is_refused_before_the_model_decodes(
    name: str, blob: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "there.npy").touch()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").touch()
    with pytest.raises((InputError, FileRefused), match=words):
        patched.decompress(NO_MODEL, tmp_path / "file.qnt", blob, tmp_path / name, False)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"Cannot decode .*file\.qnt"):
        patched.decompress(NO_MODEL, tmp_path / "file.qnt", compressed((4, 5))[:-1], tmp_path / "new.npy", False)
