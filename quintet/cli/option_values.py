"""Values of options, parsed from the command line's text."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from quintet.errors import InputError, nearest


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
            raise InputError(f"--set must be NAME=VALUE, such as --set beta=4, got {pair}.")
        if name not in owners:
            raise InputError(f"--set {pair}: {variants.no_option(variants.name_of(options), name, owners)}")
        found[f"{owners[name]}__{name}"] = value(text)
    return found


def augmentation(text: str | None) -> dict[str, Any]:
    """Parse --augmentation: ``flip,shift`` -> {"training__augmentation": ("flip", "shift")}; {} for None."""
    if text is None:
        return {}
    from quintet.training.options import AUGMENTATIONS

    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in AUGMENTATIONS:
            raise InputError(f"--augmentation {text}: {name!r} is not known: {nearest(name, AUGMENTATIONS)}.")
    return {"training__augmentation": names}


def value(text: str) -> Any:
    """Parse a Python literal, or true, false and none in any case; other text stays text."""
    text = text.strip()
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):  # deeply nested brackets
        return text


def several(text: str) -> list[str]:
    """Split at commas, but for those within double quotes."""
    parts = re.findall(r'(?:^|,)((?:"[^"]*"|[^,"])*)', text)
    return parts if text.count('"') % 2 == 0 else text.split(",")


def unquoted(text: str) -> str:
    """Text in double quotes without them; doubled ones within are single."""
    inside = text[1:-1]
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in inside.replace('""', "")
    return inside.replace('""', '"') if is_quoted else text


def condition(text: str | None) -> Any:
    """Parse --condition: ``7`` -> 7; ``sex=Female,age=40`` -> a mapping; None -> None."""
    if text is None:
        return None
    if "=" not in text:
        return value(text)
    parts = [part.partition("=") for part in several(text)]
    if not all(equals for _, equals, _ in parts):
        raise InputError(f"--condition must be one value, or NAME=VALUE,NAME=VALUE, got {text}.")
    return {name.strip(): value(given) for name, _, given in parts}


def shares(text: str, option: str) -> tuple[float, ...]:
    """Parse numbers between 0 and 1, such as ``0.1,0.5,0.9``."""
    try:
        found = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = ()
    if not found or not all(0 < each < 1 for each in found):
        raise InputError(f"{option} must be numbers between 0 and 1, such as 0.1,0.5,0.9, got {text}.")
    return found


def latent_dim(text: str) -> int | str:
    """Parse --latent-dim: a whole number of at least 1, or "auto"."""
    if text == "auto":
        return text
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"--latent-dim must be a whole number of at least 1, or auto, got {text}.")
    return number


def image_size(text: str, option: str = "--size") -> tuple[int, int]:
    """Parse a size in pixels: ``28x20`` -> (28, 20); ``16`` -> (16, 16)."""
    parts = text.lower().split("x")
    if len(parts) in (1, 2) and all(part.isdecimal() and int(part) > 0 for part in parts):
        return int(parts[0]), int(parts[-1])
    raise InputError(f"{option} must be height x width in pixels, such as 28x28, got {text}.")
