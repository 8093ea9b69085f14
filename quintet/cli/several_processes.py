"""Commands that a launcher such as torchrun runs in several processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from quintet import launched
from quintet.errors import InputError


def refused_elsewhere(command: Callable[..., None], name: str) -> Callable[..., None]:
    """A command that runs in one process, unless it is ``fit``: all would write the same file."""
    if name == "fit":
        return command

    @wraps(command)
    def run(**options: Any) -> None:
        if launched.count() > 1:
            raise InputError(
                f"`quintet {name}` runs in one process, got {launched.count()}: start it without the launcher; only "
                "`quintet fit` is shared by several."
            )
        command(**options)

    return run


def leave_files_to_first() -> None:
    """End the command in all processes but the first, which writes the files and prints the figures."""
    if not launched.is_first():
        raise typer.Exit(0)
