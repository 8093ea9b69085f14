"""quintet variants and schema: what there is to choose from, and what a data set is found to be."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.commands import inputs, output
from quintet.commands import options as o

if TYPE_CHECKING:
    from quintet.model.variant import Variant


def variants(as_json: o.AsJson = False, quiet: o.Quiet = False, debug: o.Debug = False) -> None:
    """List the kinds of model, their options, and the questions that they cannot answer."""
    from quintet.variants import get, names

    found = {name: get(name) for name in names()}
    options = {name: _options(variant) for name, variant in found.items()}
    if as_json:
        table = {
            name: {"summary": variant.summary, "options": options[name], "cannot": dict(variant.answers)}
            for name, variant in found.items()
        }
        output.say(table, as_json=True)
        return
    for name, variant in found.items():
        typer.echo(f"{name:<8}{variant.summary}")
        typer.echo(f"{'':<8}--set " + ", ".join(f"{option}={default}" for option, default in options[name].items()))
        for question, reason in variant.answers.items():
            typer.echo(f"{'':<8}no {question}: {reason}")


def _options(variant: type[Variant]) -> dict[str, Any]:
    """The options of a variant and their defaults; None where there is no default."""
    return {f.name: None if f.default is MISSING else f.default for f in fields(variant) if f.init}


def schema(
    data: o.Data,
    kind: Annotated[str, typer.Option(help="What a cell is: auto, image8, unit, binary or real.")] = "auto",
    split: o.TrainSplit = "train",
    label: o.Label = None,
    only: o.Only = None,
    except_: o.Except = None,
    size: o.Size = None,
    limit: o.Limit = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Say what DATA is found to be: the shape of a row, the kind of its cells, its labels."""
    from quintet.data.schema import Schema

    found = inputs.read(data, split=split, label=label, only=only, except_=except_, size=size, limit=limit)
    about = Schema.infer(found.x, found.y, kind=kind, mask=inputs.missing(found))
    if as_json:
        output.say({"rows": len(found.x), "columns": found.names} | about.model_dump(), as_json=True)
        return
    figures = {"rows": len(found.x), "a_row": about.describe()}
    if found.names:
        figures["columns"] = ", ".join(found.names)
    for column in about.condition.columns if about.condition else ():
        figures["labels"] = f"{column.name}: " + (
            ", ".join(map(str, column.levels))
            if column.levels
            else f"numbers, mean {column.mean:.4g}, spread {column.std:.4g}"
        )
    output.say(figures, as_json=False, quiet=quiet)
