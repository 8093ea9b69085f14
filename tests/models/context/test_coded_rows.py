"""Rows of steps as they are entropy-coded: one pass has the bits of the steps, and says what the network says."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from quintet import VAE, Text
from quintet.data.sequences.text.vocabulary import END, PAD
from quintet.networks.counted_shares import CountedShares
from quintet.networks.token_network import CountedTokens
from quintet.networks.token_statistics import TokenCounts, contexts
from quintet.tasks.compress import lossless
from quintet.tasks.compress.coding_model import CodingModel
from quintet.tasks.compress.ledger import Ledger

LINES = ["the cat sat", "the dog sat on a mat", "a cat ran", "", "x"] * 30
ASKED = ["the cat ran", "日本", "a dog sat on the cat and so on for a very long time", "", "a cat"]


@cache
def text() -> Text:
    """A model of a few lines."""
    return Text(VAE(epochs=2, latent_dim=2, calibration=0.0, verbose=False)).fit(LINES)


def coding(model: Text) -> tuple[CodingModel, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rows = model.description_.rows(ASKED)[0].astype(np.float64)
    return CodingModel.from_fitted(model.vae_.fitted_, exact=True), rows, np.ones(rows.shape, bool)


@pytest.mark.parametrize("latents", [False, True])
def test_one_pass_has_the_bits_of_the_steps_and_the_numbers_of_the_network(latents: bool) -> None:
    model, rows, fits = coding(text())
    z = np.random.default_rng(0).normal(size=(len(rows), model.latent_dim)) if latents else None
    with model.arithmetic(), torch.no_grad():
        whole: Any = model.in_one_pass(z, rows, fits, None)
        alone: Any = model.in_one_pass(None if z is None else z[:1], rows[:1], fits[:1], None)
        visible = model.begin(z, None, len(rows))
        over = np.zeros(len(rows), bool)
        for step in range(rows.shape[1]):
            own: Any = visible.conditional((step,))
            same = own.table[own.place[0, :, 0]] == whole.table[whole.place[0, :, step]]
            assert same[~over].all()
            model.reveal(visible, (step,), rows[:, [step]], fits[:, [step]])
            over |= rows[:, step] == END
    assert np.array_equal(alone.table, whole.table[: len(alone.table)])
    plain: Any = model.model
    latent = None if z is None else torch.from_numpy(z)[None]
    chain = plain.without_latents(len(rows)) if latent is None else plain.decode(latent)
    wanted = chain.in_one_pass(torch.from_numpy(rows)[None], torch.ones(1, *rows.shape, dtype=torch.float64))
    coded = np.cumsum(rows == END, 1) - (rows == END) == 0
    table = wanted.pmf_table()[0].cumsum(-1).numpy()[coded]
    np.testing.assert_allclose(whole.table[whole.place[0][coded]], table, rtol=0, atol=1e-3)


def test_what_follows_the_end_of_a_line_costs_nothing_and_other_rows_come_back() -> None:
    vae, rows = text().vae_, text().description_.rows(ASKED)[0]
    short = text().description_.rows(["a cat", "the cat ran"] * 20)[0]
    book = Ledger()
    payload = lossless.to_payload(vae.fitted_, short, None, 256)
    assert np.array_equal(lossless.from_payload(vae.fitted_, payload, len(short), short.dtype, None, book), short)
    assert [step for step in range(short.shape[1]) if book.by_cell[step] > 0] == list(range(len("the cat ran") + 1))
    odd = rows.copy()
    odd[0, -1], odd[1, :] = END + 1, PAD  # a token behind the end, and a row without one
    assert np.array_equal(vae.decompress(vae.compress(odd)), odd)


def test_a_file_does_not_depend_on_how_many_rows_are_decoded_at_once() -> None:
    model, lines = text(), [*ASKED, *LINES[:40]]
    blob = model.compress(lines)
    assert model.decompress(blob, batch_rows=3) == lines


def test_shares_of_contexts_are_those_of_counts() -> None:
    rng = np.random.default_rng(0)
    rows, new = rng.integers(-1, 4, (50, 7)).astype(np.int32), rng.integers(-1, 4, (9, 7)).astype(np.int32)
    counts, part = TokenCounts(rows, 3), CountedTokens(4).double()
    part.discount.data = torch.from_numpy(rng.normal(size=(4, 3)))
    at = np.tile(np.arange(7), (len(new), 1))
    wanted = part(torch.from_numpy(counts.after(new, at, 4)).double()).flatten(0, 1)
    shares = CountedShares(counts, part.discount.detach().numpy(), 4)
    found, seen = shares([(keys.reshape(-1), usable.reshape(-1)) for keys, usable in contexts(new, 3)])
    torch.testing.assert_close(found / 2.0**14, wanted.detach(), rtol=0, atol=5e-4)
    logs = torch.from_numpy(counts.after(new, at, 4)).double().sum(-1).add(1).log().flatten(0, 1)
    torch.testing.assert_close(seen / 2.0**14, logs, rtol=0, atol=1e-4)
