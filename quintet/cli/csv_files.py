"""CSV files that are compressed with their text, so that they are restored byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quintet.cli.output import OutputPath
    from quintet.data.readers.loaded import Loaded
    from quintet.estimators import VAE

BYTES, CELLS = "byte for byte", "cell for cell"
"""What a file of a CSV restores."""


def with_text(data: str, found: Loaded, vae: VAE, *, chosen: bool, lossy: bool) -> tuple[Any, dict[str, str]]:
    """The rows to compress, with the text of a .csv file that is written regularly; and what will be restored.

    Parameters
    ----------
    found : the rows of DATA.
    chosen : whether they are some rows or columns of the file.
    """
    if lossy or not data.lower().removesuffix(".gz").endswith((".csv", ".tsv")):
        return found.x, {}
    if chosen:
        return found.x, {"restored": f"{CELLS}: some rows or columns were chosen"}
    if not (vae.schema_.columns and found.is_table):
        return found.x, {"restored": f"{CELLS}: the model's rows are numbers"}
    from quintet.data.csv_text.read import IrregularError, csv_table
    from quintet.data.readers.sources import locate

    try:
        return csv_table(locate(data), found.x), {"restored": BYTES}
    except IrregularError as reason:
        return found.x, {"restored": f"{CELLS}: {reason}"}


def write_text(place: OutputPath, parts: Iterator[Any]) -> int:
    """Write the text of tables part by part and return the number of their rows."""
    from quintet.data.csv_text.csv_table import following

    rows, end = 0, b""
    with place.opened() as file:
        for part in parts:
            if not rows:
                file.write(part.writing.first_bytes())
            for piece in following(part, end):
                file.write(piece)
                end = piece or end
            rows += len(part)
    return rows
