"""Registry of variants: one file of this folder for each.

Listing the folder imports no variant, so the command names them without loading PyTorch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from quintet.errors import InputError, nearest

if TYPE_CHECKING:
    from quintet.models.variant import Variant

GROUP = "quintet.variants"


def names() -> list[str]:
    """Names of all variants: the files of this folder, and the entry points ``quintet.variants`` of other packages."""
    own = [path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")]
    return sorted({*own, *added()})


def added() -> list[str]:
    """Names of the variants of other packages, which come before ours of the same name."""
    return [entry.name for entry in _added()]


def get(name: str) -> type[Variant]:
    """The class of a variant, whose fields are its options.

    Raises
    ------
    InputError
        If the name is unknown; the message names the most similar ones.
    """
    known = names()
    if name not in known:
        raise InputError(f"variant={name!r} is not known: {nearest(name, known)}.")
    for entry in _added():
        if entry.name == name:
            variant: type[Variant] = entry.load()
            return variant
    module = import_module(f"{__name__}.{name}")
    found: type[Variant] = next(
        member
        for member in vars(module).values()
        if isinstance(member, type) and member.__module__ == module.__name__ and hasattr(member, "build")
    )
    return found


def _added() -> tuple[EntryPoint, ...]:
    """Entry points of other packages, read again when a folder of packages has changed."""
    return _entries(tuple((folder, _changed(folder)) for folder in sys.path))


@lru_cache(maxsize=1)
def _entries(folders: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """Entry points of these folders, which are given with the time of their last change."""
    return tuple(entry_points(group=GROUP))


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


def having(option: str) -> list[str]:
    """Names of the variants that have an option of this name."""
    return [name for name in names() if option in {field.name for field in fields(get(name))}]


def no_option(owner: str, option: str, known: Iterable[str]) -> str:
    """Error message for an unknown option: the variants that have it, or the most similar names."""
    others = having(option)
    belongs = f", which belongs to variant {' or '.join(map(repr, others))}" if others else ""
    allowed = f"allowed are {', '.join(sorted(known))}" if others else nearest(option, known)
    return f"{owner} has no option {option!r}{belongs}: {allowed}."


def named(variant: str | Variant) -> Variant:
    """A variant from its name (with default options), or the given variant."""
    return get(variant)() if isinstance(variant, str) else variant


def name_of(variant: str | Variant) -> str:
    """The name of a variant's class for ``get``: that of its file or of its entry point."""
    if isinstance(variant, str):
        return variant
    module = type(variant).__module__
    if module.startswith(f"{__name__}."):
        return module.rsplit(".", 1)[-1]
    for entry in _added():
        if entry.value.split(":")[0] == module:
            return entry.name
    raise InputError(
        f"{type(variant).__name__} must be in a file of {__name__} or have an entry point {GROUP!r} to be saved: "
        "add an entry point."
    )
