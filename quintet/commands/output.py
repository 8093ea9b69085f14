"""Where answers go: files that are whole or absent, figures as text or JSON."""

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import typer

from quintet.errors import InputError

Array = npt.NDArray[Any]


def target(path: Path, force: bool, suffixes: Sequence[str] = ()) -> Path:
    """Refuse a place to write to before any work is done.

    Parameters
    ----------
    path : the file that the answer is to become.
    force : an existing file may be overwritten.
    suffixes : the endings this answer can be written as; empty for any.
    """
    if suffixes and path.suffix.lower() not in suffixes:
        raise InputError(f"--out {path} ends in '{path.suffix}': this answer is written as {' or '.join(suffixes)}.")
    if path.is_dir():
        raise InputError(f"--out {path} is a folder: give the name of a file in it.")
    if path.exists() and not force:
        raise InputError(f"--out {path} exists already: choose another name, or overwrite it with --force.")
    _writable(path.parent, path)
    return path


def target_folder(path: Path, force: bool) -> Path:
    """Refuse a folder to write to before any work is done: a file, or one that holds something already."""
    if path.exists() and not path.is_dir():
        raise InputError(f"--out {path} is a file: give the name of a folder.")
    if path.is_dir() and any(path.iterdir()) and not force:
        raise InputError(f"--out {path} is not empty: choose another folder, or overwrite its files with --force.")
    _writable(path if path.is_dir() else path.parent, path)
    return path


def _writable(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"--out {path}: there is no folder {folder}: make it first, or choose another.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"--out {path}: no permission to write into {folder}: choose another folder.")


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    from quintet import storage

    storage.write(path, content)


def write_rows(
    path: Path,
    rows: Array,
    *,
    names: Sequence[str] | None = None,
    top: float = 1.0,
    columns: int | None = None,
    **more: Array | None,
) -> None:
    """Write rows by the ending of the file's name: .npy, .npz, .csv, or .png (a grid of images).

    Parameters
    ----------
    rows : (n, *row_shape), in the user's units; they are the array ``x`` of an .npz file.
    names : the columns' names, for .csv.
    top : the value that is white in a .png.
    columns : images in a row of the grid; about the square root of their number where not given.
    more : other arrays for .npz; those of n values become columns of a .csv too.
    """
    extra = {name: value for name, value in more.items() if value is not None}
    content = io.BytesIO()
    match path.suffix.lower():
        case ".npy":
            np.save(content, rows)
        case ".npz":
            np.savez_compressed(content, **({"x": rows} | extra))
        case ".png":
            from PIL import Image

            Image.fromarray(image_grid(rows, top, columns)).save(content, format="PNG")
        case _:
            flat = rows.reshape(len(rows), -1)
            header = list(names) if names is not None else [f"x{index}" for index in range(flat.shape[1])]
            table = dict(zip(header, flat.T, strict=True))
            write_table(path, table | {n: v for n, v in extra.items() if v.shape == (len(rows),)})
            return
    write(path, content.getvalue())


def write_table(path: Path, table: Mapping[str, Array]) -> None:
    """Write columns as .csv; a missing number is an empty cell, and numbers read back as they were."""
    import csv

    columns = [["" if text == "nan" else text for text in column.astype(str)] for column in table.values()]
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*columns, strict=True))
    write(path, content.getvalue().encode())


def image_grid(rows: Array, top: float = 1.0, columns: int | None = None) -> npt.NDArray[np.uint8]:
    """Lay images out in a grid with a thin border; small ones are enlarged to at least 32 pixels.

    Parameters
    ----------
    rows : (n, height, width) or (n, height, width, 1 or 3).
    top : the value that is white.
    """
    if rows.ndim not in (3, 4) or (rows.ndim == 4 and rows.shape[-1] not in (1, 3)):
        raise InputError(
            f"rows of shape {rows.shape[1:]} are no images: write them as .npz, .npy or .csv, not as .png."
        )
    pixels = np.nan_to_num(np.asarray(rows, dtype=np.float64)) * (255.0 / top)
    images = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    zoom = max(1, -(-32 // min(images.shape[1:3])))
    images = images.repeat(zoom, axis=1).repeat(zoom, axis=2)
    count, height, width = images.shape[:3]
    across = columns or max(1, int(np.ceil(np.sqrt(count))))
    down = max(1, -(-count // across))
    grid = np.full((down * (height + 2) + 2, across * (width + 2) + 2, *images.shape[3:]), 128, dtype=np.uint8)
    for index, image in enumerate(images):
        y, x = 2 + index // across * (height + 2), 2 + index % across * (width + 2)
        grid[y : y + height, x : x + width] = image
    return grid


def say(answer: Mapping[str, Any], *, as_json: bool, quiet: bool = False) -> None:
    """Print figures: as JSON where asked, as aligned lines otherwise. ``quiet`` leaves JSON alone."""
    if as_json:
        typer.echo(json.dumps(plain(answer), indent=2))
    elif not quiet:
        width = max((len(name) for name in answer), default=0)
        for name, value in answer.items():
            typer.echo(f"{name.replace('_', ' '):<{width}}  {_short(value)}")


def plain(value: Any) -> Any:
    """What JSON can hold: arrays become lists, NaN and infinity become null."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _short(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    if isinstance(value, np.ndarray):
        return _short(value.tolist())
    if isinstance(value, (list, tuple)):
        return ", ".join(_short(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(item)}" for name, item in value.items())
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
