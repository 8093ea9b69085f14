"""Writers of rows to .npy, .npz, .csv and .png files."""

from __future__ import annotations

import csv
import gzip
import io
import math
from pathlib import Path
from typing import IO, Any

import numpy as np

from quintet.arguments import ArrayLike, Count, File, Labels, Levels
from quintet.data.readers.frames import Array
from quintet.data.readers.image_folder import write_grid
from quintet.data.writers.atomic_file import atomic
from quintet.entry_points import public
from quintet.errors import InputError

FORMATS = ".npy, .npz, .csv, .csv.gz or .png"
CHUNK = 4096  # rows that are formatted at a time


@public
def save_rows(
    path: File,
    array: ArrayLike,
    names: list[str] | None = None,
    *,
    labels: Labels | None = None,
    label_names: list[str] | None = None,
    levels: Levels = 256,
    columns: Count | None = None,
    force: bool = False,
) -> None:
    """Write rows to ``path`` in the format of its suffix.

    Parameters
    ----------
    path : .npy (rows alone), .npz (``x``, and ``y`` for labels), .csv or .csv.gz (a table with a header;
        NaN becomes an empty cell; images are flattened), .png (images as one grid).
    array : (n, *row_shape).
    names : the table's column names; x0, x1, ... if None.
    labels : (n,) or (n, k) labels, for .npz and, as last columns, for .csv.
    label_names : names of the label columns; ``label``, or label0, label1, ... if None.
    levels, columns : of the .png grid, see ``save_grid``.
    force : whether an existing file may be replaced.
    """
    path = Path(path)
    with atomic(path, force=force) as file:
        given = None if labels is None else np.asarray(labels)
        write_rows(file, path.name, np.asarray(array), names, given, label_names, levels, columns)


def write_rows(
    file: IO[bytes],
    name: str,
    array: Array,
    names: list[str] | None = None,
    labels: Array | None = None,
    label_names: list[str] | None = None,
    levels: int = 256,
    columns: int | None = None,
) -> None:
    """Write rows to an open file in the format of the suffix of ``name``; see ``save_rows``."""
    array, ending = np.asarray(array), name.lower()
    if array.ndim == 0:
        raise InputError("Rows must be an array (n, ...), got a single value.")
    if ending.endswith(".png"):
        write_grid(file, array, columns, levels=levels)
    elif ending.endswith((".csv", ".csv.gz")):
        header, table = _table(array, names, labels, label_names)
        _write_csv(file, header, table, zipped=ending.endswith(".gz"))
    elif ending.endswith(".npy"):
        np.save(file, array, allow_pickle=False)
    elif ending.endswith(".npz"):
        arrays = {"x": array} if labels is None else {"x": array, "y": labels}
        np.savez_compressed(file, allow_pickle=False, **arrays)
    else:
        raise InputError(f"The name of the file must end in {FORMATS}, got {name}: change it.")


def _table(
    array: Array, names: list[str] | None, labels: Array | None, label_names: list[str] | None
) -> tuple[list[str], list[Array]]:
    """The header, and the blocks of columns, each (n, columns)."""
    flat = array.reshape(len(array), math.prod(array.shape[1:]))
    header = [f"x{i}" for i in range(flat.shape[1])] if names is None else list(names)
    if len(header) != flat.shape[1]:
        raise InputError(f"names must hold one name for each of the {flat.shape[1]} columns, got {len(header)}.")
    if labels is None:
        return header, [flat]
    last = np.asarray(labels)
    if last.ndim not in (1, 2) or len(last) != len(array):
        raise InputError(f"labels must be (n,) or (n, k) for the {len(array)} rows, got shape {last.shape}.")
    last = last[:, None] if last.ndim == 1 else last
    count = last.shape[1]
    label_header = label_names or (["label"] if count == 1 else [f"label{i}" for i in range(count)])
    return [*header, *label_header], [flat, last]


def _write_csv(file: IO[bytes], header: list[str], blocks: list[Array], *, zipped: bool) -> None:
    target: Any = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) if zipped else file
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for start in range(0, len(blocks[0]), CHUNK):
        cells = [_text(block[start : start + CHUNK]) for block in blocks]
        writer.writerows(np.concatenate(cells, axis=1).tolist())
    text.detach().flush()
    if zipped:
        target.close()


def _text(block: Array) -> Array:
    """Format numbers with the fewest digits that parse to the same number; NaN is empty."""
    text = block.astype(np.int64 if block.dtype.kind == "b" else block.dtype).astype(np.str_)
    return np.where(np.isnan(block), "", text) if block.dtype.kind == "f" else text
