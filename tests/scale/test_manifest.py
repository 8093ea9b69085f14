"""A folder of answers: begun, resumed for the same question alone, and replaced only where that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from quintet.errors import FileRefused, InputError
from quintet.scale import manifest
from quintet.scale.folder import DiskFolder, StoreFolder, folder_at

ASKED = {"model": "abc", "question": "detect", "rows": 3}


def part(folder: Path, number: int, rows: int = 2) -> Path:
    """A part of so many rows."""
    path = folder / manifest.part_name(number)
    parquet.write_table(pyarrow.table({"x": list(range(rows))}), path)
    return path


def test_a_new_folder_is_made_and_says_what_was_asked(tmp_path: Path) -> None:
    folder = DiskFolder(str(tmp_path / "a" / "b"))
    assert not manifest.begin(folder, ASKED, resume=False, force=False)
    assert folder.names() == [manifest.NAME]
    found = json.loads((tmp_path / "a" / "b" / manifest.NAME).read_text())
    assert (found["asked"], found["state"]) == (ASKED, "begun")


def test_parts_are_kept_for_the_same_question_alone(tmp_path: Path) -> None:
    folder = DiskFolder(str(tmp_path))
    manifest.begin(folder, ASKED, resume=True, force=False)  # resume of nothing begins
    kept = part(tmp_path, 0)
    assert manifest.begin(folder, ASKED, resume=True, force=False)
    assert kept.exists()
    with pytest.raises(InputError, match=r"another question \(detect, now impute\)"):
        manifest.begin(folder, {**ASKED, "question": "impute"}, resume=True, force=False)
    with pytest.raises(InputError, match=r"holds answers already: .*--resume.*--force"):
        manifest.begin(folder, ASKED, resume=False, force=False)
    assert kept.exists()
    assert not manifest.begin(folder, {**ASKED, "rows": 4}, resume=False, force=True)
    assert not kept.exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_other_files_is_left_alone(force: bool, tmp_path: Path) -> None:
    other = tmp_path / "part-000000.parquet"
    other.write_text("mine")
    with pytest.raises(InputError, match="holds files"):
        manifest.begin(DiskFolder(str(tmp_path)), ASKED, resume=False, force=force)
    assert other.read_text() == "mine"


def test_a_manifest_that_is_none_is_refused(tmp_path: Path) -> None:
    for text in ("{", '{"format": "other"}', "[]"):
        (tmp_path / manifest.NAME).write_text(text)
        with pytest.raises(FileRefused, match=r"_manifest\.json"):
            manifest.begin(DiskFolder(str(tmp_path)), ASKED, resume=True, force=False)


def test_only_a_whole_part_counts(tmp_path: Path) -> None:
    folder = DiskFolder(str(tmp_path))
    assert manifest.rows_of_part(folder, 0) is None
    path = part(tmp_path, 0, rows=3)
    assert manifest.rows_of_part(folder, 0) == 3
    path.write_bytes(path.read_bytes()[:-5])
    assert manifest.rows_of_part(folder, 0) is None


def test_a_folder_of_a_store_does_the_same() -> None:
    pytest.importorskip("fsspec")
    folder = folder_at("memory://scale-answers")
    assert isinstance(folder, StoreFolder)
    assert not manifest.begin(folder, ASKED, resume=False, force=False)
    folder.write(manifest.part_name(0), lambda file: parquet.write_table(pyarrow.table({"x": [1, 2]}), file))
    assert manifest.rows_of_part(folder, 0) == 2
    assert manifest.begin(folder, ASKED, resume=True, force=False)
    assert not manifest.begin(folder, ASKED, resume=False, force=True)
    assert folder.names() == [manifest.NAME]
