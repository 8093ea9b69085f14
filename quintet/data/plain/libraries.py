"""The library of a frame, by the frame or by its name."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.plain.arrow_frames import Arrow
from quintet.data.plain.base import Library
from quintet.data.plain.csv_tables import Csv
from quintet.data.plain.pandas_frames import Pandas
from quintet.data.plain.polars_frames import Polars
from quintet.data.plain.rows_of_cells import RowsOfCells
from quintet.errors import InputError

LIBRARIES: dict[str, Library] = {
    library.name: library for library in (Pandas(), Polars(), Arrow(), RowsOfCells(), Csv())
}


def library_of(frame: Any) -> Library:
    """The library of a frame, an array or a list of rows."""
    if isinstance(frame, np.ndarray | list | tuple):
        return LIBRARIES["array"]
    if isinstance(frame, CsvTable):
        return LIBRARIES["csv"]
    found = LIBRARIES.get(type(frame).__module__.partition(".")[0])
    if found is None or not hasattr(frame, "columns"):
        raise InputError(
            f"Rows of columns must be a frame of pandas, Polars or Arrow, or rows in an array or a list, got "
            f"{type(frame).__name__}: convert it, such as by .to_pandas()."
        )
    return found
