"""The promise of ``translate``: old digits come out nearer to the clean ones than they went in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE, Translator, load
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.models.recipe import LossOutput, StepContext
from quintet.models.translation.degradation import degrade
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.tasks.edit.translate import translate
from quintet.variants.translate import Translate

X = load_digits().images.astype(np.uint8)
HELD = X[1500:1700]
SMALL: dict[str, Any] = {
    "latent_dim": 10,
    "network": {"kind": "mlp", "hidden": (128,)},
    "epochs": 80,
    "calibration": 0.0,
    "training": {"batch_size": 64},
}


@pytest.fixture(scope="module")
def translator() -> Translator:
    """One that saw clean digits alone."""
    return Translator(VAE("translate", **SMALL)).fit(None, X[:800])


def worn(rows: np.ndarray, seed: int) -> np.ndarray:
    """Another wear than the built-in one: contrast more than halved, and one bright column, as real old rows."""
    rng = np.random.default_rng(seed)
    out = rows * 0.45 + 5 + 0.4 * rng.normal(size=rows.shape)
    out[np.arange(len(rows)), :, rng.integers(0, 8, len(rows))] = 13
    return np.clip(np.rint(out), 0, 16).astype(np.uint8)


def error(found: np.ndarray) -> float:
    return float(np.square(found.astype(float) - HELD).mean())


def test_the_translation_is_nearer_to_the_clean_rows_than_the_input(translator: Translator) -> None:
    old = translator.degrade(HELD, random_state=3)
    assert error(translator.transform(old)) < 0.8 * error(old)


def test_real_old_rows_draw_the_translation_to_them(translator: Translator, tmp_path: Path) -> None:
    old = worn(HELD, 1)
    before = translator.transform(old)
    translator.save(tmp_path / "t.safetensors")
    again = Translator.load(tmp_path / "t.safetensors").set_params(epochs=15)
    np.testing.assert_array_equal(again.transform(old), before)
    clean = again.vae_.transform(HELD)
    again.align(worn(X[800:1400], 0), X[:800])
    assert error(again.transform(old)) < min(0.97 * error(before), 0.6 * error(old))
    np.testing.assert_array_equal(again.vae_.transform(HELD), clean)  # the clean domain's model is as it was
    again.save(tmp_path / "aligned.safetensors")
    assert load(tmp_path / "aligned.safetensors").generate(2).shape == (2, 8, 8)


def test_pairs_and_a_function_take_the_place_of_made_ones() -> None:
    tiny = SMALL | {"epochs": 4}
    by_function = Translator(VAE("translate", **tiny), degradation=lambda rows: worn(rows, 0), epochs=2)
    by_pairs = Translator(VAE("translate", **tiny), epochs=2)
    one = by_function.fit(X[800:900], X[:100]).transform(HELD)
    two = by_pairs.fit(X[800:900], X[:100], pairs=(worn(X[:100], 0), X[:100])).transform(HELD)
    np.testing.assert_array_equal(one, two)


def test_the_adversary_weighs_as_asked_for_each_latent() -> None:
    schema = Schema.infer(X[:30])
    batch = Rows.of(X[:30], schema).batch(slice(None))

    def paid(weight: float) -> LossOutput:
        torch.manual_seed(0)
        recipe = Translate(adversary=weight).build(schema, 4, Mlp((8,)))
        (mapping,) = (stage for stage in recipe.stages if stage.name == "mapping")
        return mapping.groups[0].loss(batch, Noise(0), StepContext())

    without, with_it = paid(0.0), paid(3.0)
    torch.testing.assert_close(
        with_it.loss - without.loss, 3 * 4 * with_it.penalties["adversary"], rtol=1e-3, atol=1e-3
    )


def test_degradation_keeps_the_range_and_reads_no_other_cell() -> None:
    schema = Schema.infer(X)
    x = torch.from_numpy(X[:50, None]).float()
    made = degrade(schema, x, Noise(0))
    assert made.min() >= 0
    assert made.max() <= 16
    assert torch.equal(made, made.round())
    other = x.clone()
    other[:, :, 0, 0] = 16 - other[:, :, 0, 0]
    differs = degrade(schema, other, Noise(0)) != made
    assert not differs[:, :, 1:].any()
    assert differs[:, :, 0, 0].any()
    table = Schema.infer(np.random.default_rng(0).normal(size=(9, 3)))
    rows = torch.ones(200, 3)
    assert 0.2 < float((degrade(table, rows, Noise(0)) == 0).float().mean()) < 0.5


def test_what_makes_no_sense_is_refused(translator: Translator) -> None:
    plain = VAE(**SMALL | {"epochs": 1}).fit(X[:100])
    with pytest.raises(InputError, match="degradation='scratches' needs 8-bit images"):
        VAE(Translate(degradation="scratches")).fit(np.random.default_rng(0).normal(size=(60, 3)))
    with pytest.raises(InputError, match="vae must be of variant='translate'"):
        Translator(VAE()).fit(X[:99], X[:99])
    with pytest.raises(InputError, match="B must be rows of the second domain"):
        Translator().fit(X[:99])
    with pytest.raises(InputError, match="belong together"):
        translator.align(X[:99], X[:99], pairs=(X[:9], X[:8]))
    with pytest.raises(Unanswerable, match="cannot translate"):
        translate(plain.fitted_, translator._rows(X[:5]))
