"""Files and folders that pictures are written to, and files of compressed pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quintet.cli import output, output_rows
from quintet.cli.picture_folder import write_folder
from quintet.cli.pictures import Given
from quintet.data.writers.png import write_png
from quintet.errors import FileRefused, InputError


def pictures_output(out: Path, shapes: Sequence[tuple[int, ...]], force: bool) -> output.OutputPath:
    """Check the output path for pictures of some shapes before any work is done."""
    if not out.suffix:
        return output.target_folder(out, force)
    place = output.output_path(out, force, (".npz", ".npy", ".png"))
    sizes = set(shapes)
    if out.suffix.lower() == ".npy" and len(sizes) > 1:
        raise InputError(
            f"A .npy holds pictures of one size, got {len(sizes)} sizes for {out}: write a folder or an .npz."
        )
    if out.suffix.lower() == ".png" and len(shapes) > 1:
        raise InputError(f"A .png holds one picture, got {len(shapes)} for {out}: write a folder, an .npz or a .npy.")
    return place


def write_pictures(place: output.OutputPath, given: Given, pictures: list[Any]) -> None:
    """Write pictures as PNG files in a folder, with the metadata of the given files, or into one file by its suffix."""
    names = given.names
    metadata = [file.metadata for file in given.pictures.files] or [{}] * len(pictures)
    if place.suffix == ".npz":
        alike = len({picture.shape for picture in pictures}) == 1
        stacked = (
            {"x": np.stack(pictures)} | ({"image": np.array(names)} if given.pictures.files else {}) if alike else {}
        )
        output_rows.write_arrays(place, stacked or dict(zip(names, pictures, strict=True)))
    elif place.suffix == ".npy":
        with place.opened() as file:
            np.save(file, np.stack(pictures), allow_pickle=False)
    elif place.suffix:
        with place.opened() as file:
            write_png(file, pictures[0], metadata[0], place.path)
    else:
        write_folder(place, names, pictures, metadata)


def are_compressed(blob: bytes) -> bool:
    """Whether the bytes are a file of compressed pictures."""
    from quintet.estimators._patchwork.file_format import is_pictures

    return is_pictures(blob)


def about(file: Path) -> dict[str, Any]:
    """The figures of ``quintet info`` on a file of compressed pictures."""
    from quintet.estimators._patchwork.file_format import opened

    blob = file.read_bytes()
    try:
        form = opened(blob)[1]
    except FileRefused as error:
        raise FileRefused(f"Cannot read {file}: {error}") from None
    cells = sum(math.prod((*size, *form.channels)) for size in form.sizes)
    sizes = sorted({f"{height}x{width}" for height, width in form.sizes})
    return {
        "images": len(form.sizes),
        "bytes": len(blob),
        "bits_per_dimension": 8 * len(blob) / max(cells, 1),
        "sizes": sizes if len(sizes) <= 3 else [*sizes[:3], f"{len(sizes) - 3} more"],
        "names": len(form.files),
    }
