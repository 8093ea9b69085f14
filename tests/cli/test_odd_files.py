"""Odd files as new users have them: `fit` and five answers without an option, or one sentence of what is wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quintet.data.readers.sources import load_data
from tests.cli.command import invoke, ok
from tests.shared import hardly_measured, uncrossed, unguided

ROWS = 60
RNG = np.random.default_rng(0)
CITIES = ("Zürich", "Köln", "Orléans")
WORDS = ["please", "leave", "this", "parcel", "at", "our", "door", "with", "best", "regards"]
DAYS = [np.datetime64("2024-01-01") + int(day) for day in RNG.integers(0, 365, ROWS)]


def text(extra: Callable[[int], str], mark: str = ",", comma: str = ".", head: str = "n,Größe,Straße,extra") -> str:
    """A file of a count, a number, a level and one more column."""
    rows = [
        (str(n), f"{x:.2f}".replace(".", comma), CITIES[n % 3], extra(i))
        for i, (n, x) in enumerate(zip(RNG.poisson(3, ROWS), RNG.normal(50, 9, ROWS), strict=True))
    ]
    return "\n".join([head.replace(",", mark), *(mark.join(row) for row in rows)]) + "\n"


def plain(i: int) -> str:
    return str(i % 7)


def two_formats(i: int) -> str:
    return f"{DAYS[i]}" if i % 2 else DAYS[i].astype(object).strftime("%d.%m.%Y")


READ = {  # name: (content, type of the column `extra`, what is noted)
    "scientific": (text(lambda i: f"{(i % 9 + 1.25) * 1e-7:.3e}"), "double", ""),
    "thousands": (text(lambda i: f'"{1000 + i * 37.5:,.1f}"'), "double", ""),
    "whole thousands": (text(lambda i: f'"{1_000_000 + i % 9:,}"'), "int64", ""),
    "two formats of dates": (text(two_formats), "timestamp[s]", ""),
    "semicolons": (text(lambda i: f"1.{i + 100},5", ";", ","), "double", ""),
    "tabs": (text(plain, "\t"), "int64", ""),
    "latin-1": (text(plain).encode("latin-1"), "int64", "is not UTF-8 and was read as Windows-1252"),
    "utf-16": (text(plain).encode("utf-16"), "int64", ""),
    "utf-8 with its mark": (text(plain).encode("utf-8-sig"), "int64", ""),
    "money": (text(lambda i: f"${i % 5}.50"), "string", "'extra' .* numbers with a sign, such as"),
    "free text": (
        text(lambda i: " ".join(RNG.permutation(WORDS))), "string", "Free text is left out of the model, in 'extra'"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_and_answered_without_an_option(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content, kind, noted = READ[name]
    Path("a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with hardly_measured(), uncrossed(), unguided():
        fit = ok("fit", "a.csv", "--out", "m", "--epochs", 1, "--latent-dim", 2, "--context", "none")
    if name in ("free text", "latin-1"):  # the others differ in their reader alone
        for question in ("impute", "denoise", "detect"):
            ok(question, "m", "a.csv", "--out", f"{question}.csv", "--limit", 5, "-q")
    ok("generate", "m", "-n", 4, "--out", "generate.csv", "-q")
    ok("compress", "m", "a.csv", "--out", "a.qnt", "--effort", "low", "-q")
    ok("decompress", "m", "a.qnt", "--out", "back.parquet", "-q")
    assert re.search(noted, fit.output.replace("\n", " "))
    back = load_data("back.parquet", table=True).x
    assert back.column_names == ["n", "Größe", "Straße", "extra"]
    assert str(back["extra"].type) in (kind, kind.replace("[s]", "[ms]"))
    assert set(back["Straße"].to_pylist()) == set(CITIES)
    assert len(Path("generate.csv").read_text(encoding="utf-8").splitlines()) == 5


LINES = text(plain).splitlines()
REFUSED = {  # name: (content, what is said)
    "a longer row": ("\n".join([*LINES[:40], LINES[40] + ",7", *LINES[41:]]), "line 41 must have 4 cells, .* got 5"),
    "a shorter row": ("\n".join([*LINES[:40], "1,2", *LINES[41:]]), "line 41 must have 4 cells, .* got 2"),
    "an empty file": ("", "The file a.csv is empty"),
    "blank lines": ("\n\n\n", "must start with a line of column names, got an empty line"),
    "a header alone": (LINES[0], "must have at least one row, got column names alone"),
    "free text alone": (
        "t\n" + "".join(" ".join(RNG.permutation(WORDS)) + "\n" for _ in range(ROWS)), "at least one column to model"
    ),
    "zero bytes": ("a,b\n1,\0\n", "must be a table as text"),
    "infinity": ("a,b\n1,inf\n2,3.5\n", "column 'b' is infinite"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_in_one_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, said = REFUSED[name]
    Path("a.csv").write_text(content)
    result = invoke("fit", "a.csv", "--out", "m", "--epochs", 1)
    assert result.exit_code == 2
    assert re.fullmatch(rf"quintet: .*{said}.*\.\n", result.output)
    assert not Path("m").exists()
