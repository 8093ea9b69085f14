"""The arguments that several commands share, with their help texts, and the rules that numbers are held to."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.arguments import LARGEST_SEED, MANY
from quintet.arguments.checking import rules_of
from quintet.arguments.rules import Whole


def held(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose options are held to the rules that stand beside ``typer.Option``, before it does anything."""

    @wraps(command)
    def run(**options: Any) -> None:
        rules = rules_of(command)
        for name, value in options.items():
            rule = rules[name]
            if rule is not None and value is not None:
                options[name] = rule.taken(f"--{name.strip('_').replace('_', '-')}", value)
        command(**options)

    return run


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: bool) -> bool:
    """Let ``quintet.cli.main`` know of --quiet and --debug."""
    ctx.meta[f"quintet.{param.name}"] = value
    return value


DATA, MODEL, TRAINING, DETECTION = "Data", "Model", "Training", "Detection"
"""Panels of the help; options in none of them, such as --out and --quiet, come first."""

Data = Annotated[str, typer.Argument(metavar="DATA", help="A name (digits, letters, mnist) or a path.")]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A file that `quintet fit` made.")]
TrainSplit = Annotated[
    str, typer.Option(help="Which part of a data set that has two: train or test.", rich_help_panel=DATA)
]
Split = Annotated[
    str | None,
    typer.Option(
        help="train, test (the default where the data set has one), or held-out: the rows that the fit did not see.",
        show_default=False,
        rich_help_panel=DATA,
    ),
]
Label = Annotated[
    str | None,
    typer.Option(metavar="COLUMN|FILE", help="Where the labels are; several columns as a,b.", rich_help_panel=DATA),
]
ConditionImages = Annotated[
    str | None,
    typer.Option(
        metavar="DATA", help="The image that each row of a conditional model goes with.", rich_help_panel=DATA
    ),
]
Only = Annotated[
    str | None, typer.Option(metavar="0-8", help="Keep the rows with these labels only.", rich_help_panel=DATA)
]
Except = Annotated[
    str | None, typer.Option("--except", metavar="9", help="Leave out rows with these labels.", rich_help_panel=DATA)
]
Size = Annotated[str | None, typer.Option(metavar="28x28", help="Resize a folder's images.", rich_help_panel=DATA)]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Take the first N rows only.", rich_help_panel=DATA)
]

Effort = Annotated[str, typer.Option(help="How long to think about each row: low, normal or high.")]
BatchRows = Annotated[int, typer.Option(min=1, help="Rows at a time; fewer take less memory."), Whole(1, MANY)]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same answer."), Whole(0, LARGEST_SEED)]

AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_remember, help="Print nothing but errors, and JSON where asked.")
]
Debug = Annotated[bool, typer.Option("--debug", callback=_remember, help="Show the traceback of an error.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite what is there.")]
