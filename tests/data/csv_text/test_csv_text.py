"""A CSV that is written regularly is restored byte for byte from its cells and how it is written."""

from __future__ import annotations

import csv
import gzip
import io
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quintet.data.csv_text.csv_table import CsvTable, following
from quintet.data.csv_text.read import IrregularError, csv_table
from quintet.data.plain.libraries import library_of
from quintet.data.readers.sources import load_data
from quintet.errors import QuintetWarning

ROWS = [(31, "cook", 1.5, "2024-03-01"), (45, "nurse, head", -20.25, "2024-11-12"), (62, 'the "boss"', 0.125, "")]
PLAIN = "age,job,pay,day\n31,cook,1.5,2024-03-01\n45,nurse,-20.25,2024-11-12\n62,?,0.125,2023-01-30\n"


def dialect(**options: object) -> str:
    text = io.StringIO()
    writer = csv.writer(text, **{"lineterminator": "\n", **options})  # type: ignore[arg-type]
    writer.writerows([("age", "job", "pay", "day"), *ROWS])
    return text.getvalue()


def column(*cells: str) -> str:
    return "\n".join(("x;other", *(f"{cell};{place}" for place, cell in enumerate(cells)), ""))


DIALECTS = {
    "plain": PLAIN,
    "Windows line ends": PLAIN.replace("\n", "\r\n"),
    "old Macintosh line ends": PLAIN.replace("\n", "\r"),
    "no final line end": PLAIN[:-1],
    "blank lines at the end": PLAIN + "\n\n",
    "blank lines between": PLAIN.replace("45,", "\n45,"),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "a line that names the delimiter": "sep=;\n" + PLAIN.replace(",", ";"),
    "byte order mark": "\ufeff" + PLAIN,
    "minimal quotes": dialect(),
    "all quoted": dialect(quoting=csv.QUOTE_ALL),
    "text quoted": dialect(quoting=csv.QUOTE_NONNUMERIC),
    "quoted header": '"age","job"\n1,a\n2,b\n',
    "spaces behind commas": PLAIN.replace(",", ", "),
    "right-justified": "a,b\n   1, 10\n  20,  5\n 300,  7\n",
    "line ends within cells": 'a,b\n1,"two\nlines"\n2,"and\r\nmore"\n',
    "trailing delimiters": PLAIN.replace("\n", ",\n"),
    "the index of a data frame": ",a\n0,5\n1,7\n2,9\n",
    "codes of missing cells": "a,b,c\n1,NA,x\nNA,2.5,NA\n3,NA,y\n",
    "several codes of missing cells": "a,b\n1,NA\n,2.5\n3,NA\nnan,?\n",
    "fixed decimals": column("1.50", "2.00", "-13.25", "0.07"),
    "shortest, whole numbers without a point": column("1.5", "2", "-13.25", "1e-05"),
    "Python's floats": column("1.5", "2.0", "-13.25", "1e-05", "1e+16", "0.1"),
    "no leading zeros": column(".5", "-.25", "12.75"),
    "C's %g": column("1e+06", "0.0001", "2.5", "123456"),
    "NumPy's savetxt": column(*(f"{x:.18e}" for x in (0.1, -2.5, 1e300, math.pi))),
    "upper-case exponents": column("1.50E+03", "2.25E-10", "-1.00E+00"),
    "short exponents": column("1.5e3", "2.5e-9"),
    "signs": column("+1.5", "-2.5", "+3.0"),
    "thousands": column("1,234,567", "12", "-3,456", "999").replace(";", "\t"),
    "German thousands": column("1.234.567,50", "12,00", "-3.456,25"),
    "negative zero": column("-0.0", "0.0", "1.5"),
    "integers beyond float64": column("9007199254740993", "18446744073709551615"),
    "leading zeros": column("007", "123", "000"),
    "True and False": column("True", "False", "True"),
    "true and false": column("true", "false", "true"),
    "ISO dates": column("2024-03-01", "2024-12-31"),
    "times with T and Z": column("2024-03-01T10:20:30Z", "2024-12-31T00:00:00Z"),
    "times with an offset": column("2024-03-01 10:20:30+01:00", "2024-12-31 00:00:00+01:00"),
    "fractions of seconds": column("2024-03-01 10:20:30.250", "2024-12-31 00:00:00.000"),
    "fractions where there are some": column("2024-03-01 10:20:30.250000", "2024-12-31 00:00:00"),
    "minutes": column("2024-03-01 10:20", "2024-12-31 00:00"),
    "German dates": column("01.03.2024", "31.12.2024"),
    "short German dates": column("1.3.2024", "31.12.2024"),
    "American dates": column("3/1/2024 9:05", "12/31/2024 23:10"),
    "one column": "a\n1\n2\n3\n",
    "one column with empty cells": 'a\n1\n""\n3\n',
    "letters of all kinds": "a,b\n1,ä\n2,日本\n3,🙂\n",
    "wide spaces": "a,b\n1," + " " * 300 + "x\n2," + " " * 300 + "y\n",
    "a long code of missing cells": "a,b\n1,x\n" + " " * 300 + ",y\n3,z\n",
    "widely justified": "a,b\n" + " " * 300 + "1,x\n" + " " * 299 + "20,y\n",
    "a typo among numbers' forms": column("1.50", "2.00", "3.5", "4.00"),
}


def read(path: Path) -> CsvTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        return csv_table(path, load_data(path, table=True).x)


def written(tmp_path: Path, content: bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", DIALECTS)
def test_the_bytes_of_every_dialect_return(name: str, tmp_path: Path) -> None:
    content = DIALECTS[name].encode()
    found = read(written(tmp_path, content))
    assert found.to_bytes() == content
    plain = library_of(found).to_plain(found)
    back = library_of(found).from_plain(plain)
    assert back.to_bytes() == content
    assert library_of(back).to_plain(back).digest(16) == plain.digest(16)
    first, rest = back.slice(0, 1), back.slice(1, len(back) - 1)
    assert back.writing.first_bytes() + first.line_bytes() + b"".join(following(rest, first.line_bytes())) == content


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_return(codec: str, tmp_path: Path) -> None:
    text = PLAIN.replace("cook", "Köchin")
    content = (b"\xfe\xff" if codec == "utf-16-be" else b"") + text.encode(codec)
    assert read(written(tmp_path, content)).to_bytes() == content


def test_a_gzipped_file_gives_its_unzipped_bytes(tmp_path: Path) -> None:
    assert read(written(tmp_path, gzip.compress(PLAIN.encode()), "t.csv.gz")).to_bytes() == PLAIN.encode()


def test_regular_files_have_no_odd_fields(tmp_path: Path) -> None:
    for name in ("plain", "tabs", "fixed decimals", "German thousands", "American dates", "right-justified", "signs"):
        odd = read(written(tmp_path, DIALECTS[name].encode())).odd
        assert all(column.null_count == len(column) for column in odd.columns), name
    odd = read(written(tmp_path, DIALECTS["a typo among numbers' forms"].encode())).odd
    assert [column.drop_null().to_pylist() for column in odd.columns] == [["3.5"], [], []]


def test_files_written_unlike_themselves_say_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    forms = ("{:.1f}", "{:.2f}", "{:.3f}", "{:.4f}", "{:e}")
    numbers = [rng.choice(forms).format(x) for x in rng.integers(0, 9, 200)]
    path = written(tmp_path, ("a\n" + "\n".join(numbers) + "\n").encode())
    with pytest.raises(IrregularError, match="written unlike the others"):
        read(path)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
CELLS = {
    "whole": st.integers(-(10**12), 10**12).map(str),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    "fixed": st.floats(-1e6, 1e6).map("{:.3f}".format),
    "day": st.dates().map(lambda day: day.isoformat()),
    "text": TEXT.map(lambda text: f"x{text}"),
}


@st.composite
def regular_files(draw: st.DrawFn) -> bytes:
    """A file of random columns by Python's writer."""
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))
    missing = draw(st.sampled_from(["", "NA", "?"]))
    lost = st.integers(0, 5).map(lambda k: k == 0)
    rows = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds), *(lost for _ in kinds)), min_size=3, max_size=12))
    text, delimiter = io.StringIO(), draw(st.sampled_from(",;\t|"))
    quoting, end = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])), draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow([f"column {j}" for j in range(len(kinds))])
    for row in rows:
        cells, gone = row[: len(kinds)], row[len(kinds) :]
        writer.writerow([missing if hide else cell for cell, hide in zip(cells, gone, strict=True)])
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.getvalue().encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(regular_files())
def test_the_bytes_of_random_regular_files_return(tmp_path: Path, content: bytes) -> None:
    found = read(written(tmp_path, content))
    assert found.to_bytes() == content
    back = library_of(found).from_plain(library_of(found).to_plain(found))
    assert back.to_bytes() == content
