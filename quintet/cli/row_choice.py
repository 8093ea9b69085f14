"""The options that choose rows of DATA, for commands that pass them on as they are."""

import inspect
from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from typing import Any

from quintet.cli import options as o

CHOICE = {"query": o.Query, "split": o.Split, "label": o.Label, "only": o.Only, "except_": o.Except, "limit": o.Limit}
"""Name -> type of an option that chooses rows; each is None unless given."""


def choosing_rows(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of ``CHOICE`` in place of its parameter ``chosen``, which gets them by name."""
    own = inspect.signature(command).parameters
    options = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=t) for name, t in CHOICE.items()
    ]
    listed = [one for name, parameter in own.items() for one in (options if name == "chosen" else [parameter])]

    @wraps(command)
    def run(**given: Any) -> None:
        command(chosen={name: given.pop(name) for name in CHOICE}, **given)

    del run.__wrapped__  # the options are read from the signature of this function, not of the command within it
    run.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in listed}
    return run
