"""Reader of NumPy's .npy and .npz files, without pickled objects."""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from quintet.data.readers.decompression_limits import ARRAY_ROOM, Unzipped, check_stated
from quintet.data.readers.frames import Array
from quintet.data.readers.opening import existing_file, reading
from quintet.errors import FileRefused, InputError, nearest

ROW_KEYS = ("x", "X", "data")
LABEL_KEYS = ("y", "Y", "labels", "label", "target")
MASK_KEYS = ("mask",)
HEAD = 1 << 16
"""Bytes that contain the header of an array; NumPy reads at most 10,000."""
DAMAGE = (
    *(ValueError, TypeError, EOFError, OSError, KeyError, IndexError, OverflowError, MemoryError, SyntaxError),
    *(NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)  # exceptions of damaged .npy and .npz files


def read_npy(path: str | Path) -> Array:
    """Read the one array of an .npy file, gzipped or not."""
    with reading(path, ARRAY_ROOM) as file:
        if file.read(6) != b"\x93NUMPY":
            raise FileRefused(f"{path} must be an .npy file, got other first bytes: write it with numpy.save.")
        file.seek(0)
        with _damage_as_file_refused(str(path)):
            stated, size = _stated(file), Path(path).stat().st_size
            if isinstance(file, Unzipped):
                check_stated(path, size, stated)
            elif stated > size:
                raise EOFError("the file is shorter than its header states")
            file.seek(0)
            return np.asarray(np.load(file, allow_pickle=False))


def read_npz(path: str | Path, split: str, label: str | None) -> tuple[Array, Array | None, Array | None, str | None]:
    """Read rows, labels and mask of an .npz file.

    Parameters
    ----------
    path : holds rows as ``x``, ``X`` or ``data``, or as the only array; as ``x_train`` if the file has splits.
    split : "train" or "test".
    label : key of the labels; ``y``, ``Y``, ``labels``, ``label`` or ``target`` if None.

    Returns
    -------
    x : (n, *row_shape);  y : (n, ...) or None;  mask : True at missing cells, or None;  key of the labels.
    """
    path = existing_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            keys = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except DAMAGE as error:
        raise FileRefused(
            f"{path} must be an .npz file, got another or damaged file ({error}): write it with numpy.savez."
        ) from error
    if label is not None and label not in keys:
        raise InputError(f"{path} has no array {label!r}: {nearest(label, keys)}.")
    label_key = label or _key(keys, LABEL_KEYS, split)
    mask_key = _key(keys, MASK_KEYS, split)
    row_key = _key([key for key in keys if key != label], ROW_KEYS, split) or _only(keys, label_key, mask_key, path)
    if split == "test" and not row_key.endswith("test"):
        raise FileRefused(f"{path} has no test split among its arrays {', '.join(keys)}: leave split= (--split) out.")
    y = _load(path, label_key) if label_key else None
    mask = _load(path, mask_key).astype(bool) if mask_key else None
    return _load(path, row_key), y, mask, label_key


def shapes(path: str | Path) -> list[tuple[int, ...]]:
    """Read the shapes of the arrays in an .npy or .npz file from their headers; [] if they cannot be read."""
    try:
        if not zipfile.is_zipfile(path):
            with open(path, "rb") as file:
                return [_shape(file)]
        with zipfile.ZipFile(path) as archive:
            found = []
            for name in archive.namelist():
                with archive.open(name) as member:
                    found.append(_shape(member))
            return found
    except DAMAGE:
        return []


def _shape(file: IO[bytes]) -> tuple[int, ...]:
    return _head(file)[0]


def _head(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read shape and dtype from the header of an array."""
    start = io.BytesIO(file.read(HEAD))
    version = np.lib.format.read_magic(start)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(start)
    return tuple(shape), dtype


def _stated(file: IO[bytes]) -> int:
    """Size in bytes of the array that a header states; 0 for Python objects, which are not loaded."""
    shape, dtype = _head(file)
    return 0 if dtype.hasobject else math.prod(shape) * dtype.itemsize


def _key(keys: list[str], wanted: tuple[str, ...], split: str) -> str | None:
    names = [f"{name}_{split}" for name in wanted] + list(wanted)
    return next((name for name in names if name in keys), None)


def _only(keys: list[str], label: str | None, mask: str | None, path: Path) -> str:
    left = [key for key in keys if key not in (label, mask)]
    if len(left) != 1:
        given = f"the arrays {', '.join(left)}" if left else "no array"
        raise FileRefused(f"{path} must hold the rows as the only array or as x, X or data, got {given}.")
    return left[0]


def _load(path: Path, key: str) -> Array:
    with _damage_as_file_refused(f"{key!r} in {path}"):
        _check_member(path, f"{key}.npy")
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive[key])


def _check_member(path: Path, name: str) -> None:
    """Raise FileRefused for an array much larger than the file, by the archive's directory and the array's header."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRefused(
                f"{path} must use NumPy's compression, got another method: write it with numpy.savez_compressed."
            )
        check_stated(path, path.stat().st_size, member.file_size)
        with archive.open(member) as file:
            if _stated(file) > member.file_size:
                raise EOFError("the array is shorter than its header states")


@contextmanager
def _damage_as_file_refused(name: str) -> Iterator[None]:
    try:
        yield
    except FileRefused:
        raise
    except DAMAGE as error:
        if "Object arrays" in str(error):
            raise FileRefused(
                f"{name} must hold numbers, got pickled Python objects, which could run code: save numbers instead."
            ) from error
        raise FileRefused(f"{name} is damaged or cut off: write it again.") from error
