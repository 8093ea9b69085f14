"""Data and models that the command line reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import option_values, printing
from quintet.cli.fitting_size import drawn_size, in_the_models_units
from quintet.errors import FileRefused, InputError, nearest

if TYPE_CHECKING:
    from quintet.data.readers.loaded import Loaded
    from quintet.estimators import VAE

Array = np.ndarray[Any, Any]
HELD_OUT = "held-out"
"""The split of the rows held out of training."""


def read_rows(
    data: str,
    *,
    split: str | None = None,
    label: str | None = None,
    only: str | None = None,
    except_: str | None = None,
    size: str | None = None,
    limit: int | None = None,
    table: bool | None = None,
    query: str | None = None,
    pages: str | None = None,
) -> Loaded:
    """Read the rows of DATA; without ``split``, the test split if there is one.

    ``table`` is that of ``load_data``: whether columns of numbers stay a table.
    """
    from quintet.data.readers.sources import load_data

    side = option_values.image_size(size) if size else None
    part = split or ("test" if has_test(data) else "train")
    which: dict[str, Any] = {"label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    found = load_data(data, split=part, size=side, table=table, **which)
    return found if limit is None or limit >= len(found.x) else found.take(slice(limit))


def rows_asked_about(
    data: str,
    vae: VAE,
    *,
    split: str | None = None,
    label: str | None = None,
    only: str | None = None,
    except_: str | None = None,
    limit: int | None = None,
    query: str | None = None,
    pages: str | None = None,
    size: str | None = None,
) -> tuple[Loaded, Array]:
    """Read the rows to answer about, with columns in the model's order, and their indices in the split.

    ``split`` is "train", "test" or "held-out" (the rows of the train split that training did not use).
    """
    from quintet.data.readers.sources import SPLITS

    chosen: dict[str, Any] = {"label": label, "only": only, "except_": except_, "query": query, "pages": pages}
    chosen["size"] = size
    if split not in (None, *SPLITS, HELD_OUT):
        raise InputError(f"--split {split} is not known: {nearest(split, (*SPLITS, HELD_OUT))}.")
    if split != HELD_OUT:
        found = rows_like_training(data, vae, split=split, limit=limit, **chosen)
        return found, np.arange(len(found))
    found = rows_like_training(data, vae, split="train", **chosen)
    parts = row_parts(found, vae)
    if (parts == "unknown").any():
        raise InputError(
            f"--split {HELD_OUT} needs a model that stores which rows trained it: train it again with this version, "
            "or give the held-out rows as DATA."
        )
    new = np.flatnonzero(np.isin(parts, ("held_out", "equal")))[:limit]
    if not len(new):
        raise InputError(
            f"--split {HELD_OUT} is empty: the model was trained on all {len(found)} rows of {shown(data)}; "
            "`quintet fit --holdout 0.2` holds some out."
        )
    return found.take(new), new


def row_parts(found: Loaded, vae: VAE) -> Array:
    """The part of each row in training, (n,), as named by ``VAE.parts_of``."""
    return vae.parts_of(found.x, mask=missing(found))


def trained_on(found: Loaded, vae: VAE, consequence: str, quiet: bool) -> dict[str, int]:
    """Warn about training rows among the rows, and return their number as ``{"trained_on": count}``; {} if none."""
    count = int(np.isin(row_parts(found, vae), ("train", "validation")).sum())
    if not count:
        return {}
    printing.note(f"the model was trained on {count} of these {len(found)} rows; {consequence}.", quiet)
    return {"trained_on": count}


def has_test(data: str) -> bool:
    """Whether a source has a test split; a damaged one counts, and reading it raises the error."""
    from quintet.data.databases.address import find_database
    from quintet.data.readers.sources import load_data

    if find_database(data) is not None:
        return False
    try:
        load_data(data, split="test")
    except (InputError, FileRefused) as error:
        return "has no test" not in str(error)
    return True


def shown(data: str) -> str:
    """DATA for messages: a database without its password."""
    from quintet.data.databases.address import shown as name

    return name(data)


def missing(found: Loaded) -> Any:
    """The source's own mask, True at missing cells; None without one."""
    return None if found.observed is None else ~found.observed


def files(found: Loaded) -> dict[str, Any]:
    """The column ``image`` with the file of each row; {} for rows that are not image files."""
    return {} if found.files is None else {"image": np.array(found.files)}


def cells(found: Loaded) -> Array:
    """The rows, with NaN in missing cells."""
    return found.x if found.observed is None else np.where(found.observed, found.x, np.nan)


def rows_like_training(data: str, vae: VAE, **which: Any) -> Loaded:
    """Read rows as the model had them in training: a table or an array, with columns in the model's order.

    Letters are drawn in the size and the greys of the model's images.
    """
    size = which.pop("size", None) or drawn_size(data, vae.schema_)
    found = read_rows(data, table=bool(vae.schema_.columns), size=size, **which)
    return reordered(in_the_models_units(data, found, vae.schema_), vae)


def reordered(found: Loaded, vae: VAE) -> Loaded:
    """Reorder the columns to the model's; raise an error that names a column that is not there.

    The columns of a table find their places in the model itself.
    """
    if vae.schema_.columns:
        return found
    wanted, given = vae.schema_.feature_names, found.names
    if wanted is None or given is None or list(wanted) == given:
        return found
    lacking = [name for name in wanted if name not in given]
    if lacking:
        raise InputError(
            f"The data must have the columns that the model was trained on, {', '.join(wanted)}; {lacking[0]!r} is "
            f"missing from {', '.join(given)}."
        )
    return found.select(list(wanted))


def model(path: Path, quiet: bool = True) -> VAE:
    """Load a model of rows; unless ``quiet``, its methods show their progress."""
    from quintet.estimators import VAE

    found = any_model(path, quiet)
    if not isinstance(found, VAE):
        raise InputError(
            f"{path} holds a model of {type(found).__name__.lower()}, which this command does not take: give a model "
            "of rows (`quintet fit --as table`)."
        )
    return found


def any_model(path: Path, quiet: bool = True) -> Any:
    """Load a model of rows, series, text or sound; unless ``quiet``, its methods show their progress."""
    from quintet.data.readers.opening import existing_file
    from quintet.estimators import VAE, load

    found: Any = load(existing_file(path))
    (found if isinstance(found, VAE) else found.vae).verbose = not quiet
    return found


def is_of_series(model: Any) -> bool:
    """Whether a model is a ``Series``."""
    from quintet.estimators import Series

    return isinstance(model, Series)


def is_of_sequences(model: Any) -> bool:
    """Whether a model is a ``Series``, a ``Text`` or a ``Sound``."""
    from quintet.estimators import Series, Sound, Text

    return isinstance(model, Series | Text | Sound)
