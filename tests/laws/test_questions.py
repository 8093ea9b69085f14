"""Laws 6 and 7: all five questions run, or say in one sentence why not; what is compressed comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import Unanswerable
from quintet.variants import get
from tests.laws.models import HELD, digits

QUESTIONS = ("generate", "compress", "denoise", "detect", "impute")


def ask(vae: VAE, question: str) -> Any:
    X = digits()[0][HELD]
    mask = np.zeros(X.shape, bool)
    mask[:, 4:] = True
    return {
        "generate": lambda: vae.generate(7),
        "compress": lambda: vae.decompress(vae.compress(X)),
        "denoise": lambda: vae.denoise(X),
        "detect": lambda: vae.detect(X).scores,
        "impute": lambda: vae.impute(X, mask=mask),
    }[question]()


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_or_refused_in_one_sentence(any_vae: VAE, question: str) -> None:
    vae = any_vae
    reasons = get(vae.fitted_.options["variant"]).answers
    if question in reasons:
        with pytest.raises(Unanswerable, match=r"^[^.]+\.$"):
            ask(vae, question)
        return
    answer = ask(vae, question)
    assert len(answer) == (7 if question == "generate" else 40)
    assert np.isfinite(answer).all()


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


def test_observed_cells_come_back_bit_for_bit_and_none_missing_is_identity(vae: VAE) -> None:
    X = digits()[0][HELD]
    mask = np.random.default_rng(2).random(X.shape) < 0.5
    np.testing.assert_array_equal(vae.impute(X, mask=mask)[~mask], X[~mask])
    np.testing.assert_array_equal(vae.impute(X, mask=np.zeros_like(mask)), X)


def test_answers_do_not_depend_on_the_rows_beside_them(vae: VAE) -> None:
    X = digits()[0][HELD]
    mask = np.random.default_rng(3).random(X.shape) < 0.5
    order = np.random.default_rng(4).permutation(len(X))
    for ask_rows in (
        lambda rows, m: vae.detect(rows).scores,
        lambda rows, m: vae.log_prob(rows, draws=5),
        lambda rows, m: vae.transform(rows),
        lambda rows, m: vae.impute(rows, mask=m),
    ):
        whole = ask_rows(X, mask)
        np.testing.assert_array_equal(ask_rows(X[order], mask[order]), whole[order])
        np.testing.assert_array_equal(ask_rows(X[:1], mask[:1]), whole[:1])
