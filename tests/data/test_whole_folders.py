"""A folder holds all files of an answer or none, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from quintet.data.writers.atomic_folder import is_filled, whole_folder
from quintet.data.writers.temporary import remove_leftovers, temporary_for
from quintet.errors import FileRefused


def write(folder: Path, content: str = "new") -> None:
    (folder / "figures").mkdir()
    for name in ("figures/a.png", "figures/b.png", "page.html"):
        (folder / name).write_text(content)


def held(folder: Path) -> dict[str, str]:
    return {str(f.relative_to(folder)): f.read_text() for f in sorted(folder.rglob("*")) if f.is_file()}


def fail(out: Path, trouble: BaseException) -> None:
    with whole_folder(out, force=True) as folder:
        (folder / "page.html").write_text("half")
        raise trouble


def two_writers(out: Path) -> None:
    with whole_folder(out) as second:
        write(second)
        with whole_folder(out) as first:
            write(first, "first")


ALL = {"figures/a.png": "new", "figures/b.png": "new", "page.html": "new"}


def absent(path: Path) -> None:
    """Nothing lies there."""


def empty(path: Path) -> None:
    path.mkdir()


def full(path: Path) -> None:
    path.mkdir()
    write(path, "old")
    (path / "notes.txt").write_text("mine")


@pytest.mark.parametrize("before", [absent, empty, full])
@pytest.mark.parametrize(
    "trouble", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError("a fault")]
)
def test_what_fails_in_the_middle_leaves_what_was_there(
    tmp_path: Path, before: Callable[[Path], None], trouble: BaseException
) -> None:
    out = tmp_path / "report"
    before(out)
    then = held(tmp_path)
    sentence = "disk is full" if isinstance(trouble, OSError) else None
    expected = FileRefused if sentence else type(trouble)
    with pytest.raises(expected, match=sentence):
        fail(out, trouble)
    assert held(tmp_path) == then
    assert not any(path.name.endswith(".tmp") for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("before", [absent, empty])
def test_a_folder_appears_with_all_files(tmp_path: Path, before: Callable[[Path], None]) -> None:
    out = tmp_path / "above" / "report"
    out.parent.mkdir()
    before(out)
    with whole_folder(out) as folder:
        write(folder)
        assert not out.exists() or not is_filled(out)
    assert held(tmp_path / "above") == {f"report/{name}": text for name, text in ALL.items()}


def test_files_of_the_same_names_are_replaced_and_others_stay_where_force_asks_for_it(tmp_path: Path) -> None:
    full(tmp_path / "report")
    (tmp_path / "link").symlink_to(tmp_path / "report")
    with whole_folder(tmp_path / "link", force=True) as folder:
        write(folder)
    assert held(tmp_path / "report") == ALL | {"notes.txt": "mine"}
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("before", [absent, empty])
def test_the_second_of_two_writers_is_refused_and_keeps_its_content(
    tmp_path: Path, before: Callable[[Path], None]
) -> None:
    before(tmp_path / "report")
    with pytest.raises(FileRefused, match="Another process created") as refusal:
        two_writers(tmp_path / "report")
    every = held(tmp_path)
    assert all(every[f"report/{name}"] == "first" for name in ALL)
    kept = Path(str(refusal.value).partition("stored as ")[2].partition(": rename")[0])
    assert held(kept) == ALL
    assert len(every) == 2 * len(ALL)


def test_what_a_killed_writer_left_goes_with_the_next(tmp_path: Path) -> None:
    out = tmp_path / "report"
    out.mkdir()
    child = os.fork()
    if not child:
        for name in (temporary_for(out), temporary_for(out, out)):
            name.mkdir()
            (name / "page.html").write_text("half")
        os._exit(0)
    os.waitpid(child, 0)
    assert len(held(tmp_path)) == 2
    other = temporary_for(tmp_path / "report2")
    other.mkdir()
    with whole_folder(out) as folder:
        write(folder)
    assert held(out) == ALL
    remove_leftovers(tmp_path / "report2")
    assert set(tmp_path.iterdir()) == {out, other}
