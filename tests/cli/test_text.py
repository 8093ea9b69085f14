"""The commands for lines of text: a .txt file in, a .txt file or a table out."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path

import pytest

from quintet import Text
from quintet.cli import text_answers
from quintet.cli.text_commands import ANSWERS, is_text_model
from quintet.errors import QuintetWarning
from tests.cli.command import invoke, ok
from tests.shared import Shared, hardly_measured
from tests.text_model import LINES, fitted_text

CONTENT = b"the cat sat\r\na dog ran\r\n\r\nthe caf\xc3\xa9 \xff"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lines.txt").write_bytes(CONTENT)


@pytest.fixture(scope="module")
def text(shared: Shared) -> Text:
    """With the decoder of known probabilities, which no file holds."""
    return fitted_text(shared)


@pytest.fixture
def model(shared: Shared, text: Text) -> Path:
    """The file of the same without that decoder."""
    return Path(shared.folder) / "text-of-pairs.safetensors"


@pytest.fixture
def seeing(text: Text, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in whose place that decoder answers."""
    monkeypatch.setattr(text_answers, "_model", lambda path, quiet: text)
    return model


def test_fit_of_a_text_file_needs_no_option() -> None:
    Path("train.txt").write_text("\n".join(LINES))
    with warnings.catch_warnings(), hardly_measured():
        warnings.simplefilter("ignore", QuintetWarning)
        done = ok("fit", "train.txt", "--out", "m.safetensors", "--epochs", 1, "--context", "none", "--json")
    found = json.loads(done.stdout)
    assert (found["lines"], found["steps"]) == (len(LINES), 23)
    assert is_text_model(Path("m.safetensors"))
    ok("compress", "m.safetensors", "lines.txt", "--out", "c.qnt")
    ok("decompress", "m.safetensors", "c.qnt", "--out", "back.txt")
    assert Path("back.txt").read_bytes() == CONTENT
    about = json.loads(ok("info", "c.qnt", "--json").stdout)
    assert about["holds"].startswith("4 lines of a file of text, ")
    assert (about["lines"], about["restores"]) == (4, "byte for byte")
    size = Path("c.qnt").stat().st_size
    text = CONTENT.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    assert (about["bytes"], about["characters"]) == (size, len(text) + (not text.endswith("\n")))
    assert about["bits_per_character"] == pytest.approx(8 * size / about["characters"])
    assert about["bits_a_line"] == pytest.approx(2 * size)


def test_a_file_comes_back_byte_for_byte(model: Path) -> None:
    found = json.loads(ok("compress", model, "lines.txt", "--out", "c.qnt", "--json", "-q").stdout)
    assert found["raw_bytes"] == len(CONTENT)
    assert found["bytes"] == Path("c.qnt").stat().st_size
    ok("decompress", model, "c.qnt", "--out", "back.txt")
    assert Path("back.txt").read_bytes() == CONTENT


def test_detect_writes_a_table(model: Path) -> None:
    ok("detect", model, "lines.txt", "--out", "strange.csv", "-q")
    with open("strange.csv", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[3]["text"] == "the café \udcff"
    assert all(0 < float(row["p_value"]) <= 1 for row in rows)


def test_generate_writes_lines(seeing: Path) -> None:
    ok("generate", seeing, "--out", "new.txt", "-n", 5, "--prompt", "the ", "--top-p", 0.9)
    lines = Path("new.txt").read_text().splitlines()
    assert len(lines) == 5
    assert all(line.startswith("the ") for line in lines)


def test_impute_fills_marks_and_keeps_the_form_of_the_file(seeing: Path) -> None:
    Path("holes.txt").write_bytes(b"the c_t sat\r\na dog\r\n")
    ok("impute", seeing, "holes.txt", "--out", "full.txt")
    assert Path("full.txt").read_bytes() == b"the cat sat\r\na dog\r\n"
    done = invoke("impute", seeing, "lines.txt", "--out", "same.txt", "--mark", "#")
    assert "has no mark '#'" in done.stderr
    assert Path("same.txt").read_bytes() == CONTENT


def test_denoise_writes_lines_and_every_suggestion(seeing: Path) -> None:
    Path("typos.txt").write_text("the cta sat\na dog ran\n")
    found = json.loads(ok("denoise", seeing, "typos.txt", "--out", "clean.txt", "--json", "-q").stdout)
    assert Path("clean.txt").read_text() == "the cat sat\na dog ran\n"
    assert found["words_corrected"] == 1
    with open("clean.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [rows[0][name] for name in ("line", "position", "word", "suggestion", "applied")] == [
        "0", "4", "cta", "cat", "True",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("generate", "MODEL", "--out", "new.npy"), "must end in .txt or .text, got new.npy"),
        (("generate", "MODEL", "--out", "new.txt", "--missing"), "--missing has no meaning for lines of text"),
        (("detect", "MODEL", "lines.txt", "--out", "d.csv", "--size", "8x8"), "--size has no meaning for lines"),
        (("impute", "MODEL", "lines.txt", "--out", "i.txt", "--mark", ""), "--mark must be a string that is not empty"),
        (("denoise", "MODEL", "lines.txt", "--out", "d.txt", "--threshold", 2), "--threshold must be a number from 0"),
        (("compress", "MODEL", "none.txt", "--out", "c.qnt"), "There is no file none.txt"),
        (("compress", "MODEL", "wide.txt", "--out", "c.qnt"), "wide.txt must be UTF-8"),
        (("evaluate", "MODEL", "lines.txt"), "quintet evaluate needs a model of rows, got"),
        (("fit", "lines.txt", "--out", "m.safetensors", "--patch", "8"), "--patch has no meaning for lines of text"),
        (("fit", "lines.txt", "--out", "m.safetensors", "--tokens", "words"), "--tokens must be"),
        (("fit", "digits", "--out", "m.safetensors", "--tokens", "bytes"), "--tokens has no meaning for rows"),
    ],
)
def test_what_has_no_meaning_is_refused_in_a_sentence(model: Path, arguments: tuple[object, ...], words: str) -> None:
    Path("wide.txt").write_bytes("ab\n".encode("utf-16"))
    done = invoke(*(model if part == "MODEL" else part for part in arguments))
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_every_option_of_text_is_one_of_its_command() -> None:
    for name in ANSWERS:
        assert "--json" in ok(name, "--help").stdout
    assert "--prompt" in ok("generate", "--help").stdout
    assert "--tokens" in ok("fit", "--help").stdout


def test_a_file_that_is_no_model_is_not_of_text() -> None:
    assert not is_text_model(Path("lines.txt"))
    assert not is_text_model(Path("none.safetensors"))
