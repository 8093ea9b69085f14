"""The command `quintet score`: one question about more rows than one process answers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from quintet.arguments import MANY
from quintet.arguments.rules import Number, OneOf, Whole
from quintet.cli import option_values, printing
from quintet.cli import options as o


def score(
    model: o.ModelFile,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A .parquet, .arrow, .feather or .csv file, a folder or a glob of such, or their URL (s3://...); not "
            "needed to generate --rows.",
        ),
    ] = None,
    question: Annotated[
        str,
        typer.Option(metavar="QUESTION", help="detect, impute, denoise, transform or generate."),
        OneOf(("detect", "impute", "denoise", "transform", "generate")),
    ] = "detect",
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Folder of Parquet files to write, or its URL.")] = "",
    engine: Annotated[
        str,
        typer.Option(metavar="ENGINE", help="local (processes), ray (actors of a cluster) or spark (tasks of one)."),
        OneOf(("local", "ray", "spark")),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes, actors or tasks.  [default: one for each core]", show_default=False),
        Whole(1, 65_536),
    ] = None,
    part_rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Rows of a part; fewer need less memory.  [default: 4 million cells, at most 16384 rows]",
            show_default=False,
        ),
        Whole(1, MANY),
    ] = None,
    keep: Annotated[
        str, typer.Option(metavar="all|none|A,B,...", help="Columns of SOURCE that stand beside the answers.")
    ] = "all",
    condition: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN,...", help="Columns of SOURCE with the condition of each row.", show_default=False
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Rows to generate without SOURCE.", show_default=False)
    ] = None,
    where: Annotated[
        bool, typer.Option("--where", help="Of detect: also how surprising each cell is, in nats.")
    ] = False,
    false_alarms: Annotated[
        float | None,
        typer.Option(help="Of detect: flag rows whose p-value is at most this.", show_default=False),
        Number(above=0, below=1),
    ] = None,
    noise: Annotated[
        str | None, typer.Option(help="Of denoise: the kind of noise.  [default: auto]", show_default=False)
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.0, help="Of denoise: share of corrupted cells.", show_default=False), Number(0)
    ] = None,
    sampler: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of generate: prior, mixture, ...", show_default=False)
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, help="Of generate: spread of the latents.", show_default=False), Number(0)
    ] = None,
    effort: Annotated[
        str | None, typer.Option(help="low, normal or high.", show_default=False), OneOf(("low", "normal", "high"))
    ] = None,
    seed: o.Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Ask one question about every row of SOURCE, by many processes, and write a folder of Parquet files.

    Rows keep their order. Answers are the same whatever the engine, the workers and the size of the parts.
    """
    if not out:
        raise typer.BadParameter("--out must be the folder to write.")
    from quintet.scale import score as answer

    options: dict[str, Any] = {
        "false_alarms": false_alarms,
        "noise": noise,
        "rate": rate,
        "sampler": sampler,
        "temperature": temperature,
        "effort": effort,
        "random_state": seed if question in ("impute", "denoise", "generate") else None,
    }
    found = answer(
        str(model),
        source,
        out,
        question,
        engine=engine,
        workers=workers,
        part_rows=part_rows,
        rows=rows,
        condition=None if condition is None else option_values.several(condition),
        keep=keep if keep in ("all", "none") else option_values.several(keep),
        where=where,
        resume=resume,
        force=force,
        verbose=not quiet,
        **options,
    )
    figures: dict[str, Any] = {"rows": found.rows, "parts": found.parts}
    if resume:
        figures["parts_that_were_there"] = found.were_there
    printing.say({**figures, "columns": list(found.columns), "out": found.out}, as_json=as_json, quiet=quiet)
