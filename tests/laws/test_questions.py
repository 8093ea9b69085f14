"""Laws 6 and 7: all five questions run, or say in one sentence why not; what is compressed comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import Unanswerable
from quintet.variants import get
from tests.laws.models import FEW, HELD, QUESTIONS, ask, digits, hidden

Answered = Callable[[VAE], dict[str, Any]]


def test_every_question_is_answered_or_refused_in_one_sentence(any_vae: VAE, answered: Answered) -> None:
    refused = get(any_vae.fitted_.options["variant"]).answers
    for question in QUESTIONS:
        if question in refused:
            with pytest.raises(Unanswerable, match=r"^[^.]+\.$"):
                ask(any_vae, question)
    for name, answer in answered(any_vae).items():
        assert np.isfinite(answer).all(), name
        if name != "compress":
            assert len(answer) == (5 if name == "generate" else len(digits()[0][HELD])), name
    assert "generate" in answered(any_vae)


def test_what_is_compressed_comes_back(vae: VAE, answered: Answered) -> None:
    np.testing.assert_array_equal(vae.decompress(answered(vae)["compress"].tobytes()), digits()[0][HELD])


@pytest.mark.parametrize(
    "rows",
    {
        "none": np.zeros((0, 8, 8), np.uint8),
        "black": np.zeros((3, 8, 8), np.uint8),
        "white": np.full((3, 8, 8), 16, np.uint8),
        "beyond the training range": np.full((3, 8, 8), 255, np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, (5, 8, 8)).astype(np.uint8),
        "one": digits()[0][700:701],
    }.values(),
    ids=["none", "black", "white", "beyond the training range", "noise", "one"],
)
def test_compression_is_lossless_for_every_legal_row(vae: VAE, rows: np.ndarray) -> None:
    blob = vae.compress(rows)
    back = vae.decompress(blob)
    assert back.dtype == rows.dtype
    np.testing.assert_array_equal(back, rows)
    assert len(blob) <= 1.01 * rows.nbytes + 64


def test_observed_cells_come_back_bit_for_bit_and_none_missing_is_identity(vae: VAE, answered: Answered) -> None:
    X, mask = digits()[0][HELD], hidden()
    np.testing.assert_array_equal(answered(vae)["impute"][~mask], X[~mask])
    for draw in answered(vae)["draws"].swapaxes(0, 1):
        np.testing.assert_array_equal(draw[~mask], X[~mask])
    np.testing.assert_array_equal(vae.impute(X, mask=np.zeros_like(mask), **FEW), X)


def test_answers_do_not_depend_on_the_rows_beside_them(vae: VAE, answered: Answered) -> None:
    X, mask = digits()[0][HELD], hidden()
    order = np.random.default_rng(4).permutation(len(X))
    questions: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
        "scores": lambda rows, m: vae.detect(rows).scores,
        "log_prob": lambda rows, m: vae.log_prob(rows, draws=5),
        "transform": lambda rows, m: vae.transform(rows),
        "impute": lambda rows, m: vae.impute(rows, mask=m, **FEW),
    }
    for name, ask_rows in questions.items():
        whole = answered(vae)[name]
        np.testing.assert_array_equal(ask_rows(X[order], mask[order]), whole[order], err_msg=name)
        np.testing.assert_array_equal(ask_rows(X[:1], mask[:1]), whole[:1], err_msg=name)
