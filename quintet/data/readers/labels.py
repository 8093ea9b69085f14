"""Labels of rows: reader of label files, and selection of classes by name or range."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from quintet.data.readers.frames import Array
from quintet.data.readers.idx import looks_like_idx, read_idx
from quintet.data.readers.label_types import labels_of_text
from quintet.data.readers.npy import read_npy
from quintet.data.readers.opening import reading
from quintet.errors import FileRefused, InputError

Classes = str | int | Iterable[Any]


def read_labels(path: str | Path, n: int) -> Array:
    """Read one label per row from an .npy, idx, .csv or .txt file; text files may start with a column name.

    Parameters
    ----------
    path : the file.
    n : number of rows.

    Returns
    -------
    y : (n,) numbers or text; (n, columns) only from an .npy file.
    """
    path = Path(path)
    if path.suffix == ".npy":
        labels = read_npy(path)
    elif looks_like_idx(path):
        labels = read_idx(path)
    else:
        with reading(path) as file:
            try:
                lines = file.read().decode("utf-8-sig").splitlines()
            except UnicodeDecodeError as error:
                raise FileRefused(
                    f"Labels must be .npy, idx, .csv or .txt with one label per row, got {path}, "
                    "which is not text in UTF-8."
                ) from error
        lines = [line.strip().strip('"') for line in lines]
        labels = labels_of_text(lines[1:] if len(lines) == n + 1 else lines)
    return check_labels(labels, n, str(path))


def check_labels(labels: Array, n: int, name: str) -> Array:
    """Check that there is one label for each of ``n`` rows; convert whole numbers to int64."""
    if labels.ndim not in (1, 2) or len(labels) != n:
        raise FileRefused(f"{name} must hold one label for each of the {n} rows, got labels of shape {labels.shape}.")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    return labels.astype(np.int64) if labels.dtype.kind in "iu" else labels


def select_classes(y: Array | None, only: Classes | None, except_: Classes | None) -> Array | None:
    """Mask of the rows with a class in ``only`` (all if None) and not in ``except_``, (n,); None for all rows.

    Classes are "0-8", "1,3,5", "a-f", a label, or several of these.
    """
    if only is None and except_ is None:
        return None
    if y is None:
        raise InputError("only= and except_= (--only, --except) need labels, and these rows have none: give label=.")
    if y.ndim != 1:
        raise InputError(f"only= and except_= need one label per row, got labels of shape {y.shape}.")
    keep = np.ones(len(y), dtype=bool) if only is None else np.isin(y, _classes(y, only, "only"))
    if except_ is not None:
        keep &= ~np.isin(y, _classes(y, except_, "except_"))
    if not keep.any():
        raise InputError(f"only={only!r} and except_={except_!r} leave no rows of the classes {_listed(np.unique(y))}.")
    return keep


def _classes(y: Array, wanted: Classes, name: str) -> list[Any]:
    present = np.unique(y).tolist()
    parts = wanted.split(",") if isinstance(wanted, str) else [wanted] if isinstance(wanted, int) else list(wanted)
    found = []
    for part in parts:
        text = str(part).strip()
        match = [c for c in present if _is(c, text)] or _range(present, text)
        match = match or [c for c in present if str(c).lower() == text.lower()]
        if not match:
            raise InputError(
                f"{name} must name classes {_listed(present)}, as '0-8', '1,3,5' or 'a-f', got {text!r} in {wanted!r}."
            )
        found += match
    return found


def _is(label: Any, text: str) -> bool:
    if isinstance(label, str):
        return label == text
    try:
        return bool(label == float(text))
    except ValueError:
        return str(label) == text


def _range(present: list[Any], text: str) -> list[Any]:
    """The classes of a range, both ends included: numbers by value, text alphabetically."""
    if (ends := re.fullmatch(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)", text)) and not isinstance(present[0], str):
        low, high = map(float, ends.groups())
        return [c for c in present if low <= c <= high]
    if not (isinstance(present[0], str) and (ends := re.fullmatch(r"([^-]+)-([^-]+)", text))):
        return []
    first, last = (end.strip() for end in ends.groups())
    exact = [c for c in present if len(c) == len(first) and first <= c <= last]
    return exact or [c for c in present if len(c) == len(first) and first.lower() <= c.lower() <= last.lower()]


def _listed(classes: Iterable[Any]) -> str:
    names = [str(c) for c in classes]
    return ", ".join(names if len(names) <= 30 else [*names[:28], "...", names[-1]])
