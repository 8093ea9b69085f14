"""Input and output of images larger than the model's rows: folders, stacks and single files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import inputs, option_values, output, output_rows
from quintet.data.writers.png import write_png
from quintet.errors import FileRefused, InputError

if TYPE_CHECKING:
    from quintet.data.patches.pictures import Pictures
    from quintet.data.readers.loaded import Loaded
    from quintet.data.schema import Schema
    from quintet.estimators import VAE

FORMS = ("a folder", ".npz", ".npy (of one size)", ".png (of one image)")


@dataclass(frozen=True)
class Given:
    """Pictures with their names, and the mask of missing cells."""

    names: list[str]
    pictures: Pictures
    missing: Any = None


def larger(data: str, vae: VAE, limit: int | None, pages: str | None, **refused: Any) -> Given | None:
    """Read the first ``limit`` pictures of DATA if their shape is not the model's; otherwise return None.

    ``pages`` is that of ``load_data``; ``refused`` are the command's options that do not apply to patches.
    """
    found = _found(data, vae, pages)
    if found is None:
        return None
    _refuse("images larger than the model's", refused)
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


def pictures_output(out: Path, given: Given, force: bool) -> output.OutputPath:
    """Check the output path for pictures before any work is done."""
    if not out.suffix:
        return output.target_folder(out, force)
    place = output.output_path(out, force, (".npz", ".npy", ".png"))
    sizes = {picture.shape for picture in given.pictures.all}
    if out.suffix.lower() == ".npy" and len(sizes) > 1:
        raise InputError(
            f"A .npy holds pictures of one size, got {len(sizes)} sizes for {out}: write a folder or an .npz."
        )
    if out.suffix.lower() == ".png" and len(given.names) > 1:
        raise InputError(
            f"A .png holds one picture, got {len(given.names)} for {out}: write a folder, an .npz or a .npy."
        )
    return place


def write_pictures(place: output.OutputPath, given: Given, pictures: list[Any]) -> None:
    """Write pictures as PNG files in a folder, with the metadata of the given files, or into one file by its suffix."""
    names = given.names
    metadata = [file.metadata for file in given.pictures.files] or [{}] * len(pictures)
    if place.suffix == ".npz":
        alike = len({picture.shape for picture in pictures}) == 1
        output_rows.write_arrays(place, {"x": np.stack(pictures)} if alike else dict(zip(names, pictures, strict=True)))
    elif place.suffix == ".npy":
        with place.opened() as file:
            np.save(file, np.stack(pictures), allow_pickle=False)
    elif place.suffix:
        with place.opened() as file:
            write_png(file, pictures[0], metadata[0], place.path)
    else:
        _write_folder(place, names, pictures, metadata)


def are_compressed(blob: bytes) -> bool:
    """Whether the bytes are a file of compressed pictures."""
    from quintet.estimators._patchwork.file_format import is_pictures

    return is_pictures(blob)


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


def _write_folder(
    place: output.OutputPath, names: list[str], pictures: list[Any], metadata: list[dict[str, bytes]]
) -> None:
    """One PNG for each picture, under the picture's name; names that are alike or leave the folder become numbers."""
    with place.folder() as folder:
        paths = [Path(name).with_suffix(".png") for name in names if name]
        outside = any(path.is_absolute() or ".." in path.parts for path in paths)
        if outside or len(set(paths)) < len(names):
            paths = [Path(f"{index:05d}.png") for index in range(len(names))]
        for path, picture, about in zip(paths, pictures, metadata, strict=True):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with open(folder / path, "wb") as file:
                write_png(file, picture, about, place.path / path)
