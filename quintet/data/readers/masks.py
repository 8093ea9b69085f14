"""Masks of missing cells: arrays in .npy files, and pictures whose transparent pixels are missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from quintet.arguments import File
from quintet.data.readers.frames import Array
from quintet.data.readers.image_decoder import decode_image, is_image, probe
from quintet.data.readers.image_folder import image_paths
from quintet.data.readers.npy import read_npy
from quintet.data.readers.opening import existing_file
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError

FORMS = "a .npy file, a picture with transparent pixels (.png, .tiff, .webp), or a folder of these pictures"


@public
def read_mask(path: File, names: Sequence[str] | None = None) -> Array | list[Array]:
    """Read a mask of missing cells, True where a cell is missing.

    Parameters
    ----------
    path : an .npy file; a picture, of which every pixel that is not fully opaque is missing; or a folder of such
        pictures.
    names : the files of the rows, as ``load_data(...).files``: a folder needs a mask under each name, whatever its
        suffix.

    Returns
    -------
    mask : the array of the .npy file as bool, (height, width) of a picture, and a list of these for a folder.
    """
    path = Path(path)
    if path.is_dir():
        return [_transparent(each) for each in _masks_in(path, names)]
    if path.suffix.lower() == ".npy":
        return read_npy(path).astype(bool)
    if is_image(existing_file(path)):
        return _transparent(path)
    raise FileRefused(f"A mask must be {FORMS}, got {path}.")


def _transparent(path: Path) -> Array:
    """Where the pixels of a picture are not fully opaque, (height, width)."""
    (height, width), mode = probe(path)
    if not mode.startswith(("LA", "RGBA")):
        raise FileRefused(
            f"A mask must be a picture with transparent pixels, which are missing, got {mode} without transparency in "
            f"{path}: erase the missing pixels and save it as .png with alpha."
        )
    alpha = decode_image(path, mode, height, width)[..., -1]
    return np.asarray(alpha < np.iinfo(alpha.dtype).max)


def _masks_in(folder: Path, names: Sequence[str] | None) -> list[Path]:
    """The masks in a folder, one for each name, or all in natural order without names."""
    paths, _ = image_paths(folder)
    if names is None:
        return paths
    own = {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}
    wanted = [Path(name).with_suffix("").as_posix() for name in names]
    lacking = [name for name, stem in zip(names, wanted, strict=True) if stem not in own]
    if lacking:
        raise InputError(
            f"The masks in {folder} must have the names of the rows' files, got none for {lacking[0]}: add "
            f"{Path(lacking[0]).with_suffix('.png')}, wholly opaque if nothing is missing there."
        )
    return [own[stem] for stem in wanted]
