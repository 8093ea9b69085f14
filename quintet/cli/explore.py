"""The command `quintet explore`: a page that runs a model in the browser."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintet.cli import inputs, output, printing
from quintet.cli import options as o
from quintet.cli.row_choice import choosing_rows
from quintet.errors import InputError


@choosing_rows
def explore(
    model: o.ModelFile,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]", help="Rows on the map, which become part of the page; else the model draws some."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="The page, one file that opens from disk.")
    ] = None,
    files: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Instead a folder of the page and its files, to be served.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Most rows on the map.")] = 400,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "",
    *,
    chosen: dict[str, Any],
    seed: o.Seed = 0,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
    force: o.Force = False,
) -> None:
    """Write a page that runs the model in the browser: a map of the latents, sliders, and a row to edit.

    The page needs no network and no server; with --files it lies beside its files, for those who serve it.
    """
    place = target(out, files, force)
    found = inputs.any_model(model)
    X, y, vae = shown(found, data, chosen)
    from quintet.explore import explore as write

    page = write(vae, X, y, place, rows=rows, title=title, random_state=seed, force=force)
    size = sum(path.stat().st_size for path in ([page] if files is None else page.parent.iterdir()))
    printing.say({"page": page, "megabytes": round(size / 1e6, 1)}, as_json=as_json, quiet=quiet)


def target(out: Path | None, files: Path | None, force: bool) -> Path:
    """The page or the folder to write; one of both must be given."""
    if (out is None) == (files is None):
        given = "both" if out is not None else "neither"
        raise InputError(f"Either --out PAGE.html or --files FOLDER must be given, got {given}.")
    if files is not None:
        output.target_folder(files, force)
        return files
    assert out is not None
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out must end in .html, got {out}: change the name, or give --files for a folder.")
    output.output_path(out, force)
    return out


def shown(found: Any, data: str | None, chosen: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The rows, their labels, and the model of rows; of a model of series the windows of its source."""
    if inputs.is_of_series(found):
        if data is None:
            return None, None, found.vae
        from quintet.cli.series_answers import located
        from quintet.explore.series_windows import windows_of

        return windows_of(found, located(data, **chosen)), None, found.vae
    from quintet.estimators import VAE

    if not isinstance(found, VAE):
        raise InputError(f"A page shows models of rows and of series, got a model of {type(found).__name__.lower()}.")
    if data is None:
        return None, None, found
    loaded, _ = inputs.rows_asked_about(data, found, **chosen)
    return inputs.cells(loaded), loaded.y, found
