"""The command `quintet serve`: models that answer over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from quintet.arguments.rules import Number, Whole
from quintet.cli import options as o
from quintet.errors import InputError

LIMITS = "Limits"


def serve(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...", help="Model files that `quintet fit` wrote, each under its name, or as NAME=FILE."
        ),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any that is free."), Whole(0, 65_535)] = 8000,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with API keys, one on each line; QUINTET_SERVE_KEYS has them otherwise.",
            show_default=False,
        ),
    ] = None,
    open_to_all: Annotated[
        bool, typer.Option("--open-to-all", help="Serve without keys on an address that other machines reach.")
    ] = False,
    reload_seconds: Annotated[
        float, typer.Option(help="Seconds between two looks at the files, whose changes are loaded."), Number(above=0)
    ] = 2.0,
    max_rows: Annotated[int, typer.Option(help="Most rows of a request.", rich_help_panel=LIMITS), Whole(1)] = 10_000,
    max_mib: Annotated[
        int, typer.Option(help="Most MiB of a request's body.", rich_help_panel=LIMITS), Whole(1, 1024)
    ] = 32,
    max_waiting: Annotated[
        int, typer.Option(help="Most requests that wait for one model.", rich_help_panel=LIMITS), Whole(1)
    ] = 256,
    wait_seconds: Annotated[
        float,
        typer.Option(help="Longest time from the end of a body to its answer.", rich_help_panel=LIMITS),
        Number(above=0),
    ] = 120.0,
    quiet: o.Quiet = False,
    debug: o.Debug = False,
) -> None:
    """Answer the five questions over HTTP until stopped; running requests are finished.

    A model is swapped when its file changes. /docs describes the routes.
    """
    from quintet.serving import Keys, Limits
    from quintet.serving import serve as run

    found = Keys.from_file(keys) if keys is not None else Keys.from_environment()
    limits = Limits(rows=max_rows, body_bytes=max_mib * 2**20, waiting=max_waiting, wait_seconds=wait_seconds)
    run(
        named(models),
        host=host,
        port=port,
        limits=limits,
        keys=found,
        open_to_all=open_to_all,
        reload_seconds=reload_seconds,
        quiet=quiet,
    )


def named(models: list[str]) -> dict[str, Path]:
    """The files by their names: that before "=", else the file's own without its ending."""
    found: dict[str, Path] = {}
    for given in models:
        name, equals, file = given.partition("=")
        if not equals or Path(given).exists():
            name, file = Path(given).stem, given
        if name in found:
            raise InputError(f"Models must have different names, got {name!r} twice: give one another by NAME=FILE.")
        found[name] = Path(file)
    return found
