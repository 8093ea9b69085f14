"""One file for each variant; this folder is the registry.

Listing the folder imports no variant, so the command can name them without loading PyTorch.
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
    """Every variant: the files of this folder, then what other packages add by the entry point ``quintet.variants``."""
    own = [path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")]
    return sorted({*own, *(entry.name for entry in _added())})


def get(name: str) -> type[Variant]:
    """The class of a variant's options.

    Raises
    ------
    InputError
        Unknown name, with the nearest ones.
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
    """What other packages add, read anew where a folder of packages has changed."""
    return _entries(tuple((folder, _changed(folder)) for folder in sys.path))


@lru_cache(maxsize=1)
def _entries(folders: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """The entry points of these folders, each with the time of its last change."""
    return tuple(entry_points(group=GROUP))


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


def having(option: str) -> list[str]:
    """The variants that have an option of this name."""
    return [name for name in names() if option in {field.name for field in fields(get(name))}]


def no_option(owner: str, option: str, known: Iterable[str]) -> str:
    """The sentence for an option that a variant lacks: which variants have it, or which names are near."""
    others = having(option)
    belongs = f", which belongs to variant {' or '.join(map(repr, others))}" if others else ""
    allowed = f"allowed are {', '.join(sorted(known))}" if others else nearest(option, known)
    return f"{owner} has no option {option!r}{belongs}: {allowed}."


def named(variant: str | Variant) -> Variant:
    """A variant's options, from its name or as they are."""
    return get(variant)() if isinstance(variant, str) else variant


def name_of(variant: str | Variant) -> str:
    """The name under which ``get`` finds a variant's class: its file's, or its entry point's."""
    if isinstance(variant, str):
        return variant
    module = type(variant).__module__
    if module.startswith(f"{__name__}."):
        return module.rsplit(".", 1)[-1]
    for entry in _added():
        if entry.value.split(":")[0] == module:
            return entry.name
    raise InputError(
        f"{type(variant).__name__} is in no file of {__name__} and no entry point {GROUP!r} names it: "
        "add one to save it."
    )
