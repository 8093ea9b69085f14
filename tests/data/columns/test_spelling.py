"""Levels close in spelling: every single edit is found, and levels that training showed are not new."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from quintet.data.columns.spelling import NEAREST, spelling

LEVELS = ("Private", "Self-emp", "Federal-gov", "Local-gov", "State-gov", "Without-pay", "Never-worked")
EDITS = ("change", "drop", "double", "transpose", "capitals", "space")


def edited(text: str, edit: str, at: int) -> str:
    at %= len(text)
    return {
        "change": text[:at] + "q" + text[at + 1 :],
        "drop": text[:at] + text[at + 1 :],
        "double": text[:at] + text[at] + text[at:],
        "transpose": text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
        "capitals": text.swapcase(),
        "space": f" {text} ",
    }[edit]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(LEVELS) - 1), st.sampled_from(EDITS), st.integers(0, 20))
def test_a_text_one_edit_from_a_level_is_compared_with_it_first(code: int, edit: str, at: int) -> None:
    text = edited(LEVELS[code], edit, at)
    assume(text not in LEVELS)
    found = spelling(LEVELS, [text, None, LEVELS[0]])
    row = found.text[0]
    assert found.code[row, 0] == code
    assert np.isfinite(found.log_typo[row, 0])
    assert found.log_typo[row, 0] > found.log_new[row]  # more probable as a typing error than as a new level
    assert found.text[1] == -1
    assert found.log_new[found.text[2]] == 0


def test_fewer_edits_are_more_probable_and_far_texts_have_no_neighbours() -> None:
    found = spelling(("banana", "bandana", "melon"), ["bananna", "BANANA", "kiwi", "melno"])
    one, folded, far, turned = found.text
    assert found.log_typo[folded].max() > found.log_typo[one].max() > 2 * found.log_typo[one].max()
    assert np.isinf(found.log_typo[far]).all()
    assert found.code[turned, 0] == 2
    assert found.code.shape == (4, NEAREST)


def test_a_column_without_values_has_no_texts() -> None:
    found = spelling(LEVELS, [None, None])
    assert found.code.shape == (0, NEAREST)
    assert found.text.tolist() == [-1, -1]
