"""Loading of rows and labels by the name of a data set or a path."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from quintet.arguments import ClassesLike, File, Pages, Side, Split
from quintet.data.databases.address import find_database, is_url, shown
from quintet.data.readers import image_folder, mnist, npy, table_folders, tables
from quintet.data.readers.digits import read_digits
from quintet.data.readers.frames import Array, to_labels, to_numpy
from quintet.data.readers.idx import looks_like_idx, read_idx
from quintet.data.readers.image_decoder import is_image
from quintet.data.readers.label_types import labels_of_text
from quintet.data.readers.labels import check_labels, read_labels, select_classes
from quintet.data.readers.letters import draw_letters
from quintet.data.readers.loaded import Loaded
from quintet.data.readers.loaded_checks import refuse_unsound_rows
from quintet.data.readers.memory_map import map_rows
from quintet.data.readers.opening import existing_file
from quintet.entry_points import public
from quintet.errors import FileRefused, InputError, nearest

MAPPED = 2**28
"""Bytes from which on an .npy file is mapped."""
NAMES = ("digits", "letters", "mnist")
SPLITS = ("train", "test")
FORMATS = (
    ".npy, .npz, .csv, .csv.gz, .parquet, .arrow, .duckdb, .sqlite, .db, idx files, images, a folder of images, of "
    ".parquet files, or one in MNIST's layout"
)


@public
def load_data(
    source: File,
    *,
    split: Split = "train",
    label: str | None = None,
    only: ClassesLike | None = None,
    except_: ClassesLike | None = None,
    size: Side | None = None,
    table: bool | None = None,
    query: str | None = None,
    pages: Pages | None = None,
) -> Loaded:
    """Load rows by name, path or address of a database.

    Parameters
    ----------
    source : ``digits`` (scikit-learn's 1,797 of 8×8, 0..16), ``letters`` (A to Z in several faces), ``mnist``, a
        path to an .npy, .npz, .csv, .parquet or idx file, to an image, to a folder of images (one subfolder a class) or
        to a folder in MNIST's layout; a folder of .parquet or .arrow files, a glob pattern or a URL of such, or one
        .arrow file; or a database: postgresql://USER@HOST/NAME, sqlite:///FILE, duckdb:///FILE, or a
        .duckdb, .sqlite or .db file. Paths that do not exist are looked up below the folder QUINTET_DATA.
    split : "train" or "test", if the source has both.
    label : the column (.csv, .parquet; several as "a,b") or key (.npz) of the labels, or a file with one label per row.
    only, except_ : classes to keep or leave out, such as "0-8", "1,3,5" or "a-f".
    size : side in pixels, or (height, width), to which images are resized and letters drawn.
    table : whether the rows of a .csv or .parquet file are a table of typed columns if all of them are numbers; None:
        unless these are pixels, or zeros and ones, of which the rows are an array.
    query : of a database, a SELECT statement or the name of a table, which may be left out where there is only one; of
        a .csv or .parquet file, a SELECT statement that calls the file ``data``.
    pages : of image files with several pages or frames, such as a TIFF stack: "rows", each page is a row, or "bands",
        the pages of a file are the channels of one row. None refuses such files.
    """
    named = source in NAMES
    if query is None and not named and table_folders.is_folder_of_tables(source):
        loaded = _from_tables(source, split, label, table)
    elif query is not None or is_url(source) or (not named and find_database(source)):
        loaded = _from_query(source, split, label, table, query)
        source = shown(source)
    else:
        path = None if named else locate(source)
        loaded = _named(source, split, size) if path is None else _from_path(path, split, label, size, table, pages)
    if label is not None and loaded.label_name is None:
        loaded = replace(loaded, y=read_labels(_label_file(label, source), len(loaded)), label_name=Path(label).name)
    if size is not None and loaded.is_table:
        raise InputError(f"size= (--size) is for images, got {source}, a table: leave it out.")
    if pages is not None and loaded.files is None:
        raise InputError(f"pages= (--pages) is for image files, got {source}: leave it out.")
    if size is not None and loaded.files is None and loaded.x.shape[1:3] != image_folder.as_size(size):
        loaded = replace(loaded, x=image_folder.resize(loaded.x, size))
    refuse_unsound_rows(loaded, source)
    keep = select_classes(loaded.y, only, except_)
    return loaded if keep is None else loaded.take(keep)


def _from_tables(source: File, split: str, label: str | None, as_table: bool | None) -> Loaded:
    """Rows of several files of Parquet or Arrow, all in memory."""
    _refuse_split(split, source)
    read = table_folders.read_tables(source)
    found = tables.rows_of(read, source, column := _unless_file(label), as_table)
    return Loaded(found.x, found.y, found.names, column, label_names=found.label_names)


def _named(source: str | Path, split: str, size: image_folder.Size | None) -> Loaded:
    if source == "mnist":
        return Loaded(*mnist.load_mnist(split))
    _refuse_split(split, source)
    if source == "letters":
        height, width = image_folder.as_size(28 if size is None else size)
        return Loaded(*draw_letters(min(height, width)))
    return Loaded(*read_digits())


def locate(source: str | Path) -> Path:
    """The path itself if it exists, or below the folder QUINTET_DATA."""
    path, home = Path(source).expanduser(), os.environ.get("QUINTET_DATA")
    if not path.exists() and home and Path(home, path).exists():
        return Path(home, path)
    if not path.exists() and len(path.parts) == 1 and not path.suffix:
        raise FileRefused(
            f"There is no file, folder or data set {str(source)!r}: {nearest(str(source), NAMES)}, or a path."
        )
    return path


def _from_path(
    path: Path,
    split: str,
    label: str | None,
    size: image_folder.Size | None,
    as_table: bool | None,
    pages: str | None,
) -> Loaded:
    """Read a file or folder; the suffix decides the format, and the content if the suffix is unknown."""
    if path.is_dir():
        return _from_folder(path, split, size, pages)
    existing_file(path)
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".npz"):
        return _from_npz(path, split, label)
    table = name.endswith((".csv", ".tsv", ".parquet"))
    if not (table or name.endswith(".npy") or is_image(path)):
        return _from_idx(path)
    _refuse_split(split, path)
    if name.endswith(".npy"):
        mapped = map_rows(path) if path.stat().st_size > MAPPED else None
        return Loaded(_array(npy.read_npy(path) if mapped is None else mapped, f"{path}"))
    if table:
        read = tables.read_parquet if name.endswith(".parquet") else tables.read_csv
        found = read(path, column := _unless_file(label), as_table)
        return Loaded(found.x, found.y, found.names, column, label_names=found.label_names)
    images = image_folder.read_image_files([path], path.parent, size, pages)
    return Loaded(images.x, files=images.names)


def _from_query(source: str | Path, split: str, label: str | None, as_table: bool | None, query: str | None) -> Loaded:
    """Rows of a database, or those that a query chooses from a file."""
    from quintet.data.databases.queries import is_queried, read_file_query, read_query

    if source in NAMES:
        raise InputError(f"query= (--query) needs a database or a table's file, got {source}: leave it out.")
    place = source if is_url(source) else locate(source)
    database = find_database(place)
    _refuse_split(split, shown(source))
    if database is not None:
        found = read_query(database, query)
    elif query is not None and is_queried(path := Path(place)):
        found = read_file_query(path, query)
    else:
        raise InputError(
            f"query= (--query) needs a database, a .csv, .tsv or .parquet file, got {place}: leave it out."
        )
    rows = tables.rows_of(found, shown(source), column := _unless_file(label), as_table)
    return Loaded(rows.x, rows.y, rows.names, column, label_names=rows.label_names)


def _from_npz(path: Path, split: str, label: str | None) -> Loaded:
    x, y, mask, key = npy.read_npz(path, split, _unless_file(label))
    y = None if y is None else check_labels(to_labels(y)[0], len(x), f"{key!r} in {path}")
    x = _array(x, f"the array of rows in {path}")
    return Loaded(x, y, None, key if label == key else None, None if mask is None else ~mask)


def _from_idx(path: Path) -> Loaded:
    if not looks_like_idx(path) and "idx" not in path.name.lower():
        raise FileRefused(f"The format of {path} must be one of {FORMATS}, got {path.suffix or 'no suffix'}.")
    beside = mnist.labels_beside(path)
    return Loaded(read_idx(path), None if beside is None else read_idx(beside).astype(np.int64))


def _array(rows: Array, name: str) -> Array:
    """Convert the rows of a file to numbers; errors name the file."""
    try:
        return to_numpy(rows)[0]
    except InputError as error:
        raise FileRefused(f"{name}: {error}") from error


def _from_folder(path: Path, split: str, size: image_folder.Size | None, pages: str | None) -> Loaded:
    if (layout := mnist.mnist_folder(path)) is not None:
        return Loaded(*mnist.read_mnist(layout, split))
    if all((path / name).is_dir() for name in SPLITS):
        path = path / split
    else:
        _refuse_split(split, path)
    found = image_folder.read_image_folder(path, size, pages)
    y = None if found.labels is None else labels_of_text(found.labels.tolist())
    return Loaded(found.x, y, files=found.names)


def _refuse_split(split: str, source: str | Path) -> None:
    if split != "train":
        raise InputError(f"{source} has no {split} split: leave split= (--split) out, and split the rows yourself.")


def _unless_file(label: str | None) -> str | None:
    """The label as a column or key; None if it is a file."""
    return None if label is not None and Path(label).is_file() else label


def _label_file(label: str, source: str | Path) -> Path:
    path = Path(label)
    if not path.exists() and not path.suffix:
        raise InputError(
            f"label must be a file for {source}, which has no columns, got {label!r}: give a file of labels."
        )
    return existing_file(path)
