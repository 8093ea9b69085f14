"""The commands `quintet variants`, `schema` and `info`: available models, the schema of data, the bits of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quintet.cli import inputs, printing
from quintet.cli import options as o
from quintet.cli.csv_files import BYTES, CELLS
from quintet.codec.container.layout import CSV, TABLES

if TYPE_CHECKING:
    from quintet.variants._listing import Description


def variants(
    as_json: o.AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of the documentation.")] = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """List the variants, their options, and the questions that they cannot answer."""
    from quintet.variants import names
    from quintet.variants._listing import describe

    found = [describe(name) for name in names()]
    if as_json:
        kept = ("name", "summary", "options", "cannot")
        listed = [{name: getattr(variant, name) for name in kept} for variant in found]
        typer.echo(json.dumps(printing.plain(listed), indent=2))
    elif markdown:
        typer.echo(_markdown(found))
    else:
        width = max(len(variant.name) for variant in found) + 2
        for variant in found:
            typer.echo(f"{variant.name:<{width}}{variant.summary}")
            options = ", ".join(f"{option}={default}" for option, default in variant.options.items())
            typer.echo(f"{'':<{width}}--set {options}")
            for question, reason in variant.cannot.items():
                typer.echo(f"{'':<{width}}no {question}: {reason}")


def _markdown(found: list[Description]) -> str:
    """One table row per variant, with the options that not all variants share."""
    lines = ["| variant | what it is | own options | cannot |", "| --- | --- | --- | --- |"]
    for variant in found:
        own = (f"`{name}={variant.options[name]!r}`" for name in variant.own)
        page = f"[`{variant.name}`](variants/{variant.name}.md)"
        lines.append(f"| {page} | {variant.summary} | {' '.join(own)} | {', '.join(variant.cannot)} |")
    return "\n".join(lines)


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE.qnt", help="A file that `quintet compress` wrote.")],
    model: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="The model that compressed it; without it the payload is one part."),
    ] = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """List what the bits of a compressed file paid for: latents, cells given the latents, and everything else.

    Of series, text, recordings and pictures it says what the file holds.
    """
    from quintet.cli import compressed_files
    from quintet.data.readers.opening import existing_file, reading
    from quintet.tasks.compress import describe_file

    with reading(file) as opened:
        about_other = compressed_files.about_of(opened.read(16))
    if about_other is not None:
        printing.say(about_other(file), as_json=as_json, quiet=quiet)
        return
    fitted = None if model is None else inputs.model(model).fitted_
    about = describe_file(existing_file(file), fitted)
    figures: dict[str, Any] = {
        "rows": about.rows,
        "bytes": about.size,
        "blocks": about.blocks,
        "version": about.version,
    }
    if about.version >= TABLES:
        figures["restores"] = BYTES if about.version == CSV else CELLS
    if model is not None and about.ledger.rows:
        figures["coded_by_the_model"] = about.ledger.rows / about.rows
    figures["compressed_by"] = about.model or "a model of version 1"
    parts = [
        {"part": name, "bytes": bits / 8, "bits_a_row": bits / max(1, about.rows)}
        for name, bits in about.listed().items()
    ]
    if as_json:
        printing.say({**figures, "bits_a_row": 8 * about.size / max(1, about.rows), "parts": parts}, as_json=True)
        return
    printing.say(figures, as_json=False, quiet=quiet)
    if quiet:
        return
    whole = {"part": "the file", "bytes": about.size, "bits_a_row": 8 * about.size / max(1, about.rows)}
    table = [[str(row["part"]), f"{row['bytes']:,.0f}", f"{row['bits_a_row']:.3f}"] for row in [*parts, whole]]
    printing.columns([["part", "bytes", "bits a row"], *table])
