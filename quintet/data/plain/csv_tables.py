"""Tables with the text of their CSV file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quintet.data.csv_text.csv_table import CsvTable, Writing
from quintet.data.plain.arrow_frames import Arrow, pyarrow_module
from quintet.data.plain.base import Array, Json, Library, PlainFrame, from_numbers, from_texts


class Csv(Library):
    """Tables with their text: the columns as those of an Arrow table, then places and text of odd fields."""

    name = "csv"

    def rows(self, frame: CsvTable) -> int:
        """Number of rows."""
        return len(frame)

    def take(self, frame: CsvTable, rows: slice | Array) -> CsvTable:
        """The table of some rows."""
        every, odd = (Arrow().take(part, rows) for part in (frame.every, frame.odd))
        return CsvTable(every, odd, frame.writing)

    def concatenated(self, frames: Sequence[CsvTable]) -> CsvTable:
        """Tables of one file, one below the other."""
        every, odd = ([getattr(frame, part) for frame in frames] for part in ("every", "odd"))
        if any(frame.writing != frames[0].writing for frame in frames):
            raise ValueError("tables of files that are written differently cannot be joined")
        return CsvTable(Arrow().concatenated(every), Arrow().concatenated(odd), frames[0].writing)

    def types(self, frame: CsvTable) -> Json:
        """Names and types of the columns, and how they are written."""
        return [*Arrow().types(frame.every), frame.writing.to_json()]

    def to_plain(self, frame: CsvTable) -> PlainFrame:
        """The table as plain columns."""
        plain = Arrow().to_plain(frame.every)
        rows, columns, texts = list[int](), list[int](), list[str]()
        for place, column in enumerate(frame.odd.columns):
            there = np.flatnonzero(column.is_valid().to_numpy())
            rows += there.tolist()
            columns += [place] * len(there)
            texts += column.take(there).to_pylist()
        odd = (from_numbers("", np.array(rows, np.int64)), from_numbers("", np.array(columns, np.int32)))
        others = (*plain.others, *odd, from_texts("", texts))
        return PlainFrame(self.name, plain.rows, plain.columns, others, [plain.more, frame.writing.to_json()])

    def from_plain(self, plain: PlainFrame) -> CsvTable:
        """The inverse of ``to_plain``."""
        pyarrow = pyarrow_module()
        schema, writing = plain.more
        *others, rows, columns, texts = plain.others
        every = Arrow().from_plain(PlainFrame("pyarrow", plain.rows, plain.columns, tuple(others), schema))
        odd = np.full((len(plain.columns) + 1, plain.rows), None, dtype=object)
        odd[columns.array, rows.array] = texts.array
        labels = [str(place) for place in range(len(odd))]
        parts = [pyarrow.array(part, pyarrow.string()) for part in odd]
        return CsvTable(every, pyarrow.table(parts, names=labels), Writing.from_json(writing))
