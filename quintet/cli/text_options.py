"""Options of the commands for lines of text: types and help texts."""

from typing import Annotated

import typer

from quintet.arguments.composite_rules import Satisfying
from quintet.arguments.rules import Number, OneOf

TEXT = "Text"
"""Panel of the help."""

Tokens = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Of lines of text, what a token is: characters, bytes or byte_pairs.",
        rich_help_panel=TEXT,
    ),
    OneOf(("characters", "bytes", "byte_pairs")),
]
Prompt = Annotated[str, typer.Option(help="Of lines of text, what every line begins with.", rich_help_panel=TEXT)]
TopP = Annotated[
    float,
    typer.Option(
        metavar="P",
        help="Of lines of text, draw from the fewest tokens that have this probability together.",
        rich_help_panel=TEXT,
    ),
    Number(above=0, most=1),
]
Mark = Annotated[
    str,
    typer.Option(help="Of lines of text, what stands for a missing character.", rich_help_panel=TEXT),
    Satisfying(bool, "a string that is not empty"),
]
Threshold = Annotated[
    float,
    typer.Option(
        metavar="P",
        help="Of lines of text, the probability from which a suggestion is put in place.",
        rich_help_panel=TEXT,
    ),
    Number(0, 1),
]
