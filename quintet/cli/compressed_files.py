"""What `quintet info` says of compressed files that hold no rows: pictures, series, text and recordings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from quintet.errors import FileRefused

About = Callable[[Path], dict[str, Any]]


def about_of(start: bytes) -> About | None:
    """What describes a file that begins so; None of a file of rows, or of another kind."""
    from quintet.cli import picture_files
    from quintet.estimators._series.coding import about_series, is_series
    from quintet.estimators._sound.coding import about_sound, is_sound_file
    from quintet.estimators._text.coding import about_text, is_text

    if picture_files.are_compressed(start):
        return picture_files.about
    kinds = ((is_series, about_series), (is_text, about_text), (is_sound_file, about_sound))
    return next((partial(_read, describe) for is_one, describe in kinds if is_one(start)), None)


def _read(describe: Callable[[bytes], dict[str, Any]], file: Path) -> dict[str, Any]:
    try:
        return describe(file.read_bytes())
    except FileRefused as error:
        raise FileRefused(f"Cannot read {file}: {error}") from None
