"""Latents travel under the model's own p(z): codes symbol by symbol, mixtures and layers block by block."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from quintet.codec.container.layout import CODED, HEADER
from quintet.codec.entropy.cdf import FLOOR
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import FileRefused
from quintet.models.fitted import Fitted
from quintet.models.recipe import StepContext
from quintet.models.variant import Variant
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.tasks.compress import compress, decompress
from quintet.tasks.compress.coding_model import CodingModel
from quintet.variants.categorical import CategoricalLatents
from quintet.variants.ladder import Ladder
from quintet.variants.mixture import Mixture
from quintet.variants.vamp import Vamp
from quintet.variants.vq import Vq
from tests.tasks.compress.models import digits, kinds_of, sealed
from tests.tasks.compress.test_size import bound_in_bits

LATENTS = {
    "vq": (Vq(codes=32, decay=0.95), 8),
    "scalar": (Vq(quantiser="scalar", codes=5), 6),
    "hierarchical": (Vq(codes=16, width=2, hierarchical=True, decay=0.95), 8),
    "categorical": (CategoricalLatents(), 32),
    "mixture": (Mixture(modes=5), 6),
    "vamp": (Vamp(pseudo_inputs=8), 6),
    "ladder": (Ladder(), 8),
}
X = digits()[0]
HELD = X[1500:1650]


@cache
def trained(name: str) -> Fitted:
    """All stages but the guide's, a second or two."""
    variant, latent_dim = LATENTS[name]
    assert isinstance(variant, Variant)
    torch.manual_seed(0)
    schema = Schema.infer(X[:1500])
    recipe, rows = variant.build(schema, latent_dim, Mlp(hidden=(64,))), Rows.of(X[:1500], schema)
    for stage in recipe.stages[:-1]:
        group = stage.groups[0]
        weights = [w for module in group.modules for w in module.parameters()]
        optimiser = torch.optim.Adam(weights, 5e-3)
        for step in range(300):
            batch = rows.batch(torch.randint(len(rows), (64,)))
            optimiser.zero_grad()
            group.loss(batch, Noise(step), StepContext(step, 300)).loss.mean().backward()
            optimiser.step()
    return Fitted(schema, recipe.model.eval(), fingerprint=name, options={})


def without_order(*_: Any) -> None:
    """A p(z) that does not factorise."""


@pytest.mark.parametrize("name", LATENTS)
def test_a_file_weighs_the_bound_and_less_than_the_two_part_code(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f = trained(name)
    blob, bound = compress(f, HELD), bound_in_bits(f, HELD)
    assert kinds_of(f, blob) == {CODED}
    assert np.array_equal(decompress(f, blob), HELD)
    assert 0.98 * bound < 8 * len(blob) < 1.01 * bound + 1000  # below: no cell costs more than 16 + log2 17 bits
    monkeypatch.setattr(CodingModel, "prior", without_order)
    two_part = compress(f, HELD, effort="low")
    assert len(blob) < len(two_part)
    monkeypatch.undo()
    assert np.array_equal(decompress(f, two_part), HELD), "files of the two-part code are still read"


@pytest.mark.parametrize(("name", "share"), [("vq", 0.99), ("scalar", 0.9)])
def test_codes_cost_their_own_mass(name: str, share: float) -> None:
    """All of a file's bits are the codes under the model's p(code) and the cells given them.

    Of rows that trained p(code), which knows them: of others it need not be better than even.
    """
    f, rows = trained(name), X[: len(HELD)]
    model, batch = f.model, Rows.of(rows, f.schema).batch(slice(None))
    with torch.no_grad():
        z = model.embed(batch.x, batch.observed)[None]
        mass = (1 - FLOOR) * model.decode(z).log_prob(batch.x).exp() + FLOOR / 17
        cells = -mass.log2().sum()
        codes = -model.log_prior(z).sum() / np.log(2)
    assert model.codec is not None
    assert float(codes) < share * len(rows) * model.codec.symbols * np.log2(model.codec.size)
    weight = 8 * len(compress(f, rows))
    assert float(cells + codes) < weight < 1.005 * float(cells + codes) + 600


@pytest.mark.parametrize("name", LATENTS)
def test_files_travel_to_a_machine_whose_last_digits_differ(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as the plain arithmetic goes, which networks with unknown operations are left with."""
    f, of = trained(name), CodingModel.from_fitted

    def plain(fitted: Fitted, exact: bool = False) -> CodingModel:
        return of(fitted)

    def otherwise(fitted: Fitted, exact: bool = False) -> CodingModel:
        coding, generator = of(fitted), torch.Generator().manual_seed(0)
        for layer in coding.model.modules():
            if isinstance(layer, nn.Linear):
                noise = torch.randint(-1, 2, layer.weight.shape, generator=generator)
                layer.weight.data += 2.0**-52 * noise * layer.weight.data
        return coding

    monkeypatch.setattr(CodingModel, "from_fitted", plain)
    blob = compress(f, HELD, effort="low")
    monkeypatch.setattr(CodingModel, "from_fitted", otherwise)
    assert np.array_equal(decompress(f, blob), HELD)


@pytest.mark.parametrize("name", ["vq", "categorical", "mixture"])
def test_a_damaged_stream_is_refused(name: str) -> None:
    f, few = trained(name), HELD[:2]
    blob = compress(f, few)
    for at in range(HEADER, len(blob), 3):
        damaged = blob[:at] + bytes([blob[at] ^ 0x55]) + blob[at + 1 :]
        with pytest.raises(FileRefused, match="damaged"):
            decompress(f, damaged)
        try:
            back = decompress(f, sealed(f, blob, at, blob[at] ^ 0x55))
        except FileRefused:
            continue
        assert np.array_equal(back, few), "wrong rows were decoded without an error"
