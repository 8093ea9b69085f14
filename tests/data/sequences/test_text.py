"""Lines of text as rows of tokens: whatever the text, the rows give it back, and files come back byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from quintet.data.sequences.text.description import TextDescription, Tokens
from quintet.data.sequences.text.lines_file import FileForm, parsed
from quintet.data.sequences.text.reading import read_lines
from quintet.data.sequences.text.rows import row_content, steps_for, to_lines, to_rows
from quintet.data.sequences.text.vocabulary import END, HALVES, PAD, PIECES, to_bytes
from quintet.errors import FileRefused, InputError

TRAINING = ["the cat sat on the mat", "a café by the sea", "", "über allen Gipfeln ist Ruh"] * 3
KINDS: tuple[Tokens, ...] = ("characters", "bytes", "byte_pairs")
READABLE = st.binary(max_size=60).map(lambda content: content.decode("utf-8", "surrogateescape"))
LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | READABLE, max_size=8)
CONTENT = st.lists(
    st.sampled_from([b"ab", b"\n", b"\r\n", b"\r", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\0"]) | st.binary()
).map(b"".join)


def described(tokens: Tokens, steps: int | None = None) -> TextDescription:
    if tokens == "byte_pairs":
        pytest.importorskip("tokenizers")
    return TextDescription.learnt(TRAINING, tokens, 60, steps)


@pytest.fixture(scope="module", params=KINDS)
def description(request: pytest.FixtureRequest) -> TextDescription:
    return described(request.param, 9)


@given(lines=LINES)
def test_lines_come_back_from_their_rows(description: TextDescription, lines: list[str]) -> None:
    rows, owners = description.rows(lines)
    assert description.lines(rows) == lines
    assert rows.shape == (len(owners), 9)
    assert np.array_equal(np.unique(owners), np.arange(len(lines)))
    assert rows.max(initial=0) < description.vocabulary().size


@given(content=CONTENT)
def test_a_file_comes_back_byte_for_byte(content: bytes) -> None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        with pytest.raises(FileRefused, match="UTF-16"):
            parsed(content)
        return
    lines, form = parsed(content)
    assert form.written(lines) == content
    assert all(to_bytes(line).decode("utf-8", "surrogateescape") == line for line in lines)


@pytest.mark.parametrize(
    ("content", "lines", "form"),
    [
        (b"", [], FileForm()),
        (b"\n", [""], FileForm()),
        (b"a", ["a"], FileForm(closed=False)),
        (b"a\n\nb\n", ["a", "", "b"], FileForm()),
        (b"a\r\nb\r\n", ["a", "b"], FileForm("\r\n")),
        (b"a\r\nb", ["a", "b"], FileForm("\r\n", closed=False)),
        (b"a\r\nb\nc\n", ["a\r", "b", "c"], FileForm()),
        (b"a\rb\r", ["a", "b"], FileForm("\r")),
        (b"\xef\xbb\xbfa\n", ["a"], FileForm(marked=True)),
        (b"caf\xe9\n", ["caf\udce9"], FileForm()),
    ],
)
def test_ends_of_lines(content: bytes, lines: list[str], form: FileForm) -> None:
    assert parsed(content) == (lines, form)


def test_a_row_is_tokens_the_end_and_padding() -> None:
    rows, owners = to_rows([[20, 21, 22], [], [20] * 4, [20] * 9], 4)
    assert rows.tolist() == [
        [20, 21, 22, END],
        [END, PAD, PAD, PAD],
        [20] * 4,
        [END, PAD, PAD, PAD],
        [20] * 4,
        [20] * 4,
        [20, END, PAD, PAD],
    ]
    assert owners.tolist() == [0, 1, 2, 2, 3, 3, 3]
    assert [row_content(row) for row in rows] == [3, 0, 4, 0, 4, 4, 1]
    assert list(to_lines(rows[:-1]))[-1] == [20] * 8  # a line that is cut off is not lost


def test_a_line_of_a_million_characters_comes_back() -> None:
    line = "ab c" * 250_000
    found = TextDescription.learnt([line], "characters", 0, None)
    rows, _ = found.rows([line, "ab"])
    assert (found.steps, len(rows)) == (256, 3908)
    assert found.lines(rows) == [line, "ab"]


@pytest.mark.parametrize(
    ("lengths", "steps"), [([3, 5, 20], 21), ([0], 8), ([1000, 2000], 256), ([30] * 199 + [200], 31)]
)
def test_steps_hold_most_lines(lengths: list[int], steps: int) -> None:
    assert steps_for(lengths) == steps


def test_rare_characters_are_spelt_by_half_bytes_and_the_last_token_occurs() -> None:
    lines = ["abcde fghij"] * 3000 + ["ñ"] * 4 + ["ö"] * 5
    found = TextDescription.learnt(lines, "characters", 0, None)
    rows, _ = found.rows(lines)
    assert "ñ".encode().decode("latin-1") not in found.pieces
    assert "ö".encode().decode("latin-1") in found.pieces
    assert found.vocabulary().encode("ñ") == [HALVES + half for half in (0xC, 0x3, 0xB, 0x1)]
    assert rows.max() == found.vocabulary().size - 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_token_of_a_vocabulary_occurs_in_training(kind: Tokens) -> None:
    found = described(kind)
    assert found.rows(TRAINING)[0].max() == found.vocabulary().size - 1


def test_bytes_of_tokens_add_up_to_those_of_the_line(description: TextDescription) -> None:
    vocabulary = description.vocabulary()
    for line in (*TRAINING, "日本 \udcff", "zzz"):
        tokens = vocabulary.encode(line)
        assert sum(vocabulary.byte_counts([*tokens, END, PAD])) == len(to_bytes(line))


def test_drawn_tokens_that_spell_no_character_are_text_all_the_same() -> None:
    vocabulary = described("characters").vocabulary()
    a = vocabulary.encode("a")[0]
    assert vocabulary.decode([a, HALVES + 4, a, END, a]) == "aa"
    assert vocabulary.decode([HALVES + 0xC, HALVES + 3, a], "replace") == "\ufffda"


def test_byte_pairs_are_merged() -> None:
    found = described("byte_pairs")
    assert found.merges
    assert len(found.vocabulary().encode("the cat sat on the mat")) < 22


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_comes_back_from_a_header(kind: Tokens) -> None:
    found = described(kind)
    again = TextDescription.model_validate_json(found.model_dump_json())
    assert again == found
    assert again.rows(["the café \udcff"])[0].tolist() == found.rows(["the café \udcff"])[0].tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pieces": ["a", "a"]}, "the same"),
        ({"pieces": ["日"]}, "not written as bytes"),
        ({"pieces": ["ab"]}, "not a character"),
        ({"pieces": ["ab"], "tokens": "bytes"}, "not a byte"),
        ({"pieces": ["a", "b"], "merges": [["a", "b"]], "tokens": "byte_pairs"}, "lacks"),
        ({"pieces": []}, "at least 1"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"more": 1}, "not permitted"),
    ],
)
def test_an_edited_header_is_refused(change: dict[str, Any], words: str) -> None:
    stored = {"type": "text", "tokens": "characters", "pieces": ["a"], "steps": 4} | change
    with pytest.raises(ValidationError, match=words):
        TextDescription.model_validate(stored)


def test_lines_come_in_many_forms_and_answers_in_the_same(tmp_path: Path) -> None:
    lines = ["ab", "", "é"]
    (tmp_path / "lines.txt").write_bytes("ab\n\né".encode())
    for source in (lines, tuple(lines), np.array(lines), np.array(lines, dtype=object)):
        assert read_lines(source).all == lines
    assert read_lines(tmp_path / "lines.txt").all == lines
    assert read_lines(str(tmp_path / "lines.txt")).file == FileForm(closed=False)
    assert read_lines("ab\n\né".encode()).all == lines
    array = read_lines(np.array(lines)).in_form(lines)
    assert isinstance(array, np.ndarray)
    assert array.tolist() == lines
    series = read_lines(pd.Series(lines, index=[5, 6, 7], name="text")).in_form(["x", "y", "z"])
    pd.testing.assert_series_equal(series, pd.Series(["x", "y", "z"], index=[5, 6, 7], name="text", dtype=object))
    assert read_lines(pl.Series("text", lines)).in_form(lines).to_list() == lines
    assert read_lines(lines).in_form(lines) == lines


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (3, "got int"),
        (None, "got NoneType"),
        ({"a": "b"}, "got dict"),
        (np.array([["a"]]), r"got ndarray of shape \(1, 1\)"),
        (["a", None], "Line 2 must be a string, got NoneType"),
        (["a", 3.5], "Line 2 must be a string, got float"),
        ([b"a"], "Line 1 must be a string, got bytes: decode it first"),
        (["a\ud800"], "Line 1 must be Unicode text"),
        (["\udcc3\udca9"], "Line 1 must be Unicode text"),
        ("two\nlines", r"got one string: split it, text.splitlines\(\)"),
    ],
)
def test_what_is_no_text_is_refused(source: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_lines(source)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="There is no file"):
        read_lines(tmp_path / "none.txt")
    (tmp_path / "wide.txt").write_bytes("ab\n".encode("utf-16"))
    with pytest.raises(FileRefused, match=r"wide\.txt must be UTF-8"):
        read_lines(tmp_path / "wide.txt")


def test_the_pieces_come_after_the_half_bytes() -> None:
    assert (PAD, END, HALVES, PIECES) == (0, 1, 2, 18)
