"""Images larger than the model's rows, and image files with their names: folders, stacks and single files."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import inputs, option_values
from quintet.errors import FileRefused, InputError

if TYPE_CHECKING:
    from quintet.data.patches.pictures import Pictures
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Schema
    from quintet.estimators import VAE


@dataclass(frozen=True)
class Given:
    """Pictures with their names, and the mask of missing cells."""

    names: list[str]
    pictures: Pictures
    missing: Any = None

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of each picture."""
        return [picture.shape for picture in self.pictures.all]

    def as_rows(self) -> Loaded:
        """The pictures, which have one shape, as rows."""
        from quintet.data.readers.loaded import Loaded

        return Loaded(np.stack(self.pictures.all), files=self.names)


def larger(data: str, vae: VAE, limit: int | None, pages: str | None, **refused: Any) -> Given | None:
    """Read the first ``limit`` pictures of DATA if their shape is not the model's; otherwise return None.

    ``pages`` is that of ``load_data``; ``refused`` are the command's options that do not apply to patches.
    """
    found = _found(data, vae, pages)
    if found is None:
        return None
    _refuse("images larger than the model's", refused)
    return _first(found, limit)


def of_files(data: str, vae: VAE, limit: int | None) -> Given | None:
    """Read the first ``limit`` image files of DATA if all have the shape of the model's rows; otherwise return None.

    None for more than ``IN_MEMORY`` bytes, which are read as rows, and for folders of a training and a test split.
    """
    from quintet.data.mapped_rows import IN_MEMORY
    from quintet.data.patches.pictures import read_pictures
    from quintet.data.readers.image_decoder import is_image
    from quintet.data.readers.image_folder import image_paths

    shape, path = vae.schema_.row_shape, _located(data)
    if path is None or not vae.schema_.is_image or not (path.is_dir() or is_image(path)) or inputs.has_test(data):
        return None
    try:
        paths = [path] if path.is_file() else image_paths(path)[0]
        if len(paths) * math.prod(shape) > IN_MEMORY:
            return None
        found = read_pictures(path)
    except FileRefused:
        return None
    if any(picture.shape != shape for picture in found.all):
        return None
    return _first(Given([file.name for file in found.files], found), limit)


def _first(found: Given, limit: int | None) -> Given:
    if limit is None or limit >= len(found.names):
        return found
    missing = None if found.missing is None else found.missing[:limit]
    kept = replace(found.pictures, all=found.pictures.all[:limit], files=found.pictures.files[:limit])
    return Given(found.names[:limit], kept, missing)


def _found(data: str, vae: VAE, pages: str | None) -> Given | None:
    from quintet.data.patches.pictures import Pictures, read_pictures
    from quintet.data.readers.image_decoder import is_image, probe
    from quintet.data.readers.image_folder import image_paths
    from quintet.data.readers.npy import shapes

    schema, path = vae.schema_, _located(data)
    if path is None or not schema.is_image:
        return None
    if path.is_dir() or is_image(path):
        try:
            paths = [path] if path.is_file() else image_paths(path)[0]
        except FileRefused:
            return None
        if pages is not None:
            return _stack(data, paths, schema, pages)
        if not paths or all(probe(each)[0] == schema.row_shape[:2] for each in paths):
            return None
        found = read_pictures(path)
        return Given([file.name for file in found.files], found)
    if path.suffix.lower() in (".npy", ".npz") and any(_larger(shape[1:], schema) for shape in shapes(path)):
        loaded = inputs.read_rows(data)
        if _larger(loaded.x.shape[1:], schema):
            names = [str(index) for index in range(len(loaded.x))]
            return Given(names, Pictures.of(loaded.x), inputs.missing(loaded))
    return None


def _stack(data: str, paths: list[Path], schema: Schema, pages: str) -> Given | None:
    """The pages or bands of image files if they are larger than the model's rows; otherwise None."""
    from quintet.data.patches.pictures import Pictures
    from quintet.data.readers.image_rows import image_rows

    if not paths or not _larger(image_rows(paths, None, pages).row_shape, schema):
        return None
    loaded = inputs.read_rows(data, pages=pages)
    return Given(loaded.files or [], Pictures.of(loaded.x))


def training_patches(
    data: str, patch: str, patches: int, seed: int, pages: str | None, **refused: Any
) -> tuple[Loaded, Any]:
    """Cut random patches from the pictures of DATA; return them and their groups."""
    from quintet.data.patches.pictures import cut_patches
    from quintet.data.readers.loaded import Loaded

    _refuse("training with --patch", refused)
    path = _located(data)
    arrays = path is None or pages is not None or path.suffix.lower() in (".npy", ".npz")
    source: Any = inputs.read_rows(data, pages=pages).x if arrays else path
    rows, groups = cut_patches(
        source, option_values.image_size(patch, "--patch"), patches, random_state=seed, return_groups=True
    )
    return Loaded(rows), groups


def _refuse(what: str, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            option = "--" + name.rstrip("_").replace("_", "-")
            raise InputError(f"{option} is not supported for {what}: leave it out.")


def _located(data: str) -> Path | None:
    """The path that DATA names; None for a data set, or a path that does not exist."""
    from quintet.data.databases.address import find_database
    from quintet.data.readers.sources import NAMES, locate

    if data in NAMES or find_database(data) is not None:
        return None
    path = locate(data)
    return path if path.exists() else None


def _larger(shape: tuple[int, ...], schema: Schema) -> bool:
    """Whether rows of this shape are images larger than the model's."""
    wanted = schema.row_shape
    return len(shape) == len(wanted) and shape != wanted and shape[0] >= wanted[0] and shape[1] >= wanted[1]
