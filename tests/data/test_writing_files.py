"""Files are written once: nothing that another process made is lost, and nothing but a regular file is replaced."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from quintet import storage
from quintet.data.writers.atomic_file import atomic
from quintet.data.writers.temporary import is_temporary, remove_leftovers, temporary_for
from quintet.errors import FileRefused


def _two_writers(path: Path) -> None:
    with atomic(path) as second:
        second.write(b"second")
        with atomic(path) as first:
            first.write(b"first")


def test_the_second_of_two_writers_is_refused_and_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    with pytest.raises(FileRefused, match="Another process created") as refusal:
        _two_writers(path)
    assert path.read_bytes() == b"first"
    kept = [found for found in tmp_path.iterdir() if found != path]
    assert [found.read_bytes() for found in kept] == [b"second"]
    assert str(kept[0]) in str(refusal.value)


@pytest.mark.parametrize("force", [True, False])
def test_a_pipe_is_refused_and_a_link_is_followed(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused, match="must be a regular file"), atomic(tmp_path / "pipe", force=force):
        pass
    assert (tmp_path / "pipe").is_fifo()
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with atomic(link, force=force) as file:
        file.write(b"content")
    assert link.is_symlink()
    assert target.read_bytes() == b"content"


def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    here = temporary_for(tmp_path / "run.ckpt").name.split(".")[3].split("-")[0]
    elsewhere = f"{int(here, 16) ^ 1:08x}"
    names = [f"{here}-4194305", "4194305", f"{here}-{os.getpid()}", str(os.getpid()), f"{elsewhere}-4194305", "4194306"]
    written = [tmp_path / f".run.ckpt.{name}-aa.tmp" for name in names]
    for path in written:
        path.touch()
        assert is_temporary(path)
    for path in written[1:5]:  # an earlier version's of two days ago; the last one is of now
        os.utime(path, (time.time() - 172_800,) * 2)
    remove_leftovers(tmp_path / "run.ckpt")
    assert set(tmp_path.iterdir()) == set(written[2:])


def test_a_model_is_kept_beside_what_was_made_while_it_trained(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"first")
    with pytest.raises(FileRefused, match="Another process created"):
        storage.save(path, {}, {}, force=False)
    assert path.read_bytes() == b"first"
    kept = next(found for found in tmp_path.iterdir() if found != path)
    assert storage.load(kept) == ({}, {})
