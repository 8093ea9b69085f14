"""Wiener filters of similar patches: against the formula patch by patch, and what they leave alone."""

import numpy as np
import pytest
import torch

from quintet.inference.similar_patches import KNOWN, MISSING, Groups, groups_for, has_similar_patches, refined


def image(channels, height, width, seed=0):
    rng = np.random.default_rng(seed)
    down, along = np.mgrid[:height, :width]
    waves = [np.sin(0.7 * down + k) + np.cos(0.9 * along - k) for k in range(channels)]
    return torch.from_numpy((127 + 50 * np.stack(waves) + rng.normal(0, 2, (channels, height, width))).astype("f4"))


def by_the_formula(x, estimate, variance, groups: Groups):
    """The same in loops and float64, for an image of one block."""
    x, estimate, variance = (a.double().numpy() for a in (x, estimate, variance))
    channels, height, width = x.shape
    axes = np.eye(channels)
    if groups.apart:
        cells = estimate.reshape(channels, -1)
        axes = np.linalg.eigh(np.atleast_2d(np.cov(cells)))[1].T
    x, estimate = np.einsum("kc,chw->khw", axes, x), np.einsum("kc,chw->khw", axes, estimate)
    side = groups.side
    tops, lefts = range(height - side + 1), range(width - side + 1)
    corners = [(top, left) for top in tops for left in lefts]

    def patch(a, corner):
        top, left = corner
        return a[:, top : top + side, left : left + side]

    uniform = (variance == variance.flat[0]).all()
    total, count = np.zeros_like(x), np.zeros((height, width))
    for top in sorted({*tops[::2], tops[-1]}):
        for left in sorted({*lefts[::2], lefts[-1]}):
            own = patch(estimate, (top, left))
            near = sorted(corners, key=lambda c, own=own: ((patch(estimate, c) - own) ** 2).sum())[: groups.size]
            for corner in near if uniform else near[:4]:
                parts = [[k] for k in range(channels)] if groups.apart else [list(range(channels))]
                for part in parts:
                    group = np.array([patch(estimate, c)[part].ravel() for c in near])
                    s, mean = np.atleast_2d(np.cov(group.T)), group.mean(0)
                    noise = np.diag(patch(variance, corner)[part].ravel()) + 3e-5 * s.trace() / len(s) * np.eye(len(s))
                    y = patch(x, corner)[part].ravel()
                    clean = mean + s @ np.linalg.solve(s + noise, y - mean)
                    patch(total, corner)[part] += clean.reshape(len(part), side, side)
                top0, left0 = corner
                count[top0 : top0 + side, left0 : left0 + side] += 1
    return np.einsum("kc,khw->chw", axes, total / count)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("what", ["noise", "pixels", "cells"])
def test_formula(channels, what):
    clean = image(channels, 12, 11)
    rng = torch.Generator().manual_seed(1)
    x = clean + 10 * torch.randn(clean.shape, generator=rng)
    hidden = torch.rand((1 if what == "pixels" else channels, 12, 11), generator=rng) < 0.4
    variance = torch.full_like(clean, 100.0)
    if what != "noise":
        variance = torch.where(hidden.expand_as(clean), MISSING, KNOWN)
    expected = by_the_formula(x, clean, variance, groups_for(variance))
    np.testing.assert_allclose(refined(x, clean, variance).numpy(), expected, atol=0.05)


def test_groups_by_variances():
    uniform = torch.full((3, 32, 32), 50.0)
    pixels = torch.where(torch.rand(1, 32, 32) < 0.5, MISSING, KNOWN).expand(3, 32, 32)
    cells = torch.where(torch.rand(3, 32, 32) < 0.5, MISSING, KNOWN)
    assert [groups_for(v).apart for v in (uniform, pixels, cells)] == [True, True, False]
    assert groups_for(torch.ones(1, 6, 6)).side == 2  # 25 patches


def test_noise_becomes_less_and_missing_cells_nearer():
    clean = image(3, 32, 32)
    noisy = clean + 15 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    blurred = torch.nn.functional.avg_pool2d(noisy[None], 3, 1, 1, count_include_pad=False)[0]
    found = refined(noisy, blurred, torch.full_like(clean, 225.0))
    assert (found - clean).square().mean() < 0.6 * (blurred - clean).square().mean()


def test_large_images_have_blocks_and_small_ones_nothing_to_compare():
    clean = image(1, 70, 41)
    found = refined(clean, clean, torch.full_like(clean, 4.0))
    assert (found - clean).abs().max() < 5
    corner = refined(clean[:, :32, :32], clean[:, :32, :32], torch.full((1, 32, 32), 4.0))
    assert torch.equal(found[:, :24, :8], corner[:, :24, :8])  # pixels of one block alone
    assert has_similar_patches(6, 6)
    assert not has_similar_patches(5, 5)
    assert not has_similar_patches(2, 500)


@pytest.mark.parametrize("size", [1e3, 1e6])
@pytest.mark.parametrize("variance", [KNOWN, 100.0, None])
def test_pixels_far_beyond_the_usual_range(size, variance):
    wild = image(2, 16, 16)
    wild[0, 3, 4], wild[1, 8] = size, -size
    hidden = torch.rand((2, 16, 16), generator=torch.Generator().manual_seed(3)) < 0.3
    noise = torch.where(hidden, MISSING, KNOWN) if variance is None else torch.full_like(wild, variance)
    assert refined(wild, wild, noise).isfinite().all()
