"""What comes in on the command line: data, a model, options by name, a condition."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quintet.errors import FileRefused, InputError, nearest

if TYPE_CHECKING:
    from quintet.data.sources import Loaded
    from quintet.estimators import VAE


def read(
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
    from quintet.data.sources import load_data

    def load(part: str) -> Loaded:
        side = _size(size) if size else None
        return load_data(data, split=part, label=label, only=only, except_=except_, size=side)

    try:
        found = load(split or "test")
    except (InputError, FileRefused) as error:
        if split is not None or "has no test" not in str(error):
            raise
        found = load("train")
    if limit is None or limit >= len(found.x):
        return found
    y = None if found.y is None else found.y[:limit]
    observed = None if found.observed is None else found.observed[:limit]
    return replace(found, x=found.x[:limit], y=y, observed=observed)


def missing(found: Loaded) -> Any:
    """The mask of missing cells that a source came with, True where one is missing, or None."""
    return None if found.observed is None else ~found.observed


def model(path: Path) -> VAE:
    """The model in a file."""
    from quintet.data.files import existing_file
    from quintet.estimators import load

    return load(existing_file(path))


def settings(variant: str, pairs: Sequence[str]) -> dict[str, Any]:
    """``--set beta=4`` -> {"variant__beta": 4}: options of the variant first, then of the training plan."""
    from quintet import variants
    from quintet.training import Training

    owners = {field.name: "training" for field in fields(Training) if field.init}
    owners |= {field.name: "variant" for field in fields(variants.get(variant)) if field.init}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not text.strip():
            raise InputError(f"--set {pair} came; it takes name=value, such as --set beta=4.")
        if name not in owners:
            raise InputError(f"--set {pair}: {variant} has no option {name!r}: {nearest(name, owners)}.")
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
    except (ValueError, SyntaxError):
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


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) in (1, 2) and all(part.isdecimal() and int(part) > 0 for part in parts):
        return int(parts[0]), int(parts[-1])
    raise InputError(f"--size {text} came; it takes height x width in pixels, such as 28x28.")
