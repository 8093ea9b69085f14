"""Augmentation moves whole pixels of training batches, and their masks and condition images along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from quintet import VAE, load
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.data.shared_units import has_shared_units, with_shared_units
from quintet.errors import InputError
from quintet.noise import Noise
from quintet.training import Training, fit
from quintet.training.augmentation import DRAWS, augmented, source_pixels
from quintet.training.options import AUGMENTATIONS
from tests.shared import hardly_measured, uncrossed, unguided
from tests.training import tiny

HIGH, WIDE, MANY = 16, 24, 400


def numbered(n: int = MANY, channels: int = 2) -> Tensor:
    """Images in which every pixel of every channel has a number of its own, alike in all rows."""
    return torch.arange(channels * HIGH * WIDE, dtype=torch.float32).reshape(1, channels, HIGH, WIDE).repeat(n, 1, 1, 1)


def moved(*names: str, x: Tensor | None = None) -> Tensor:
    x = numbered() if x is None else x
    return augmented(Batch(x, torch.ones((), dtype=torch.bool).expand(x.shape)), names, Noise(3)).x


@pytest.mark.parametrize(("name", "axis"), [("flip", 3), ("flip_vertical", 2)])
def test_a_flip_is_a_flip_of_half_of_the_rows(name: str, axis: int) -> None:
    x, found = numbered(), moved(name)
    flipped = (found == x.flip(axis)).flatten(1).all(1)
    assert (flipped ^ (found == x).flatten(1).all(1)).all()
    assert 0.4 < flipped.float().mean() < 0.6


def test_both_flips_are_independent() -> None:
    x, found = numbered(), moved("flip", "flip_vertical")
    both = (found == x.flip(2, 3)).flatten(1).all(1).float().mean()
    assert 0.18 < both < 0.32


def test_a_shift_moves_the_image_by_up_to_an_eighth_and_mirrors_it_at_the_edge() -> None:
    x, seen = numbered(), set()
    mirrored = torch.nn.functional.pad(x[:1], (3, 3, 2, 2), mode="reflect")[0]
    for row in moved("shift"):
        at = [
            (down, right)
            for down in range(5)
            for right in range(7)
            if torch.equal(mirrored[:, down : down + HIGH, right : right + WIDE], row)
        ]
        assert len(at) == 1
        seen.add(at[0])
    assert len(seen) == 5 * 7, "every shift is drawn"


def test_a_crop_is_a_part_of_the_image_enlarged_alike_in_both_directions() -> None:
    sizes = set()
    for row in moved("crop")[:, 0]:
        down, right = (row[:, 0] // WIDE).long(), (row[0] % WIDE).long()
        assert torch.equal(row, down[:, None] * WIDE + right.float())
        for place, side in ((down, HIGH), (right, WIDE)):
            steps = place.diff()
            assert set(steps.tolist()) <= {0, 1}
            assert side * 3 // 4 <= place[-1] - place[0] + 1 <= side
        sizes.add((int(down[-1] - down[0] + 1), int(right[-1] - right[0] + 1)))
    assert {high for high, _ in sizes} == set(range(12, 17))
    assert all(abs(high / HIGH - wide / WIDE) < 0.11 for high, wide in sizes)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (40, 33)])
def test_pixels_come_from_within_images_of_any_size(size: tuple[int, int]) -> None:
    draws = torch.cat([torch.zeros(1, DRAWS), torch.full((1, DRAWS), 1 - 2**-24), torch.rand(500, DRAWS)])
    for places, side in zip(source_pixels(AUGMENTATIONS, *size, draws), size, strict=True):
        assert places.shape == (502, side)
        assert places.min() >= 0
        assert places.max() < side


def test_masks_and_condition_images_move_along_and_labels_and_weights_stay() -> None:
    x = numbered(channels=1)
    observed = x % 7 > 2
    images = torch.stack([x[:, 0], -x[:, 0]], dim=-1)  # (batch, height, width, channels)
    weight, labels = torch.rand(MANY), torch.rand(MANY, 3)
    batch = Batch(x, observed, images.flatten(1), weight)
    found = augmented(batch, AUGMENTATIONS, Noise(0), (HIGH, WIDE, 2))
    assert not torch.equal(found.x, x)
    assert torch.equal(found.observed, found.x % 7 > 2)
    again = found.condition.reshape(MANY, HIGH, WIDE, 2)
    assert torch.equal(again[..., 0], found.x[:, 0])
    assert torch.equal(again[..., 1], -found.x[:, 0])
    assert found.weight is weight
    labelled = augmented(Batch(x, observed, labels), AUGMENTATIONS, Noise(0))
    assert labelled.condition is labels
    assert torch.equal(labelled.x, found.x)


def test_the_same_noise_gives_the_same_batch_and_another_gives_another() -> None:
    assert torch.equal(moved(*AUGMENTATIONS), moved(*AUGMENTATIONS))
    other = augmented(Batch(numbered(), torch.ones(1, dtype=torch.bool)[0].expand(1)), AUGMENTATIONS, Noise(4))
    assert not torch.equal(moved(*AUGMENTATIONS), other.x)


def images(n: int = 60, dtype: str = "uint8") -> np.ndarray:
    """Noise that grows from left to right, so that a flip is seen in the means; the last column is constant."""
    found = np.random.default_rng(0).integers(0, 200, (n, 8, 8)) * np.arange(8) // 8
    found[..., -1] = 9
    return (found * (100 if dtype == "uint16" else 1)).astype(dtype)


def small(**options: object) -> VAE:
    return VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=6, **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quick() -> object:
    with hardly_measured(), uncrossed(), unguided():
        yield


def states(vae: VAE) -> dict[str, Tensor]:
    return {name: t.clone() for name, t in vae.fitted_.model.state_dict().items()}


def test_a_fit_without_augmentation_is_what_it_was_and_one_with_it_another() -> None:
    x = images()
    plain, none, flipped, again = (
        states(small(training=training).fit(x))
        for training in (None, {"augmentation": ()}, {"augmentation": ("flip",)}, {"augmentation": ["flip"]})
    )
    assert tiny.equal(plain, none)
    assert tiny.equal(flipped, again)
    assert not tiny.equal(plain, flipped)


def test_only_training_batches_are_transformed(monkeypatch: pytest.MonkeyPatch) -> None:
    from quintet.training import stage_run

    calls = []
    monkeypatch.setattr(stage_run, "augmented", lambda batch, *rest: calls.append(len(batch)) or batch)
    vae = small(training={"augmentation": ("flip",), "validation": 0.2}, calibration=0.2)
    vae.fit(images(120))
    trained = 120 - vae.held_out_
    assert sum(calls) == 6 * (trained - round(0.2 * trained))


def test_steps_and_groups_of_a_step_see_the_batch_that_their_place_says() -> None:
    """Resumed training repeats it: the draws depend on seed, stage and step alone."""
    schema = Schema.infer(images())
    rows, plan = Rows.of(images(), schema), Training(epochs=2, batch_size=16, augmentation=AUGMENTATIONS)
    one, two = tiny.recipe_for(schema), tiny.recipe_for(schema)
    for recipe in (one, two):
        fit(recipe, rows, None, plan, 7, device="cpu")
    assert tiny.equal(tiny.weights_of(one), tiny.weights_of(two))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pixels_share_their_units_and_none_is_constant(dtype: str, tmp_path: Path) -> None:
    x = images(dtype=dtype)
    vae = small(training={"augmentation": ("flip", "shift")}).fit(x)
    assert not vae.schema_.constant
    assert has_shared_units(vae.schema_)
    if dtype == "uint16":
        assert vae.schema_.loc[0] == pytest.approx(x.mean())
        assert vae.schema_.scale[0] == pytest.approx(x.std())
    vae.save(tmp_path / "m.safetensors")
    loaded = load(tmp_path / "m.safetensors")
    assert loaded.training == {"augmentation": ["flip", "shift"]}
    assert np.array_equal(loaded.decompress(loaded.compress(x[:5])), x[:5])
    loaded.fit(x, continue_training=True)
    assert not loaded.schema_.constant


def test_shared_units_of_channels_are_their_own() -> None:
    x = np.random.default_rng(0).normal((0, 10), (1, 5), (200, 6, 5, 2))
    schema = Schema.infer(x)
    assert not has_shared_units(schema)
    shared = with_shared_units(schema)
    assert has_shared_units(shared)
    assert np.array(shared.loc).reshape(6, 5, 2)[0, 0] == pytest.approx(x.mean((0, 1, 2)))
    assert np.array(shared.scale).reshape(6, 5, 2)[3, 2] == pytest.approx(x.std((0, 1, 2)))
    flat = with_shared_units(Schema.infer(np.full((20, 4, 4), 700.0)))
    assert flat.scale == (1.0,) * 16


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: small(training={"augmentation": ("flip",)}).fit(np.zeros((60, 5)) + np.arange(5)), "rows that are"),
        (lambda: small(training={"augmentation": ("turn",)}).fit(images()), "'flip', 'flip_vertical', 'shift' or"),
        (lambda: small(training={"augmentation": "flip"}).fit(images()), "must be a sequence"),
        (lambda: Training(augmentation=("flip", "turn")), "'crop'"),
        (
            lambda: small(variant="cvae", training={"augmentation": ("flip",)}).fit(images(), np.zeros((60, 4, 4))),
            "condition images of the rows' size, 8×8, got 4×4",
        ),
        (
            lambda: (
                small()
                .fit(images(dtype="uint16"))
                .set_params(training={"augmentation": ("flip",)})
                .fit(images(dtype="uint16"), continue_training=True)
            ),
            "without continue_training",
        ),
    ],
    ids=["flat", "name", "text", "plan", "condition", "continued"],
)
def test_what_cannot_be_augmented_is_said_in_a_sentence(make: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()  # type: ignore[operator]


def test_condition_images_of_the_rows_size_are_transformed_with_the_rows() -> None:
    x = images()
    vae = small(variant="cvae", training={"augmentation": ("flip",)}).fit(x, 199 - x)
    assert vae.generate(3, condition=x[0]).shape == (3, 8, 8)
