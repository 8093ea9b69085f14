"""Compact models: the file restores the model that answers to the last bit, in a byte for each weight of a matrix."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quintet import VAE, load, storage
from quintet.errors import FileRefused, Unanswerable
from quintet.estimators._file.eight_bits import POWERS, narrowed, rounded, widened
from quintet.estimators.building import weights_of
from quintet.models.recipe import Recipe

NUMBERS = st.floats(-1e9, 1e9, width=32)


def table(n: int = 120) -> pd.DataFrame:
    """Numbers, whole numbers and levels, with missing cells."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 70, n).astype(float)
    age[::9] = np.nan
    return pd.DataFrame({"age": age, "pay": rng.normal(size=n).round(2), "job": rng.choice(["cook", "nurse"], n)})


@pytest.fixture(scope="module")
def fitted() -> VAE:
    return VAE(preset="small", epochs=2, random_state=0).fit(table())


@pytest.fixture
def restored(fitted: VAE, tmp_path: Path) -> VAE:
    fitted.save(tmp_path / "small")
    return load(tmp_path / "small")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=5))
@example([[0.0, 0.0, 2.65e-42]])
def test_rounded_weights_are_stored_in_a_byte_each(rows: list[list[float]]) -> None:
    weight = torch.tensor(rows, dtype=torch.float32)
    found = rounded(weight)
    most = weight.abs().amax(1, keepdim=True)
    assert bool(((found - weight).abs() <= (most / 127).clamp(min=2.0**-101)).all()), "half a step of 2^-100 at least"
    kept = {"a": found, "b": torch.stack([found, -found]) + 0.0, "bias": weight[0], "order": torch.arange(3)}
    stored = narrowed(kept)
    assert stored["a"].dtype == torch.int8
    assert stored["bias"] is kept["bias"]
    back = widened(stored, "file")
    assert back.keys() == kept.keys()
    for name, tensor in kept.items():
        assert back[name].dtype == tensor.dtype
        assert back[name].numpy().tobytes() == tensor.numpy().tobytes(), "to the sign of zero"


def test_weights_that_eight_bits_do_not_hold_stay_as_they_are() -> None:
    tensors = {"a": torch.randn(4, 5, generator=torch.Generator().manual_seed(0)), "zero": torch.tensor([[-0.0, 1.0]])}
    stored = narrowed(tensors)
    assert all(stored[name] is tensor for name, tensor in tensors.items())
    assert widened(tensors, "file") == tensors


@pytest.mark.parametrize(
    "powers", [None, torch.zeros(3, dtype=torch.int8), torch.zeros(2), torch.zeros(2, 1, dtype=torch.int8)]
)
def test_bytes_without_their_scales_are_refused(powers: torch.Tensor | None) -> None:
    stored = {"a": torch.ones(2, 2, dtype=torch.int8)} | ({} if powers is None else {POWERS: powers})
    with pytest.raises(FileRefused, match="without their scales"):
        widened(stored, "file")


def test_the_file_restores_every_weight_and_every_code(fitted: VAE, restored: VAE) -> None:
    before, after = (weights_of(Recipe(v.fitted_.model, (), v.fitted_.guide)) for v in (fitted, restored))
    assert all(before[name].numpy().tobytes() == after[name].numpy().tobytes() for name in before | after)
    blob = fitted.compress(table())
    assert restored.compress(table()) == blob
    pd.testing.assert_frame_equal(restored.decompress(blob), table())
    pd.testing.assert_frame_equal(restored.generate(3), fitted.generate(3))


def test_a_weight_takes_a_byte_and_nothing_is_kept_of_the_rows(fitted: VAE, tmp_path: Path) -> None:
    fitted.save(tmp_path / "small")
    stored, header = storage.load(tmp_path / "small")
    parameters = list(fitted.fitted_.model.parameters())
    matrices = [tensor for tensor in parameters if tensor.ndim >= 2]
    vectors = [tensor for tensor in parameters if tensor.ndim < 2]
    buffers = list(fitted.fitted_.model.buffers())
    held = sum(tensor.numel() * tensor.element_size() for tensor in stored.values())
    bound = sum(t.numel() + len(t) for t in matrices) + sum(t.numel() * t.element_size() for t in vectors + buffers)
    assert held <= bound
    assert not any(name.startswith(("reference.", "guide.")) for name in stored)
    longer = VAE(preset="small", epochs=6, random_state=0).fit(table(240))
    longer.save(tmp_path / "longer")
    more = storage.load(tmp_path / "longer")[0]
    tokens = [vae.fitted_.model.context.tokens.total for vae in (fitted, longer)]
    knots = [vae.fitted_.model.context.inputs.knots.weight.numel() for vae in (fitted, longer)]
    each = 2 * (40 + 1) + 1  # an embedding and an output of 40 weights and a scale each, and an offset
    added = (tokens[1] - tokens[0]) * each + knots[1] - knots[0]
    numbers = [sum(t.numel() for t in file.values()) for file in (stored, more)]
    assert numbers[1] == numbers[0] + added, "rows and epochs add intervals and knots alone"
    assert header["history"]["rows"] == []


@pytest.mark.parametrize(
    ("ask", "needed"),
    [
        (lambda vae: vae.impute(table()), "impute"),
        (lambda vae: vae.denoise(table()), "denoise"),
        (lambda vae: vae.detect(table()), "detect"),
        (lambda vae: vae.drift(table()), "drift"),
    ],
)
def test_what_it_cannot_answer_it_says(fitted: VAE, restored: VAE, ask: Callable[[VAE], Any], needed: str) -> None:
    for vae in (fitted, restored):
        with pytest.raises(Unanswerable, match=rf"{needed}.* preset='fast' or 'best'"):
            ask(vae)
    assert any("impute, denoise, detect and drift are not answered" in note for note in fitted.notes_)


@pytest.mark.parametrize("compact", [False, None])
def test_a_file_without_its_mark_is_refused(fitted: VAE, tmp_path: Path, compact: bool | None) -> None:
    fitted.save(tmp_path / "small")
    tensors, header = storage.load(tmp_path / "small")
    options = {name: value for name, value in header["options"].items() if name != "compact"}
    header["options"] = options | ({} if compact is None else {"compact": compact})
    storage.save(tmp_path / "altered", tensors, header)
    with pytest.raises(FileRefused, match="do not fit its own description"):
        load(tmp_path / "altered")


def test_training_that_continues_stays_compact(restored: VAE, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="does not say which rows trained it"):
        restored.fit(table(), continue_training=True)
    restored.save(tmp_path / "again")
    assert load(tmp_path / "again").fitted_.fingerprint == restored.fitted_.fingerprint


def test_images_have_compact_models_too(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 16, (40, 8, 8)).astype("uint8")
    vae = VAE(preset="small", network="conv", epochs=1, random_state=0).fit(images)
    vae.save(tmp_path / "small")
    assert np.array_equal(load(tmp_path / "small").decompress(vae.compress(images)), images)
