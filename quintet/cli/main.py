"""The ``quintet`` command: its group of commands, exit codes and error messages."""

import sys
import traceback
import warnings
from functools import partial
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import quintet
from quintet import launched
from quintet.cli import (
    clean,
    compare,
    compress,
    correct,
    demo,
    detect,
    diagnose,
    drift,
    edit,
    evaluate,
    explore,
    export,
    fit,
    forecast,
    generate,
    impute,
    migrate,
    predict,
    printing,
    recalibrate,
    schema,
    score,
    serve,
    show,
    tune,
)
from quintet.cli.interruption import CODE as INTERRUPTED
from quintet.cli.interruption import was_interrupted
from quintet.cli.options import with_checked_options
from quintet.cli.several_processes import refused_elsewhere
from quintet.cli.sound_commands import with_recordings
from quintet.cli.text_commands import with_lines
from quintet.errors import Diverged, Interrupted, QuintetError, QuintetWarning


class Commands(TyperGroup):
    """Reports every error as one sentence on stderr and an exit code: 1 for a failure, 2 for wrong input, 130
    for Ctrl-C."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run one command line and exit; usage errors exit with 2."""
        self.explained = False
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            code = _usage(error)
        if code == INTERRUPTED and not self.explained:  # Ctrl-C while the command line was read
            typer.echo("quintet: interrupted before the command began; nothing was written.", err=True)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; print warnings and errors as sentences."""
        printing.begin_notes()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always", QuintetWarning)
                warnings.showwarning = partial(_show_warning, ctx)
                return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            ours = isinstance(error, (QuintetError, OSError, MemoryError, KeyboardInterrupt))
            if not ours and type(error).__module__.split(".")[0] in ("typer", "click"):
                raise
            if ctx.meta.get("quintet.debug"):
                traceback.print_exc()
            sentence, code = _explain(error)
            where = "" if launched.is_first() else f" (process {launched.rank()})"
            typer.echo(f"quintet{where}: {sentence}", err=True)
            self.explained = True
            raise typer.Exit(code) from None


def _explain(error: BaseException) -> tuple[str, int]:
    """The message and the exit code of an error."""
    if isinstance(error, Interrupted):
        return str(error), INTERRUPTED
    if was_interrupted(error):
        return "interrupted; no output was written.", INTERRUPTED
    if isinstance(error, MemoryError) or _allocation_failed(error):
        return "out of memory: set a smaller --batch-rows, or give fewer rows at a time.", 1
    if isinstance(error, Diverged):
        return str(error), 1
    if isinstance(error, QuintetError):
        return str(error), 2
    if isinstance(error, PermissionError):
        return f"no permission for {error.filename}: choose another path or change its permissions.", 2
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"system error: {error.strerror or error}{place}; no output was written.", 1
    text = " ".join(str(error).split())
    return f"internal error, {type(error).__name__}: {text} (a bug in quintet; --debug shows the traceback).", 1


def _allocation_failed(error: BaseException) -> bool:
    """Whether the error is PyTorch's out-of-memory error, which is a RuntimeError."""
    if not isinstance(error, RuntimeError):
        return False
    from quintet.inference.chunks import out_of_memory

    return out_of_memory(error)


def _usage(error: Any) -> int:
    """Print a usage error with a pointer to the help; return the exit code."""
    command = getattr(getattr(error, "ctx", None), "command_path", None) or "quintet"
    typer.echo(f"{command}: {' '.join(error.format_message().split())} See {command} --help.", err=True)
    return int(error.exit_code) or 2


def _show_warning(ctx: Any, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Print a warning of quintet as a note."""
    if issubclass(category, QuintetWarning):
        printing.note(str(message), ctx.meta.get("quintet.quiet", False))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quintet {quintet.__version__}")
        raise typer.Exit


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def quintet_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Train a variational autoencoder on your data; then compress, generate, denoise, detect anomalies and impute.

    DATA is a data set (digits, letters, mnist), a path (.npy, .npz, .csv, .parquet, idx files, a folder of images), or
    a database.
    """


for command in (
    fit.fit,
    generate.generate,
    compress.compress,
    compress.decompress,
    clean.denoise,
    impute.impute,
    predict.predict,
    correct.correct,
    detect.detect,
    score.score,
    forecast.forecast,
    drift.drift,
    recalibrate.recalibrate,
    evaluate.evaluate,
    evaluate.report,
    explore.explore,
    show.variants,
    schema.schema,
    show.info,
    serve.serve,
    demo.demo,
    compare.compare,
    tune.tune,
    diagnose.diagnose,
    migrate.migrate,
    export.export,
    edit.edit,
    edit.augment,
    edit.translate,
):
    name = command.__name__
    app.command()(refused_elsewhere(with_recordings(with_lines(with_checked_options(command), name), name), name))
