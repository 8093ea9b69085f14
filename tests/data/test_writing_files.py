"""Files are written once: nothing that another process made is lost, and nothing but a regular file is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quintet import storage
from quintet.data.outputs import atomic
from quintet.data.temporary import remove_leftovers
from quintet.errors import FileRefused


def _two_writers(path: Path) -> None:
    with atomic(path) as second:
        second.write(b"second")
        with atomic(path) as first:
            first.write(b"first")


def test_the_second_of_two_writers_is_refused_and_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    with pytest.raises(FileRefused, match="another process meanwhile") as refusal:
        _two_writers(path)
    assert path.read_bytes() == b"first"
    kept = [found for found in tmp_path.iterdir() if found != path]
    assert [found.read_bytes() for found in kept] == [b"second"]
    assert str(kept[0]) in str(refusal.value)


@pytest.mark.parametrize("force", [True, False])
def test_a_pipe_is_refused_and_a_link_is_followed(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused, match="no regular file"), atomic(tmp_path / "pipe", force=force):
        pass
    assert (tmp_path / "pipe").is_fifo()
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with atomic(link, force=force) as file:
        file.write(b"content")
    assert link.is_symlink()
    assert target.read_bytes() == b"content"


def test_only_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".run.ckpt.4194305-aa.tmp", tmp_path / f".run.ckpt.{os.getpid()}-aa.tmp"
    dead.touch()
    alive.touch()
    remove_leftovers(tmp_path / "run.ckpt")
    assert list(tmp_path.iterdir()) == [alive]


def test_a_model_is_kept_beside_what_was_made_while_it_trained(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"first")
    with pytest.raises(FileRefused, match="another process meanwhile"):
        storage.save(path, {}, {}, force=False)
    assert path.read_bytes() == b"first"
    kept = next(found for found in tmp_path.iterdir() if found != path)
    assert storage.load(kept) == ({}, {})
