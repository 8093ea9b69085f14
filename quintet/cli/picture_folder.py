"""Pictures written as PNG files of a folder, under the names of the files that they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quintet.cli.output import OutputPath
from quintet.data.writers.png import write_png

PAGE = re.compile(r"(?P<file>.*)(?P<page>\[\d+\])")
"""A page of a file with several, as ``load_data`` names it: a.tif[2]."""


def write_folder(
    place: OutputPath, names: Sequence[str], pictures: Sequence[Any], metadata: Sequence[Mapping[str, bytes]] = ()
) -> None:
    """Write one PNG for each picture, under the picture's name; names that are alike or leave the folder become
    numbers.

    Parameters
    ----------
    names : of files, also in subfolders; empty for pictures without names.
    metadata : of each picture, see ``write_png``; empty for none.
    """
    with place.folder() as folder:
        paths = [_png(name) for name in names if name]
        outside = any(path.is_absolute() or ".." in path.parts for path in paths)
        if outside or len(set(paths)) < len(pictures):
            paths = [Path(f"{index:05d}.png") for index in range(len(pictures))]
        for path, picture, about in zip(paths, pictures, metadata or [{}] * len(pictures), strict=True):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with open(folder / path, "wb") as file:
                write_png(file, picture, about, place.path / path)


def _png(name: str) -> Path:
    """The name of the PNG of a file, or of a page: a[2].png."""
    paged = PAGE.fullmatch(name)
    path = Path(paged["file"] if paged else name)
    return path.with_name(f"{path.stem}{paged['page'] if paged else ''}.png")
