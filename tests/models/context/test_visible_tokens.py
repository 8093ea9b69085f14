"""Tokens drawn one after another: each step costs what is new, and says what a pass over whole rows says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet.data.sequences.text.vocabulary import END
from quintet.distributions.categorical import Categorical
from quintet.distributions.chain import Chain, Group
from quintet.estimators._text.drawing import LineRules, ruled
from quintet.models.context.tokens import TokenContext
from quintet.models.context.visible_tokens import VisibleTokens
from quintet.noise import RowNoise
from tests.models.context.test_coded_rows import ASKED, text


def context() -> TokenContext:
    found: TokenContext = text().vae_.fitted_.model.context
    return found


def whole_rows(visible: VisibleTokens, cells: Group) -> Tensor:
    """Logits of some steps by a pass over whole rows, (n, steps asked, tokens)."""
    at = torch.tensor(cells)[None].expand(len(visible.rows), -1)
    return visible.decoder.logits(visible.rows, at, visible.about, visible.network)


class OverWholeRows:
    """Visible tokens that read all rows at each step."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def conditional(self, cells: Group) -> Categorical:
        return Categorical(whole_rows(self.inner, cells)[None])

    def reveal(self, cells: Group, x: Tensor, visible: Tensor) -> None:
        self.inner.reveal(cells, x, visible)


def prior_chain(rows: int) -> Chain:
    model: Any = text().vae_.fitted_.model
    z = torch.randn(1, rows, model.latent_dim, generator=torch.Generator().manual_seed(0))
    chain: Chain = model.decode(z)
    return chain


@torch.no_grad()
def test_a_step_says_what_a_pass_over_whole_rows_says() -> None:
    rows = torch.from_numpy(text().description_.rows(ASKED)[0].astype(np.float32))
    z = torch.randn(2, len(rows), text().vae_.latent_dim_, generator=torch.Generator().manual_seed(1))
    there = (torch.rand(rows.shape, generator=torch.Generator().manual_seed(2)) < 0.8).float()
    visible = context().begin(rows[None], z)
    for step in range(rows.shape[1]):
        found = visible.conditional((step,)).logits
        wanted = whole_rows(visible, (step,)).reshape(found.shape)
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
        visible.reveal((step,), rows[None, :, [step]], there[None, :, [step]])
    for step in (3, 1, rows.shape[1] - 1):  # the sum of earlier tokens goes back, too
        found = visible.conditional((step,)).logits
        torch.testing.assert_close(found, whole_rows(visible, (step,)).reshape(found.shape), rtol=0, atol=1e-5)
    visible.reveal((0,), rows[None, :, [0]] + 1, torch.ones(1, len(rows), 1))
    found = visible.conditional((4,)).logits
    torch.testing.assert_close(found, whole_rows(visible, (4,)).reshape(found.shape), rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.7, 0.9), (0.0, 1.0)])
def test_lines_are_those_of_a_pass_over_all_rows_at_each_step(temperature: float, top_p: float) -> None:
    chain, tokens = prior_chain(12), text().schema_.levels
    slow = replace(chain, begin=lambda rows: OverWholeRows(chain.begin(rows)))
    drawn = [
        ruled(each, LineRules(), tokens, temperature, top_p).sample(RowNoise((5, 1), 0))[0] for each in (chain, slow)
    ]
    assert torch.equal(*drawn)
    some = ruled(chain, LineRules(), tokens, temperature, top_p, asked=5).sample(RowNoise((5, 1), 0))[0]
    assert torch.equal(some[:5], drawn[0][:5])


@torch.no_grad()
def test_no_step_is_computed_behind_the_end_of_a_line_or_of_rows_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    computed, next_logits = [], TokenContext.next_logits

    def counting(self: TokenContext, near: Any, *args: Any) -> Tensor:
        computed.append(len(near))
        return next_logits(self, near, *args)

    monkeypatch.setattr(TokenContext, "next_logits", counting)
    drawn = ruled(prior_chain(12), LineRules(), text().schema_.levels, asked=9).sample(RowNoise((5, 1), 0))[0, :9]
    lengths = [row.index(END) + 1 if END in row else len(row) for row in drawn.tolist()]
    assert sum(computed) == sum(lengths) < 9 * drawn.shape[1]


@torch.no_grad()
def test_copies_at_the_end_of_a_batch_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    some = torch.from_numpy(text().description_.rows(ASKED)[0].astype(np.float32))[None]
    z = torch.randn(1, some.shape[1] + 60, text().vae_.latent_dim_, generator=torch.Generator().manual_seed(3))
    kept = some.shape[1]
    rows = torch.cat([some, some[:, -1:].expand(-1, 60, -1)], 1)
    same = torch.cat([z[:, :kept], z[:, kept - 1 : kept].expand(-1, 60, -1)], 1)
    one = context().in_one_pass(some, torch.ones_like(some), z[:, :kept], None)
    computed, logits = [], TokenContext.logits

    def counting(self: TokenContext, part: Any, *args: Any) -> Tensor:
        computed.append(len(part))
        return logits(self, part, *args)

    monkeypatch.setattr(TokenContext, "logits", counting)
    monkeypatch.setattr("quintet.models.context.every_step.AT_ONCE", 1)
    found = context().in_one_pass(rows, torch.ones_like(rows), same, None)
    assert sum(computed) == kept
    torch.testing.assert_close(found.logits[:, :kept], one.logits, rtol=0, atol=1e-5)
    assert (found.logits[0, kept:] == found.logits[0, kept - 1]).all()
    computed.clear()
    context().in_one_pass(rows, torch.ones_like(rows), z, None)  # other latents: no copies
    assert sum(computed) == rows.shape[1]
