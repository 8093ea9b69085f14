"""Modules whose output or state depends on all rows of a batch, or on the rows' places in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, cast

from torch import nn

from quintet.row_share import ALL_ROWS, RowShare


class Sharing(Protocol):
    """A module that knows which rows of the batch it has: dropout, batch normalisation, counted symbols."""

    row_share: RowShare


def sharing_modules(modules: Iterable[nn.Module]) -> list[Sharing]:
    """These modules and their parts that have a ``row_share``."""
    parts = dict.fromkeys(part for module in modules for part in module.modules())
    return [cast(Sharing, part) for part in parts if hasattr(part, "row_share")]


def give_all_rows(modules: Iterable[nn.Module]) -> None:
    """Let these modules expect whole batches, as after training."""
    for part in sharing_modules(modules):
        part.row_share = ALL_ROWS
