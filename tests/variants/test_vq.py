"""Codes are used, dead ones come back, and their order is learnt: log p counts honest bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError
from quintet.models.discrete.code_prior import CodePrior
from quintet.models.discrete.codebook import Codebook
from quintet.models.discrete.quantised import Quantised
from quintet.models.discrete.symbols import Maps, Scalar
from quintet.models.recipe import StepContext
from quintet.networks import Mlp
from quintet.networks.causal_sequence import CausalMlp
from quintet.noise import Noise
from quintet.variants.vq import Vq
from tests.laws.models import digits
from tests.shared import unmeasured

X = digits()[0]


def symbols_of(vae: VAE, rows: np.ndarray) -> torch.Tensor:
    model, x = vae.fitted_.model, torch.from_numpy(rows).unsqueeze(1).float()
    assert isinstance(model, Quantised)
    with torch.no_grad():
        return model.encodings(x, torch.ones_like(x, dtype=torch.bool))[1]


@pytest.fixture(scope="module")
def vae() -> VAE:
    options = {"network": {"kind": "mlp", "hidden": (64,)}, "calibration": 0.0}
    with unmeasured():
        return VAE(Vq(codes=32), latent_dim=8, epochs=40, **options).fit(X[:1200])


def test_more_than_four_fifths_of_the_codebook_are_used(vae: VAE) -> None:
    assert symbols_of(vae, X[:1200]).unique().numel() > 0.8 * 32


def test_rate_is_the_mass_of_the_code_and_the_bound_lies_near_a_vaes(vae: VAE) -> None:
    symbols = symbols_of(vae, X[1200:1210])
    z = torch.from_numpy(vae.transform(X[1200:1210])).float()[None]
    mass = vae.fitted_.model.prior.log_mass(symbols).sum(-1)
    torch.testing.assert_close(vae.fitted_.model.log_prior(z)[0], mass)
    one, many = vae.log_prob(X[1200:1210], draws=1), vae.log_prob(X[1200:1210], draws=20)
    np.testing.assert_allclose(one, many, rtol=1e-5)  # one code a row: the bound has no spread


def test_dead_codes_come_back() -> None:
    book = Codebook(1, 2, 16).train()
    book.codes[0, 4:] = 1e3  # so far away that nothing falls to them
    book.count.fill_(10.0)
    book.total.copy_(book.codes * 10.0)
    noise = Noise(0)
    for _ in range(300):
        h = noise.normal(160, 2)[0]
        book.learn(h, book.nearest(h), noise.uniform(1, 16)[0])
    h = noise.normal(1000, 2)[0]
    assert book.nearest(h).unique().numel() == 16
    assert float(book.codes.abs().max()) < 5


def test_codes_become_the_means_of_what_falls_to_them() -> None:
    book = Codebook(1, 1, 2, decay=0.5).train()
    noise = Noise(0)
    for _ in range(60):
        h = torch.cat([noise.normal(40, 1)[0] * 0.1 - 1, noise.normal(40, 1)[0] * 0.1 + 3])
        book.learn(h, book.nearest(h), noise.uniform(1, 2)[0])
    torch.testing.assert_close(book.codes.flatten().sort().values, torch.tensor([-1.0, 3.0]), atol=0.1, rtol=0)


def test_residual_levels_leave_less_over_and_codes_are_their_own_nearest() -> None:
    left = []
    torch.manual_seed(0)
    for levels in (1, 2, 3):
        book = Codebook(2, 2, 8, levels).train()
        noise = Noise(0)
        for _ in range(150):
            h = noise.normal(128, 4)[0]
            book.learn(h, book.nearest(h), noise.uniform(levels, 8)[0])
        code = book.vectors(book.nearest(h))
        left.append(float((h - code).square().mean()))
        assert float((book.vectors(book.nearest(code)) == code).all(-1).float().mean()) > 0.98
    assert left[1] < 0.5 * left[0]
    assert left[2] < left[1]


@pytest.mark.parametrize("levels", [1, 2])
def test_the_codebook_knows_how_much_its_codes_leave_over(levels: int) -> None:
    torch.manual_seed(0)
    book, noise = Codebook(2, 2, 8, levels, decay=0.9).train(), Noise(0)
    for _ in range(150):
        h = noise.normal(128, 4)[0]
        book.learn(h, book.nearest(h), noise.uniform(levels, 8)[0])
    left = float((h - book.vectors(book.nearest(h))).square().mean())
    assert float(book.error) == pytest.approx(left, rel=0.5)


def test_the_encoder_pays_for_its_distance_from_the_code() -> None:
    schema = Schema.infer(X[:50])
    batch = Rows.of(X[:50], schema).batch(slice(None))
    for commitment in (0.25, 4.0):
        torch.manual_seed(0)
        recipe = Vq(commitment=commitment).build(schema, 4, Mlp((8,)))
        model = recipe.model.eval()
        assert isinstance(model, Quantised)
        terms = recipe.stages[0].groups[0].loss(batch, Noise(0), StepContext())
        h, _, code = model.encodings(batch.x, batch.observed)
        owed = commitment * (h - code).square().sum(-1)
        assert float(owed.detach().min()) > 0
        torch.testing.assert_close(terms.loss - terms.distortion, owed, rtol=1e-3, atol=1e-4)


def test_the_prior_sees_only_symbols_before_and_its_masses_sum_to_one() -> None:
    net = CausalMlp(4, 5).eval().requires_grad_(False)
    torch.nn.init.normal_(net.out.weight)
    symbols = torch.randint(0, 5, (20, 4), generator=torch.Generator().manual_seed(0))
    other = symbols.clone()
    other[:, 2] = (other[:, 2] + 1) % 5
    one, two = net(symbols), net(other)
    torch.testing.assert_close(one[:, :3], two[:, :3], rtol=0, atol=0)
    assert not torch.allclose(one[:, 3], two[:, 3])
    every = torch.cartesian_prod(*[torch.arange(5)] * 4)
    prior = CodePrior(Scalar(4, 5), net)
    assert float(prior.log_mass(every).sum(-1).exp().sum()) == pytest.approx(1.0, abs=1e-4)


def test_the_learnt_order_gives_held_out_codes_more_mass_than_independent_places() -> None:
    options = {"network": {"kind": "mlp", "hidden": (64,)}, "calibration": 0.0, "training": {"ema": 0.9}}
    with unmeasured():
        vae = VAE(Vq(quantiser="scalar"), latent_dim=8, epochs=60, **options).fit(X[:1200])
    train, held = symbols_of(vae, X[:1200]), symbols_of(vae, X[1200:])
    places = [torch.bincount(train[:, place], minlength=8) + 0.5 for place in range(8)]
    independent = sum((c / c.sum()).log()[held[:, place]] for place, c in enumerate(places)).mean()
    learnt = vae.fitted_.model.prior.log_mass(held).sum(-1).mean()
    assert float(learnt) > float(independent) + 0.5


def test_samples_follow_the_prior(vae: VAE) -> None:
    prior = vae.fitted_.model.prior
    drawn = prior.codec.nearest(prior.sample(3000, Noise(1)))[0]
    share = torch.bincount(drawn[:, 0], minlength=32) / 3000
    stated = prior.logits(torch.zeros(1, 4, dtype=torch.long))[0, 0].softmax(-1)
    torch.testing.assert_close(share, stated, atol=0.03, rtol=0)


@pytest.mark.parametrize("variant", [Vq(hierarchical=True, codes=8), Vq(levels=2, codes=8), Vq(quantiser="scalar")])
def test_every_kind_generates_and_codes(variant: Vq) -> None:
    vae = VAE(variant, latent_dim=6, epochs=3, network={"kind": "mlp", "hidden": (16,)}).fit(X[:200])
    assert vae.generate(5).shape == (5, 8, 8)
    np.testing.assert_array_equal(vae.decompress(vae.compress(X[300:320])), X[300:320])
    assert vae.transform(X[300:301]).shape == (1, 6)


def test_latents_are_split_by_divisors_or_refused() -> None:
    schema = Schema.infer(X[:5])

    def widths(variant: Vq, latent_dim: int) -> list[tuple[int, int]]:
        model = variant.build(schema, latent_dim, Mlp((8,))).model
        assert isinstance(model, Quantised)
        assert isinstance(model.codec, Maps)
        return [(c.symbols, c.latent_dim) for c in model.codec.codecs]

    assert [widths(Vq(), d) for d in (1, 4, 6, 7, 32)] == [[(1, 1)], [(4, 4)], [(6, 6)], [(7, 7)], [(8, 32)]]
    assert widths(Vq(width=2), 6) == [(3, 6)]
    assert widths(Vq(hierarchical=True), 32) == [(2, 8), (6, 24)]
    for variant, words in (
        (Vq(width=4), "must be a divisor of latent_dim=6"),
        (Vq(width=6, hierarchical=True), "latent_dim must be at least 12"),
    ):
        with pytest.raises(InputError, match=words):
            variant.build(schema, 6, Mlp((8,)))


def test_options_and_a_codebook_larger_than_the_data_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"codes must be at most the number of training rows \(66\), got 512: give codes=16"
    ):
        VAE(Vq(codes=512), latent_dim=4, epochs=1).fit(X[:100])
    for options, words in (
        ({"quantiser": "scaler"}, "'scaler' is not known"),
        ({"quantiser": "scalar", "levels": 2}, "use quantiser='codebook'"),
        ({"codes": 1}, "at least 2"),
        ({"decay": 1.0}, "below 1, got 1.0"),
    ):
        with pytest.raises(InputError, match=words):
            Vq(**options)
