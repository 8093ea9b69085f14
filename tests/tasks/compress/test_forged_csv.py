"""Compressed CSV files that describe a text which no CSV has, with all checks right: one sentence, in little memory."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from quintet.codec.container.blocks import Block
from quintet.codec.container.checksums import DIGEST
from quintet.codec.container.layout import CSV, STORED, RowFormat
from quintet.codec.container.packing import pack
from quintet.codec.container.varints import ByteWriter
from quintet.codec.entropy.mask_code import write_mask
from quintet.data.csv_text.csv_table import CsvTable
from quintet.data.csv_text.read import csv_table
from quintet.data.plain.base import PlainColumn, PlainFrame, from_numbers, from_texts
from quintet.data.plain.libraries import library_of
from quintet.data.readers.sources import load_data
from quintet.errors import FileRefused, QuintetWarning
from quintet.tasks.compress import decompress
from quintet.tasks.compress.tables.cells import cells_of_frame
from quintet.tasks.compress.tables.payload import to_table_payload
from tests.data.frames_of_all_kinds import training_frame
from tests.tasks.compress.attacks import file_of
from tests.tasks.compress.test_tables import table_model, table_schema

MEMORY = 96 << 20
ROWS = 400
Change = Callable[[PlainFrame], PlainFrame]


@cache
def honest() -> tuple[PlainFrame, np.ndarray[Any, Any]]:
    """A regular file as plain columns, and its cells."""
    frame = training_frame()
    many = frame.iloc[np.arange(ROWS) % len(frame)]
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        path = Path(folder) / "some.csv"
        many.to_csv(path, index=False)
        table = csv_table(path, load_data(path, table=True).x)
        return library_of(table).to_plain(table), cells_of_frame(table_schema(), table)


def forged(plain: PlainFrame, cells: np.ndarray[Any, Any]) -> bytes:
    """A file that restores a plain frame, whatever it says."""
    f = table_model()
    payload = ByteWriter()
    write_mask(payload, np.isnan(cells))
    payload.blob(pack(np.ascontiguousarray(cells).tobytes()))
    payload.data += to_table_payload(f.schema.columns, plain, cells)
    size = len(payload.data) + (len(cells) * (cells.shape[1] + 64)) // 4096 + 1
    block = Block(STORED, 0, len(cells), plain.digest(DIGEST), bytes(payload.data).ljust(size, b"\0"), last=True)
    return file_of(f, [block], CSV, RowFormat(np.dtype(np.float64)))


def writing(at: int, value: Any) -> Change:
    """Another mark, codec, head, delimiter or line end."""
    return lambda plain: replace(plain, more=[plain.more[0], [*plain.more[1][:at], value, *plain.more[1][at + 1 :]]])


def way(kind: str, at: int, value: Any) -> Change:
    """Another field of the writing of the first column whose values are written in some form."""

    def change(plain: PlainFrame) -> PlainFrame:
        ways = [list(each) for each in plain.more[1][5]]
        chosen = next(each for each in ways if each[0] == kind)
        chosen.extend(["", "", 0, "minimal"][len(chosen) - 3 :])
        chosen[at] = value
        return writing(5, ways)(plain)

    return change


def form(kind: str, at: int, value: Any) -> Change:
    """Another field of the form of the first column of some form; ``at`` may lie behind those that are written."""

    def change(plain: PlainFrame) -> PlainFrame:
        fields = list(next(each for each in plain.more[1][5] if each[0] == kind)[1])
        usual = ["whole", 0, ".", "", False, True, False, "e", True, 2]
        fields.extend(usual[len(fields) :] if kind == "number" else [])
        fields[at] = value
        return way(kind, 1, fields)(plain)

    return change


def odd(rows: list[int], columns: list[int], texts: list[str | None]) -> Change:
    """Other fields that are written unlike their column."""
    found = from_numbers("", np.array(rows, np.int64)), from_numbers("", np.array(columns, np.int32))
    return lambda plain: replace(plain, others=(*plain.others[:-3], *found, from_texts("", texts)))


def with_columns(change: Callable[[list[PlainColumn]], list[PlainColumn]]) -> Change:
    return lambda plain: replace(plain, columns=tuple(change(list(plain.columns))))


def as_text(columns: list[PlainColumn], text: str, rows: int = ROWS) -> list[PlainColumn]:
    """The first column as one text in all cells."""
    array = np.full(rows, text, dtype=object)
    return [columns[0].filled(array, np.zeros(rows, np.uint8)), *columns[1:]]


LONG = "x" * (1 << 20)
FORGED: dict[str, Change] = {
    "an encoding that runs a codec of bytes": writing(1, "zip_codec"),
    "an encoding that is none": writing(1, "no such"),
    "an encoding that is a number": writing(1, 7),
    "an encoding that lacks the head's letters": lambda plain: writing(1, "cp1252")(writing(2, "\u65e5\n")(plain)),
    "a head that is no text": writing(2, ["a"]),
    "a head of half a letter": writing(2, "\ud800"),
    "a mark that is no number": writing(0, "zz"),
    "a delimiter of many characters": writing(3, LONG),
    "a delimiter that is a list": writing(3, ["x"]),
    "a line end of many characters": writing(4, LONG),
    "no columns": writing(5, []),
    "a column too many": lambda plain: writing(5, [*plain.more[1][5], plain.more[1][5][0]])(plain),
    "columns that are a number": writing(5, 3),
    "columns upon columns": writing(5, [[[[[[]]]]]]),
    "a form that no version has": way("number", 0, "nothing"),
    "numbers in the form of times": way("number", 0, "time"),
    "a long text in front": way("number", 3, LONG),
    "a long text behind": way("words", 4, LONG),
    "a number behind": way("words", 4, 3),
    "a long missing value": way("words", 2, LONG),
    "a missing value that is a number": way("words", 2, 10**9),
    "a huge width": way("number", 5, 10**9),
    "a negative width": way("number", 5, -1),
    "a width of text": way("number", 5, "9"),
    "a rule that is none": way("words", 6, "some"),
    "too many fields": way("words", 6, ["minimal", 1, 2, 3]),
    "numbers of a style that is none": form("number", 0, "odd"),
    "a billion digits": lambda plain: form("number", 0, "fixed")(form("number", 1, 10**9)(plain)),
    "digits that are text": lambda plain: form("number", 0, "fixed")(form("number", 1, "9")(plain)),
    "a long decimal mark": form("number", 2, LONG),
    "a long group": form("number", 3, LONG),
    "a billion places of the exponent": form("number", 9, 10**9),
    "a mark that is a format": form("time", 1, "{0:>1000000000}" * 20),
    "a long mark of dates": form("time", 1, LONG),
    "an order of dates that is none": form("time", 0, "yyy"),
    "a long gap": form("time", 4, LONG),
    "a long zone": form("time", 8, LONG),
    "a huge shift": form("time", 9, 10**30),
    "one word for two": way("words", 1, ["yes"]),
    "a row out of range": odd([ROWS], [0], ["x"]),
    "a row far out of range": odd([2**62], [0], ["x"]),
    "a column out of range": odd([0], [99], ["x"]),
    "more rows than texts": odd([0, 1, 2], [0, 0, 0], ["x", "y"]),
    "a text of half a letter": odd([0], [0], ["\ud800"]),
    "half a letter in a cell": with_columns(lambda columns: as_text(columns, "\ud800")),
    "fewer columns": with_columns(lambda columns: columns[1:]),
}


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported() -> None:
    plain, cells = honest()
    assert isinstance(decompress(table_model(), forged(plain, cells)), CsvTable), "the way of forging is that of files"


def test_columns_that_cost_nothing_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that the cells predict takes three flags, so that a short file may claim many of them."""
    plain, cells = honest()
    blob = forged(with_columns(lambda columns: columns[:1] * 50)(plain), cells)
    monkeypatch.setattr("quintet.tasks.compress.tables.structure.MOST_VALUES", 50 * ROWS - 1)
    with pytest.raises(FileRefused, match="more values than a block may hold"):
        decompress(table_model(), blob)


@pytest.mark.parametrize("name", FORGED)
def test_a_text_that_no_csv_has_is_refused_in_little_memory(name: str) -> None:
    plain, cells = honest()
    blob = forged(FORGED[name](plain), cells)
    tracemalloc.start()
    try:
        with pytest.raises(FileRefused, match="fetch it again") as refused:
            decompress(table_model(), blob).to_bytes()
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert str(refused.value).count("\n") == 0
    assert len(str(refused.value)) < 300
