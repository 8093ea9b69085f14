"""Notes come back from tokens and from MIDI files; what is no MIDI file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintet.data.sequences.notes.midi import (
    MOST,
    TOKENS,
    Note,
    note_rows,
    notes_to_tokens,
    read_midi,
    save_midi,
    tokens_to_notes,
)
from quintet.errors import FileRefused

NOTES = st.lists(
    st.builds(Note, start=st.integers(0, 200), pitch=st.integers(0, 127), length=st.integers(1, MOST)), max_size=30
)


@given(NOTES)
def test_notes_come_back_from_their_tokens(notes: list[Note]) -> None:
    tokens = notes_to_tokens(notes)
    assert all(0 < token < TOKENS for token in tokens)
    assert tokens_to_notes(tokens) == sorted(set(notes))
    rows = note_rows([notes, notes], 7)
    assert rows.shape[1] == 7


@given(st.lists(st.integers(0, TOKENS - 1), max_size=60))
def test_any_tokens_are_notes(tokens: list[int]) -> None:
    found = tokens_to_notes(tokens)
    assert tokens_to_notes(notes_to_tokens(found)) == found


def test_notes_come_back_from_a_file(tmp_path: Path) -> None:
    pytest.importorskip("mido")
    notes = [Note(0, 60, 4), Note(0, 64, 4), Note(4, 60, 2), Note(40, 67, 8)]
    save_midi(tmp_path / "a.mid", notes)
    assert read_midi(tmp_path / "a.mid") == notes
    (tmp_path / "b.mid").write_bytes(b"MThd" + bytes(20))
    with pytest.raises(FileRefused, match=r"no MIDI file|no notes"):
        read_midi(tmp_path / "b.mid")
