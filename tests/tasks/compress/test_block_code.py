"""The lossy code of images by blocks."""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import torch

from quintet.artifacts.block_code import BlockCode
from quintet.errors import FileRefused, InputError
from quintet.models.block_code.axes import block_axes
from quintet.models.block_code.learn import learn
from quintet.models.block_code.network import GROUPS, PHASES, TwoLogistics, predicted, span, turns
from quintet.models.block_code.transform import from_blocks, lower_edge, quantised, to_blocks, upper_edge
from quintet.models.fitted import Fitted
from quintet.tasks.compress import block_code as task
from quintet.tasks.compress import compress, decompress
from tests.tasks.compress.models import fitted, model


def smooth(n: int, *shape: int) -> np.ndarray:
    """Images of a few waves, which neighbours foretell."""
    rng, (height, width, channels) = np.random.default_rng(n), shape
    row, column = np.arange(height)[:, None, None], np.arange(width)[None, :, None]
    waves = [
        np.sin(row * a + column * b + c + np.arange(channels))
        for a, b, c in rng.uniform(-0.3, 0.3, (3 * n, 3)) * (1, 1, 9)
    ]
    return (128 + 35 * np.array(waves).reshape(n, 3, height, width, channels).sum(1)).clip(0, 255).astype(np.uint8)


IMAGES = smooth(40, 21, 29, 3)
TRAINING = smooth(400, 21, 29, 3)


@cache
def code(steps: int = 100) -> BlockCode:
    """Learnt from other images of this kind."""
    return learn(torch.from_numpy(np.moveaxis(TRAINING, -1, 1)).float(), 0, steps)


@cache
def with_code() -> Fitted:
    """A model that has it."""
    f = fitted(IMAGES[:30])
    f.artifacts = replace(f.artifacts, block_code=code())
    return f


def psnr(found: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.square(found.astype(float) - IMAGES).mean()))


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 13, 21), (4, 8, 8), (2, 30, 5)])
def test_blocks_become_the_image_again(shape: tuple[int, ...]) -> None:
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    assert torch.equal(from_blocks(to_blocks(x), shape), x)


def test_cells_of_the_grid_meet_and_hold_what_is_quantised_to_them() -> None:
    k = np.arange(-5, 6)
    np.testing.assert_allclose(upper_edge(k)[:-1], lower_edge(k)[1:])
    y = torch.linspace(-9, 9, 1001)
    found = quantised(y, 2.0).numpy()
    assert (lower_edge(found) * 2 <= y.numpy() + 1e-6).all()
    assert (y.numpy() <= upper_edge(found) * 2 + 1e-6).all()


def test_mass_is_the_integral_of_the_density_and_sums_to_one() -> None:
    parts = [torch.tensor([value], dtype=torch.float64) for value in (0.7, -0.5, 0.4, 0.3)]
    given, edge = TwoLogistics(*parts), torch.linspace(-60, 60, 4001, dtype=torch.float64)
    mass = given.mass(edge[:-1], edge[1:])
    assert float(mass.sum()) == pytest.approx(1)
    middle = given.density((edge[1:] + edge[:-1]) / 2) * (edge[1] - edge[0])
    torch.testing.assert_close(middle, mass, rtol=1e-3, atol=1e-9)
    assert float(given.mass(torch.tensor(60.0), torch.tensor(61.0))) > 0, "a tail does not cancel"


def test_every_coefficient_has_one_turn_and_sees_earlier_turns_alone() -> None:
    k = quantised((to_blocks(torch.from_numpy(np.moveaxis(IMAGES[:3], -1, 1)).float()) - 128) @ code().basis, 8.0)
    step, seen = torch.full((3,), 8.0), torch.zeros_like(k)
    for group, phase in turns():
        own = torch.full((3,), phase, dtype=torch.int64)
        whole, chosen = predicted(code(), k, step, group, own)
        hidden = torch.where(seen > 0, k, torch.randn_like(k) * 9)
        again, _ = predicted(code(), hidden, step, group, own)
        assert torch.equal(whole.loc, again.loc)
        part = seen[..., span(group, k.shape[-1])]
        part[chosen] += 1
        if (group, phase) == (1, 2):
            other, _ = predicted(code(), k + (seen > 0), step, group, own)
            assert not torch.equal(whole.loc, other.loc), "earlier turns are seen"
    assert (seen == 1).all()
    assert len(list(turns())) == GROUPS * PHASES


def test_finer_steps_cost_more_and_lose_less() -> None:
    blobs = [compress(with_code(), IMAGES, lossy=step) for step in (0.05, 0.3, 1.0, 4.0)]
    assert [len(blob) for blob in blobs] == sorted(map(len, blobs), reverse=True)
    quality = [psnr(decompress(with_code(), blob)) for blob in blobs]
    assert quality == sorted(quality, reverse=True)


def test_the_error_is_that_of_the_grid() -> None:
    """A coefficient is at most .62 steps from what it decodes to, and the transform keeps lengths."""
    for step in (1 / 32, 0.2):
        error = decompress(with_code(), compress(with_code(), IMAGES, lossy=step)) - IMAGES.astype(float)
        assert np.sqrt(np.square(error).mean()) < 0.62 * step * 32 + 0.3, "and a little for the rounding of pixels"


def test_learning_saves_bits() -> None:
    f = with_code()
    untrained = copy.copy(f)
    untrained.artifacts = replace(f.artifacts, block_code=code(0))
    sizes = [len(compress(each, IMAGES, lossy=True)) for each in (f, untrained)]
    assert sizes[0] < 0.9 * sizes[1]


def test_it_is_far_ahead_of_the_latents_alone() -> None:
    alone = fitted(IMAGES[:30], steps=20)
    assert psnr(decompress(with_code(), compress(with_code(), IMAGES, lossy=True))) > 10 + psnr(
        decompress(alone, compress(alone, IMAGES, lossy=True))
    )


def test_another_machine_decodes_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden units in another order: equal in exact arithmetic alone."""
    c, order = code(), torch.randperm(len(code().b_mid), generator=torch.Generator().manual_seed(0))
    other = replace(c, w_in=c.w_in[order], b_in=c.b_in[order], w_mid=c.w_mid[order][:, order], b_mid=c.b_mid[order],
                    w_back=c.w_back[order][:, order], b_back=c.b_back[order], w_out=c.w_out[:, order])  # fmt: skip
    f = copy.copy(with_code())
    f.artifacts = replace(f.artifacts, block_code=other)
    monkeypatch.setattr(task, "_digest", lambda code: b"12345678")
    blob = compress(with_code(), IMAGES, lossy=True)
    assert compress(f, IMAGES, lossy=True) == blob
    np.testing.assert_array_equal(decompress(f, blob), decompress(with_code(), blob))


def test_images_are_coded_in_batches_and_decoded_by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decompress(with_code(), compress(with_code(), IMAGES, lossy=True))
    monkeypatch.setattr(task, "CELLS", 3 * IMAGES[0].size)
    blob = compress(with_code(), IMAGES[:8], lossy=True, block_rows=5)
    np.testing.assert_array_equal(decompress(with_code(), blob), whole[:8])
    np.testing.assert_array_equal(decompress(with_code(), blob, rows=slice(4, 7)), whole[4:7])


@pytest.mark.parametrize("X", [np.zeros((2, 21, 29, 3)), np.full((2, 21, 29, 3), 255), -7.0 * np.ones((2, 21, 29, 3))])
def test_flat_and_foreign_rows(X: np.ndarray) -> None:
    back = decompress(with_code(), compress(with_code(), X, lossy=True))
    assert np.abs(back - X.clip(0, 255)).max() < 40
    assert back.dtype == np.uint8


def test_missing_cells_are_filled_and_no_rows_stay_none() -> None:
    X = IMAGES.astype(np.float32)
    X[3, 2:5, 2:5] = np.nan
    assert decompress(with_code(), compress(with_code(), X, lossy=True)).shape == X.shape
    assert decompress(with_code(), compress(with_code(), IMAGES[:0], lossy=True)).shape == (0, 21, 29, 3)


def test_what_fits_not_is_refused() -> None:
    f, blob = with_code(), compress(with_code(), IMAGES, lossy=True)
    without, other = fitted(IMAGES[:30]), copy.copy(f)
    other.artifacts = replace(f.artifacts, block_code=code(0))
    with pytest.raises(FileRefused, match="has not learnt"):
        decompress(without, blob)
    with pytest.raises(FileRefused, match="another lossy code"):
        decompress(other, blob)
    with pytest.raises(InputError, match="a step of the lossy code from"):
        compress(f, IMAGES, lossy=100.0)
    latents = compress(without, IMAGES, lossy=True)
    np.testing.assert_array_equal(decompress(f, latents), decompress(without, latents))


def test_sizes_of_the_tensors_are_known_from_the_schema() -> None:
    shapes = {field.name: tuple(getattr(code(), field.name).shape) for field in fields(BlockCode)}
    cells, inputs, outputs = (axis[0] for axis in block_axes(with_code().schema))
    assert shapes["basis"] == (cells, cells)
    assert shapes["w_in"][1] == inputs
    assert shapes["w_out"][0] == outputs
    assert block_axes(model("real").schema) == ((0,), (0,), (0,))
