"""quintet variants and schema: what there is to choose from, and what a data set is found to be."""

from typing import Annotated

import typer

from quintet.commands import inputs, output
from quintet.commands import options as o


def variants(as_json: o.AsJson = False, quiet: o.Quiet = False, debug: o.Debug = False) -> None:
    """List the kinds of model, their options, and the questions that they cannot answer."""
    from dataclasses import MISSING, fields

    from quintet.variants import get, names

    table = {}
    for name in names():
        cls = get(name)
        options = {f.name: None if f.default is MISSING else f.default for f in fields(cls) if f.init}
        table[name] = {"summary": cls.summary, "options": options, "cannot": dict(cls.answers)}
    if as_json:
        output.say(table, as_json=True)
        return
    for name, about in table.items():
        typer.echo(f"{name:<8}{about['summary']}")
        if about["options"]:
            pairs = ", ".join(f"{option}={default}" for option, default in about["options"].items())
            typer.echo(f"{'':<8}--set {pairs}")
        for question, reason in about["cannot"].items():
            typer.echo(f"{'':<8}no {question}: {reason}")


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
