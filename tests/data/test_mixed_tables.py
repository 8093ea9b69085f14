"""Tables as text: every column gets the type that all its cells agree on, nothing is rounded, and guesses are said."""

import csv
import datetime as dt
import io
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quintet.data.readers.sources import load_data
from quintet.data.readers.tables import read_csv, read_parquet
from quintet.errors import FileRefused, InputError, QuintetWarning

pa = pytest.importorskip("pyarrow")
NAN = float("nan")


def column(cells: list[str], delimiter: str = ","):
    """The type and the values that a column gets beside one of text."""
    lines = io.StringIO()
    csv.writer(lines, delimiter=delimiter).writerows([["key", "x"], *([f"k{i}", cell] for i, cell in enumerate(cells))])
    table = read(lines.getvalue().encode())
    return str(table.x["x"].type), table.x["x"].to_pylist()


def read(content: bytes, name: str = "a.csv", **options):
    Path(name).write_bytes(content)
    return read_csv(name, **options)


@pytest.fixture(autouse=True)
def folder(tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


DAY, NOON = dt.datetime(2020, 2, 13), dt.datetime(2020, 2, 13, 12)
TYPES = {  # cells: (type, values)
    ("1", " 2", "", "+3"): ("int64", [1, 2, None, 3]),
    ("1", "9223372036854775808"): ("uint64", [1, 2**63]),
    ("9007199254740993", "NA"): ("int64", [2**53 + 1, None]),
    ("18446744073709551616", "1"): ("string", ["18446744073709551616", "1"]),
    ("007", "012"): ("string", ["007", "012"]),
    ("0.5", ".5", "5.", "-1e3", "None"): ("double", [0.5, 0.5, 5.0, -1000.0, None]),
    ("1", "-", "2"): ("int64", [1, None, 2]),
    ("1_000", "2"): ("string", ["1_000", "2"]),
    ("0x10", "1"): ("string", ["0x10", "1"]),
    ("?", "nan", "N/A"): ("double", [None] * 3),
    ("1,234.5", "7"): ("double", [1234.5, 7.0]),
    ("1,234,567", "12"): ("int64", [1234567, 12]),
    ("1.234,5", "7"): ("double", [1234.5, 7.0]),
    ("1.234.567", "1.234"): ("int64", [1234567, 1234]),
    ("1 234,5", "2\u202f000"): ("double", [1234.5, 2000.0]),
    ("1'234.5", "7"): ("double", [1234.5, 7.0]),
    ("1,5", "2,25"): ("double", [1.5, 2.25]),
    ("0,123", "0,500"): ("double", [0.123, 0.5]),
    ("12,34,567", "1"): ("string", ["12,34,567", "1"]),
    ("True", "false", ""): ("bool", [True, False, None]),
    ("TRUE", "1"): ("string", ["TRUE", "1"]),
    ("yes", "no"): ("string", ["yes", "no"]),
    ("a", "None", "-", "null"): ("string", ["a", "None", "-", None]),
    (" a", "a"): ("string", ["a", "a"]),
    ("2020-02-13", "NULL"): ("timestamp[s]", [DAY, None]),
    ("2020-02-13 12:00", "2020-02-13T00:00:00"): ("timestamp[s]", [NOON, DAY]),
    ("2020-02-13T12:00:00.25",): ("timestamp[ms]", [NOON.replace(microsecond=250_000)]),
    ("2020-02-13T13:00:00+01:00",): ("timestamp[s, tz=UTC]", [NOON.replace(tzinfo=dt.UTC)]),
    ("13.02.2020", "13.2.2020 12:00"): ("timestamp[s]", [DAY, NOON]),
    ("13/02/2020", "13/02/2020"): ("timestamp[s]", [DAY, DAY]),
    ("02/13/2020",): ("timestamp[s]", [DAY]),
    ("2020/02/13", "13.02.2020"): ("timestamp[s]", [DAY, DAY]),
    ("13.02-2020",): ("string", ["13.02-2020"]),
    ("123.02.2020",): ("string", ["123.02.2020"]),
}


@pytest.mark.parametrize("cells", TYPES)
def test_a_column_gets_the_type_of_all_its_cells(cells):
    assert column(list(cells)) == TYPES[cells]


NOT_OF_ONE_FORMAT = {  # cells: what is said of them
    (
        "2020-02-13T13:00:00Z",
        "2020-02-13",
    ): "dates that cannot all be read in one format, such as '.*Z' and '2020-02-13'",
    ("2020-02-13", "?", "2020-02-13T13:00:00Z"): "dates that cannot all be read in one format",
    ("31.02.2020",): "dates that cannot all be read in one format, such as '31.02.2020', and was read as text",
    (
        "13/02/2020",
        "02/13/2020",
    ): "such as '13/02/2020' and '02/13/2020', and was read as text: write them as YYYY-MM-DD",
    ("13/02/2020", "14/02/2020", "2020-02-30"): "such as '13/02/2020' and '2020-02-30'",
    ("13.02.20", "14.02.21"): "dates that cannot all be read",
    ("0000-01-01",): "dates that cannot all be read",
    ("2024-03-05", "5 Mar 2024", "March 5, 2024", "05-MAR-24"): "such as '2024-03-05' and '5 Mar 2024'",
    ("1,5", "2.5"): "decimal points and with decimal commas, such as '2.5' and '1,5'",
    ("$12.50", "$1,200.00", ""): "numbers with a sign, such as '[$]12.50', and was read as text: write them without it",
    ("12,5 €", "1.200,00 €"): "numbers with a sign",
    ("5%", "12.5 %", "N/A"): "numbers with a sign, such as '5%'",
}


@pytest.mark.parametrize("cells", NOT_OF_ONE_FORMAT)
def test_numbers_and_dates_that_no_type_reads_stay_text_with_a_warning(cells):
    with pytest.warns(QuintetWarning, match="Column 'x' of a.csv holds .*" + NOT_OF_ONE_FORMAT[cells]):
        kind, values = column(list(cells))
    assert kind == "string"
    assert values == [None if cell in ("", "?", "N/A") else cell for cell in cells]


@pytest.mark.parametrize(
    "cells",
    [
        ("1.2.3", "1.10.12"),
        ("192.168.0.1", "10.0.0.1"),
        ("12-34-56", "40-12-99"),
        ("007", "$1"),
        ("may 5", "june"),
        ("10%", "none of it", "all"),
        ("US$", "%"),
        ("1e5$x", "2"),
        ("555-01-2024-7",),
    ],
)
def test_text_that_only_resembles_numbers_or_dates_is_not_warned_of(cells):
    assert column(list(cells)) == ("string", list(cells))


GUESSES = {  # cells, delimiter: (what is said, type, values)
    (("1,234", "5,678"), ","): ("'x' of a.csv .* separating thousands", "int64", [1234, 5678]),
    (("1,234", "5,678"), ";"): ("'x' of a.csv .* separating decimals", "double", [1.234, 5.678]),
    (("01/02/2020", "03/04/2020"), ","): (
        "'x' of a.csv .* month first",
        "timestamp[s]",
        [dt.datetime(2020, 1, 2), dt.datetime(2020, 3, 4)],
    ),
    (("01-02-2020",), ","): ("day first: write them as YYYY-MM-DD", "timestamp[s]", [dt.datetime(2020, 2, 1)]),
    ((*"123456789", "1o"), ","): ("line 11: column 'x' holds '1o' among numbers", "string", [*"123456789", "1o"]),
    ((*["2020-02-13"] * 9, "soon"), ","): (
        "line 11: column 'x' holds 'soon' among dates",
        "string",
        [*["2020-02-13"] * 9, "soon"],
    ),
}


@pytest.mark.parametrize("case", GUESSES)
def test_a_guess_is_said(case):
    says, *expected = GUESSES[case]
    with pytest.warns(QuintetWarning, match=says):
        assert list(column(list(case[0]), case[1])) == expected


def test_columns_of_one_file_settle_what_its_marks_mean():
    assert read(b"a;b\n1,234;0,5\n").x.tolist() == [[1.234, 0.5]]
    assert read(b'a,b\n"1,234",0.5\n').x.tolist() == [[1234, 0.5]]
    assert read(b"a;b\n1.234;7\n").x.tolist() == [[1.234, 7]]
    with pytest.warns(QuintetWarning, match="'a' of a.csv .* separating thousands"):
        assert read(b"a;b\n1.234;0,5\n").x.tolist() == [[1234, 0.5]]


ARRAYS = {  # a file: the rows of the columns a and b
    "decimal commas": (b"a;b\n1,5;2,25\n3,0;4,5\n", [[1.5, 2.25], [3.0, 4.5]]),
    "separators at the end of rows": (b"a,b\n1,2,\n3,4,\n", [[1, 2], [3, 4]]),
    "separators at the end": (b"a,b,,\n1,2,,\n3,4,,\n", [[1, 2], [3, 4]]),
    "separator stated": (b"sep=;\na;b\n1;2\n", [[1, 2]]),
    "separator stated in quotes": (b'"sep=\t"\r\na\tb\r\n1\t2\r\n', [[1, 2]]),
    "UTF-8 with mark": (b'\xef\xbb\xbf"a",b\n1,2\n', [[1, 2]]),
    "UTF-16": ("a\tb\n1\t2\n".encode("utf-16"), [[1, 2]]),
    "quoted cells that end": (b'a,b\n"1","\n2\n"\n', [[1, 2]]),
    "blank lines": (b"a,b\n\n1,2\n\n\n3,4\n\n", [[1, 2], [3, 4]]),
    "lines that end in CR": (b"a,b\r1,2\r3,4", [[1, 2], [3, 4]]),
    "thousands": (b'a,b\n"1,234.5",2\n7,3\n', [[1234.5, 2], [7, 3]]),
    "holes": (b"a,b\n1,\nNA,2\n", [[1, NAN], [NAN, 2]]),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_numbers_alone_are_an_array(case):
    content, rows = ARRAYS[case]
    table = read(content)
    assert table.names == ["a", "b"]
    assert table.x.dtype == np.float64
    np.testing.assert_array_equal(table.x, rows)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"a,b,c;d\n1,5;2\n", ["a,b,c", "d"]),
        (b"a\tb\n1.5\n", ["a\tb"]),
        (b"a;b;c,d\n1,5;2;3,4\n", ["a", "b", "c,d"]),
        (b'"a,b"\tc\n"1,5"\t2\n', ["a,b", "c"]),
        (b"a\n1,5\n", ["a"]),
    ],
)
def test_the_delimiter_is_the_one_that_header_and_rows_agree_on(content, names):
    assert read(content).names == names


def test_true_and_false_alone_are_an_array_and_a_table_beside_others():
    np.testing.assert_array_equal(read(b"a,b\nTrue,false\nFALSE,true\n").x, [[True, False], [False, True]])
    assert [str(kind) for kind in read(b"a,b\nTrue,1\n").x.schema.types] == ["bool", "int64"]
    assert read(b"a\nTrue\nNA\n").x["a"].to_pylist() == [True, None]


def test_wide_whole_numbers_are_exact_or_refused():
    wide = 2**53 + 1
    found = read(f"id,b\n{wide},1\n".encode()).x
    assert (found.dtype, found.tolist()) == (np.int64, [[wide, 1]])
    assert read(f"id,b\n{2**64 - 1},1\n".encode()).x.tolist() == [[2**64 - 1, 1]]
    assert read(f"id,b\n{wide},1.5\n,x\n".encode()).x["id"].to_pylist() == [wide, None]
    for text in (f"id,b\n3,1\n{wide},1.5\n", f"id,b\n3,1\n{wide},\n", f"id,b\n1.5,1\n{wide},x\n"):
        with pytest.raises(FileRefused, match=f"line 3: column 'id' holds '{wide}', which float64 cannot"):
            read(text.encode())


def test_windows_1252_is_read_with_a_warning():
    with pytest.warns(QuintetWarning, match="not UTF-8 .* check letters such as 'ß'"):
        table = read("straße,€\nKöln,1\n".encode("cp1252"))
    assert table.x.to_pydict() == {"straße": ["Köln"], "€": [1]}


@pytest.mark.parametrize("numbers", [(0, 1, 2), (7, 3, 5)])
def test_row_numbers_of_a_frame_are_left_out_with_a_warning(numbers):
    with pytest.warns(QuintetWarning, match="has no name and numbers the rows"):
        table = read(b",a,b\n" + b"".join(b"%d,1,x\n" % i for i in numbers))
    assert table.names == table.x.column_names == ["a", "b"]


REFUSED = {  # a file: what the sentence says
    b"a,b\n1,2\n3\n": "line 3 must have 2 cells, .* got 1",
    b'a,b\n"x\ny",2\n\n1,2,3\n': "line 5 must have 2 cells, .* got 3",
    b"a,b\n1,2,\n3,4\n": "line 3 must have 3 cells, .* got 2",
    b"a,b\n1,2,3\n": "line 2 must have 2 cells, .* got 3",
    b"39,clerk,77\n50,boss,83\n38,clerk,21\n": "row like those below .39, clerk, 77.: put a line of column names",
    b"x,p\nx,q\ny,p\n": "row like those below",
    b"x,p,x\nx,q,y\n": "two named 'x' .* column names first if there is none",
    b"a,b": "at least one row",
    b"a,b\n": "at least one row",
    b"a,b\n\n\n": "at least one row",
    b",\n1,2\n": "got an empty line",
    b"\n1,2\n": "got an empty line",
    b"a,\n1,2\n": "must have names, got none for column 2",
    b",a\n1,1\n1,2\n": "must have names, got none for column 1",
    b",a\nx,1\nx,2\n": "must have names, got none for column 1",
    b'a,b\n1,2\n3,"x\n5,6\n7,8\n': "line 3 opens a quoted cell that never ends",
    b'a,b\n1,2\n3,"x\n' + b"5,6\n" * 50_000: "line 3 opens a quoted cell that never ends",
    b"PK\3\4\0\0\1\2": "must be a table as text",
    b"\xef\xbb\xbfa\n\xff\n": "must be text in UTF-8",
}


@pytest.mark.parametrize("content", REFUSED, ids=lambda content: repr(content[:40]))
def test_refused_in_one_sentence(content):
    with pytest.raises(FileRefused, match=REFUSED[content]) as caught:
        read(content)
    assert "\n" not in str(caught.value)


whole = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3)
fraction = st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=3, max_size=3)
truth = st.lists(st.none() | st.booleans(), min_size=3, max_size=3)
day = st.lists(st.none() | st.datetimes(dt.datetime(1, 1, 1)), min_size=3, max_size=3)
words = st.text(string.ascii_letters + " ,;\"\n'äß", min_size=1).map(lambda text: f"w{text}w")
text = st.lists(st.none() | words, min_size=3, max_size=3)
kinds = {"int64": whole, "double": fraction, "bool": truth, "timestamp": day, "string": text}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(kinds)).flatmap(lambda kind: st.tuples(st.just(kind), kinds[kind])), max_size=4))
@example([("double", [1e20, 2.0**70, -0.0])])
def test_typed_columns_come_back_equal(columns):
    columns = [("string", ["wa", "wb", "wc"]), *columns]
    lines = io.StringIO()
    rows = zip(*(values for _, values in columns), strict=True)
    csv.writer(lines).writerows([[f"c{i}" for i in range(len(columns))], *rows])
    found = read(lines.getvalue().encode()).x
    for (kind, values), name in zip(columns, found.column_names, strict=True):
        assert found[name].to_pylist() == values
        assert str(found[name].type).startswith(kind) or all(value is None for value in values)


def test_rows_of_a_loaded_table_are_chosen_as_those_of_an_array():
    Path("m.csv").write_text("n,kind,y\n1,a,0\n2,b,1\n3,a,1\n")
    found = load_data("m.csv", label="y", only="1")
    assert (len(found), found.x.to_pydict(), found.y.tolist()) == (2, {"n": [2, 3], "kind": ["b", "a"]}, [1, 1])
    assert found.take(np.array([1, 0])).x["n"].to_pylist() == [3, 2]
    assert found.take(slice(1)).x["n"].to_pylist() == [2]
    assert found.select(["kind", "n"]).x.column_names == ["kind", "n"]
    with pytest.raises(InputError, match=r"size= .--size. is for images"):
        load_data("m.csv", size=8)
    Path("m.csv").write_text("n,kind\n1.5,a\ninf,b\n")
    with pytest.raises(FileRefused, match="row 1, column 'n' is infinite"):
        load_data("m.csv")


def test_parquet_keeps_its_types():
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({
        "n": [1, None],
        "kind": pa.array(["cat", None]).dictionary_encode(),
        "day": [dt.date(2020, 2, 13), None],
        "__index_level_0__": [5, 7],
    })  # fmt: skip
    parquet.write_table(table, "a.parquet")
    found = read_parquet("a.parquet")
    assert found.names == ["n", "kind", "day"]
    assert found.x.equals(table.select(found.names))
    parquet.write_table(pa.table({"kind": ["a"], "list": [[1, 2]]}), "a.parquet")
    with pytest.raises(FileRefused, match=r"Column 'list' of a\.parquet must hold numbers, text"):
        read_parquet("a.parquet")
