"""Files made to exhaust a reader are refused, in bounded memory; files one after another are read as one."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from quintet.codec.container.block_limits import CELLS_PER_BYTE, MAX_CELLS, is_within_limits
from quintet.errors import FileRefused, QuintetWarning
from quintet.tasks.compress import compress, decompress, decompress_from, lost_rows
from tests.tasks.compress.models import TRAINING, blocks_of, digits, model, trained_digits


def test_no_file_takes_more_memory_or_another_error_than_a_refusal(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "tests.tasks.compress.attacks", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    found: dict[str, list[str]] = json.loads(done.stdout)["found"]
    wrong = {title: answers for title, answers in found.items() if not set(answers) <= {"refused", "read"}}
    assert not wrong
    for title, answers in found.items():
        assert answers[0] == "refused" or title.startswith(("altered", "files upon files")), title


@pytest.mark.parametrize("block_rows", [None, 10**9])
def test_rows_that_cost_nothing_pass_the_bound_and_come_back(block_rows: int | None) -> None:
    """Constant rows of a model that is sure of them: the shortest blocks that there are."""
    X = np.zeros((4000, 5, 4), dtype=np.uint8)
    for lossy in (False, True):
        blob = compress(model("image8"), X, block_rows=block_rows, lossy=lossy, effort="low")
        assert decompress(model("image8"), blob).shape == X.shape
        assert lost_rows(model("image8"), blob) == []
    assert len(blob) < 4000 * 84 / CELLS_PER_BYTE + 200


def test_a_block_is_no_longer_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quintet.tasks.compress.row_blocks.MAX_CELLS", 40)
    entries = blocks_of(model("image8"), compress(model("image8"), TRAINING["image8"][:5], block_rows=99)).entries
    assert [entry.rows for entry in entries] == [2, 2, 1]
    assert is_within_limits(3, 1, 2 * MAX_CELLS, MAX_CELLS)
    assert not is_within_limits(3, 2, MAX_CELLS, MAX_CELLS)
    assert is_within_limits(2, 2, MAX_CELLS, MAX_CELLS)


def test_files_one_after_another_are_one_file() -> None:
    f, X = trained_digits(), digits()[0]
    parts = [X[:7], X[7:7], X[7:30], X[30:31]]
    files = [compress(f, part, block_rows=4, effort="low") for part in parts]
    whole = b"".join(files)
    assert np.array_equal(decompress(f, whole), X[:31])
    assert np.array_equal(np.concatenate(list(decompress_from(f, whole))), X[:31])
    assert np.array_equal(decompress(f, whole, rows=[30, 8, 2, 8]), X[[30, 8, 2, 8]])
    assert np.array_equal(decompress(f, whole, rows=slice(29, 3, -2)), X[29:3:-2])
    same = files[0] + files[0]
    assert np.array_equal(decompress(f, same), np.concatenate([X[:7], X[:7]]))


def test_damage_in_one_of_several_files_stays_where_it_is() -> None:
    f, X = trained_digits(), digits()[0]
    one, two = (compress(f, part, block_rows=4, effort="low") for part in (X[:8], X[8:20]))
    block = blocks_of(f, two).entries[1]
    for place, lost in [
        (len(one) - 7, []),  # the first file's index
        (len(one) + len(two) - 7, []),  # the second's
        (len(one) + block.start + 30, [slice(12, 16)]),
        (30, [slice(0, 4)]),
    ]:
        altered = bytearray(one + two)
        altered[place] ^= 1
        assert lost_rows(f, bytes(altered)) == lost
        with pytest.raises(FileRefused, match="no row is lost" if not lost else "are lost"):
            decompress(f, bytes(altered))


@pytest.mark.filterwarnings("ignore:.*left out")
def test_what_stands_behind_a_file_and_cannot_be_read_is_named() -> None:
    f, X = trained_digits(), digits()[0][:6]
    blob = compress(f, X, effort="low")
    other = compress(model("levels"), TRAINING["levels"][:3], effort="low")
    for more, words in [(other, "a file of model"), (b"some more bytes" * 4, "no compressed file")]:
        with pytest.raises(FileRefused, match=f"from byte {len(blob)} on, .*{words}"):
            decompress(f, blob + more)
        with pytest.warns(QuintetWarning, match=f"from byte {len(blob)} on, .*{words}"):
            assert np.array_equal(decompress(f, blob + more, damaged="skip"), X)
    wide = compress(f, X.astype(np.int64), effort="low")
    with pytest.raises(FileRefused, match=f"from byte {len(blob)} on are of another type"):
        decompress(f, blob + wide)


def test_a_zipped_file_is_read_once(tmp_path: Path) -> None:
    f, X = trained_digits(), digits()[0][:30]
    path = tmp_path / "rows.qnt.gz"
    path.write_bytes(gzip.compress(compress(f, X, block_rows=4, effort="low")))
    assert np.array_equal(decompress(f, path), X)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileRefused, match="cut off"):
        decompress(f, path)
