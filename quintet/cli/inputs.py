"""What comes in on the command line: data, the rows that a question is asked of, a model, options by name."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quintet.cli import output
from quintet.errors import FileRefused, InputError, nearest

if TYPE_CHECKING:
    from quintet.data.readers.sources import Loaded
    from quintet.estimators import VAE

Array = np.ndarray[Any, Any]
HELD_OUT = "held-out"
"""The split of the rows that the fit did not see."""


def read_rows(
    data: str,
    *,
    split: str | None = None,
    label: str | None = None,
    only: str | None = None,
    except_: str | None = None,
    size: str | None = None,
    limit: int | None = None,
) -> Loaded:
    """The rows that DATA names: of the test split where it has one and none is named; those with the wanted labels."""
    from quintet.data.readers.sources import load_data

    side = image_size(size) if size else None
    part = split or ("test" if has_test(data) else "train")
    found = load_data(data, split=part, label=label, only=only, except_=except_, size=side)
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
) -> tuple[Loaded, Array]:
    """The rows of DATA that a question is asked of, columns as in training, and their numbers among all that it names.

    ``split`` is "train", "test" or "held-out": of the data that ``fit`` reads, the rows that the fit did not see.
    """
    from quintet.data.readers.sources import SPLITS

    chosen: dict[str, Any] = {"label": label, "only": only, "except_": except_}
    if split not in (None, *SPLITS, HELD_OUT):
        raise InputError(f"--split {split} is not known: {nearest(split, (*SPLITS, HELD_OUT))}.")
    if split != HELD_OUT:
        found = rows(read_rows(data, split=split, limit=limit, **chosen), vae)
        return found, np.arange(len(found))
    found = rows(read_rows(data, split="train", **chosen), vae)
    parts = row_parts(found, vae)
    if (parts == "unknown").any():
        raise InputError(
            f"--split {HELD_OUT}: the model's file does not say which rows trained it; fit it anew with this version, "
            "or name a split or a file."
        )
    new = np.flatnonzero(np.isin(parts, ("held_out", "equal")))[:limit]
    if not len(new):
        raise InputError(
            f"--split {HELD_OUT}: the fit saw all {len(found)} rows of {data}; `quintet fit --holdout 0.2` keeps some "
            "aside."
        )
    return found.take(new), new


def row_parts(found: Loaded, vae: VAE) -> Array:
    """The part that each row had in the fit, as ``VAE.parts_of`` names them, (n,)."""
    return vae.parts_of(found.x, mask=missing(found))


def trained_on(found: Loaded, vae: VAE, consequence: str, quiet: bool) -> dict[str, int]:
    """``{"trained_on": rows}`` where the fit saw any of the rows, and a note of what that means for the answer."""
    count = int(np.isin(row_parts(found, vae), ("train", "validation")).sum())
    if not count:
        return {}
    output.note(f"the model was trained on {count} of these {len(found)} rows; {consequence}.", quiet)
    return {"trained_on": count}


def has_test(data: str) -> bool:
    """Whether a source has a test split (a damaged one counts, and is refused when it is read)."""
    from quintet.data.readers.sources import load_data

    try:
        load_data(data, split="test")
    except (InputError, FileRefused) as error:
        return "has no test" not in str(error)
    return True


def missing(found: Loaded) -> Any:
    """The mask of missing cells that a source came with, True where one is missing, or None."""
    return None if found.observed is None else ~found.observed


def files(found: Loaded) -> dict[str, Any]:
    """The image file of each row, as a column ``image``; nothing where rows come from no files of their own."""
    return {} if found.files is None else {"image": np.array(found.files)}


def cells(found: Loaded) -> Array:
    """The rows with NaN in the cells that a source knows as missing."""
    return found.x if found.observed is None else np.where(found.observed, found.x, np.nan)


def rows(found: Loaded, vae: VAE) -> Loaded:
    """The rows with their columns in the order of the model's; other columns are refused by name."""
    wanted, came = vae.schema_.feature_names, found.names
    if wanted is None or came is None or list(wanted) == came:
        return found
    lacking = [name for name in wanted if name not in came]
    if lacking:
        raise InputError(
            f"the data has no column {lacking[0]!r}; this model was trained on {', '.join(wanted)}, "
            f"and {', '.join(came)} came."
        )
    order = [came.index(name) for name in wanted]
    observed = None if found.observed is None else found.observed[:, order]
    return replace(found, x=found.x[:, order], names=list(wanted), observed=observed)


def model(path: Path, quiet: bool = True) -> VAE:
    """The model in a file; unless ``quiet``, its answers show how far they have come."""
    from quintet.data.readers.opening import existing_file
    from quintet.estimators import load

    vae = load(existing_file(path))
    vae.verbose = not quiet
    return vae


def settings(variant: str, pairs: Sequence[str]) -> dict[str, Any]:
    """``--set beta=4`` -> {"variant__beta": 4}: options of the variant first, then of the training plan."""
    from quintet import variants
    from quintet.estimators.nested_parameters import variant_instance
    from quintet.training import Training

    options = variant_instance(variant)
    owners = {field.name: "training" for field in fields(Training) if field.init}
    owners |= {field.name: "variant" for field in fields(options) if field.init}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not text.strip():
            raise InputError(f"--set {pair} came; it takes name=value, such as --set beta=4.")
        if name not in owners:
            raise InputError(f"--set {pair}: {variants.no_option(variants.name_of(options), name, owners)}")
        found[f"{owners[name]}__{name}"] = value(text)
    return found


def value(text: str) -> Any:
    """A number, true, false, none or a list as Python reads it; any other text as it stands."""
    text = text.strip()
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):  # brackets within brackets without end
        return text


def condition(text: str | None) -> Any:
    """``7`` -> 7; ``sex=Female,age=40`` -> a mapping; nothing -> None."""
    if text is None:
        return None
    if "=" not in text:
        return value(text)
    parts = [part.partition("=") for part in text.split(",")]
    if not all(equals for _, equals, _ in parts):
        raise InputError(f"--condition {text} came; it takes one value, or name=value,name=value.")
    return {name.strip(): value(given) for name, _, given in parts}


def latent_dim(text: str) -> int | str:
    """A whole number of at least 1, or "auto"."""
    if text == "auto":
        return text
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"--latent-dim {text} came; it takes a whole number of at least 1, or auto.")
    return number


def image_size(text: str, option: str = "--size") -> tuple[int, int]:
    """``28x20`` -> (28, 20); ``16`` -> (16, 16)."""
    parts = text.lower().split("x")
    if len(parts) in (1, 2) and all(part.isdecimal() and int(part) > 0 for part in parts):
        return int(parts[0]), int(parts[-1])
    raise InputError(f"{option} {text} came; it takes height x width in pixels, such as 28x28.")
