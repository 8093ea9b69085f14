"""Pictures of any size by a model of patches: the four answers, their forms, and what is refused."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images

from quintet import VAE, Patchwork, cut_patches
from quintet.errors import FileRefused, InputError, QuintetWarning
from quintet.estimators._input.holdout import split_rows
from quintet.estimators._patchwork.detect import combined
from quintet.estimators._patchwork.impute import impute_picture
from tests.shared import Shared, measured_on_few

TINY = {"latent_dim": 6, "network": {"kind": "mlp", "hidden": (64,)}, "epochs": 12, "training": {"batch_size": 64}}


@pytest.fixture(scope="module")
def flower() -> np.ndarray:
    """Part of a photograph that scikit-learn ships, at a quarter of its size, (90, 160, 3) of uint8."""
    picture = load_sample_images().images[1]
    return picture[32:392].reshape(90, 4, 160, 4, 3).mean((1, 3)).round().astype(np.uint8)


@pytest.fixture(scope="module")
def patchwork(flower: np.ndarray, shared: Shared) -> Patchwork:
    def fit() -> VAE:
        rows, groups = cut_patches([flower[:, :80]], 8, 1500, return_groups=True)
        with warnings.catch_warnings(), measured_on_few():
            warnings.simplefilter("ignore", QuintetWarning)
            return VAE(**TINY).fit(rows, groups=groups)

    return Patchwork(shared("patchwork-flower", fit))


@pytest.mark.parametrize("shape", [(8, 8), (16, 24), (33, 29), (8, 41)], ids=str)
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4"])
def test_compressed_pictures_come_back_bit_for_bit(
    patchwork: Patchwork, flower: np.ndarray, shape: tuple[int, int], dtype: str
) -> None:
    picture = flower[20 : 20 + shape[0], 80 : 80 + shape[1]].astype(dtype)
    blob = patchwork.compress([picture], effort="low")
    back = patchwork.decompress(blob)
    assert isinstance(back, list)
    assert back[0].dtype == picture.dtype
    assert np.array_equal(back[0], picture)


def test_a_list_of_sizes_a_stack_and_noise_come_back_too(patchwork: Patchwork, flower: np.ndarray) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (19, 23, 3)).astype(np.uint8)
    several = [flower[:17, 80:], noise, np.zeros((8, 9, 3), np.uint8), flower[3:60, 83:99]]
    back = patchwork.decompress(patchwork.compress(several, effort="low"))
    assert [p.shape for p in back] == [p.shape for p in several]
    assert all(np.array_equal(a, b) for a, b in zip(back, several, strict=True))
    stack = np.stack([flower[:21, 80:95], flower[30:51, 80:95]])
    back = patchwork.decompress(patchwork.compress(stack, effort="low"))
    assert isinstance(back, np.ndarray)
    assert np.array_equal(back, stack)
    blob = patchwork.compress([noise], effort="low")
    assert len(blob) < noise.size + 64, "what no model shortens is stored"


def test_every_way_through_the_file_is_taken(
    patchwork: Patchwork, flower: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quintet.estimators._patchwork import coding

    pictures = [flower[:43, 80:107], flower[:16, :8], flower[:9, :40]]
    sizes = {"packed": lambda parts: b"", "never": lambda parts: bytes(10**6)}
    monkeypatch.setattr(coding, "TILES", 4)  # several blobs
    plain = coding.packed_pixels
    for name, edges in (("edges by the model", sizes["never"]), ("edges packed", plain)):
        calls = iter([edges, sizes["never"]])  # first the edges, then whole pictures
        monkeypatch.setattr(coding, "packed_pixels", lambda parts, calls=calls: next(calls)(parts))
        back = patchwork.decompress(patchwork.compress(pictures, effort="low"))
        assert all(np.array_equal(a, b) for a, b in zip(back, pictures, strict=True)), name


def test_a_compressed_file_is_refused_when_any_byte_is_altered(patchwork: Patchwork, flower: np.ndarray) -> None:
    blob = patchwork.compress([flower[:18, 80:99]], effort="low")
    for place in range(0, len(blob), max(1, len(blob) // 40)):
        bad = bytearray(blob)
        bad[place] ^= 1
        with pytest.raises(FileRefused):
            patchwork.decompress(bytes(bad))
    with pytest.raises(FileRefused, match="damaged or cut short"):
        patchwork.decompress(blob[:-3])
    rows = patchwork.vae.compress(flower[None, :8, :8])
    with pytest.raises(FileRefused, match=r"VAE\.decompress"):
        patchwork.decompress(rows)


@pytest.mark.parametrize(
    ("kind", "rate", "width"), [("replacement", 0.3, 20), ("salt_pepper", 0.3, 20), ("normal", 0.15, 12)]
)
def test_denoising_finds_the_noise_over_the_picture_and_helps(
    patchwork: Patchwork, flower: np.ndarray, kind: str, rate: float, width: int
) -> None:
    clean, rng = flower[:16, 80 : 80 + width], np.random.default_rng(0)
    if kind == "normal":
        noisy = np.clip(np.rint(clean + rng.normal(0, 255 * rate, clean.shape)), 0, 255).astype(np.uint8)
    else:
        values = rng.integers(0, 256, clean.shape)
        values = values if kind == "replacement" else 255 * (values > 127)
        noisy = np.where(rng.random(clean.shape) < rate, values, clean).astype(np.uint8)
    (found,), (noise,) = patchwork.denoise([noisy], return_report=True, effort="low", batch_rows=16)
    assert noise.kind == kind
    assert noise.rate == pytest.approx(rate, abs=0.3)
    assert found.dtype == noisy.dtype
    assert error(found, clean) < 0.6 * error(noisy, clean)


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.square(a.astype(float) - b).mean())


def test_a_blended_picture_steps_no_more_at_tile_borders_than_elsewhere(
    patchwork: Patchwork, flower: np.ndarray
) -> None:
    picture = flower[:64, 80:144]
    missing = np.random.default_rng(0).random(picture.shape[:2]) < 0.7
    wide = np.broadcast_to(missing[..., None], picture.shape)
    at = {
        overlap: border_steps(impute_picture(patchwork.vae, picture, wide, overlap, effort="low")[None])
        for overlap in (0.0, 0.5)
    }
    assert at[0.5] < 1.05
    assert border_steps(patchwork.impute(picture[None], mask=missing, effort="low")) < 1.05
    assert at[0.0] > 1.3, "without overlap the test sees the seams"


def border_steps(pictures: np.ndarray, size: int = 8) -> float:
    """The mean step between columns at borders of tiles over that elsewhere, (n, height, width, channels)."""
    step = np.abs(np.diff(pictures.astype(float), axis=2)).mean((0, 1, 3))
    border = np.arange(size - 1, len(step), size)
    return float(step[border].mean() / np.delete(step, border).mean())


def test_imputing_keeps_what_is_there_and_fills_the_rest(patchwork: Patchwork, flower: np.ndarray) -> None:
    picture = flower[:40, 80:120]
    missing = np.random.default_rng(0).random(picture.shape[:2]) < 0.5
    (filled,) = patchwork.impute([picture], mask=missing, effort="low")
    assert np.array_equal(filled[~missing], picture[~missing])
    mean = np.broadcast_to(picture[~missing].mean(0), picture.shape)
    assert error(filled[missing], picture[missing]) < 0.5 * error(mean[missing], picture[missing])
    (same,) = patchwork.impute([picture], mask=np.zeros_like(missing))
    assert np.array_equal(same, picture)


class Rim:
    """Stands in for a model: the mean of the cells that are there, and the patches of its calls."""

    def __init__(self, schema: Any) -> None:
        self.schema_, self.least = schema, 1.0

    def impute(self, X: np.ndarray, mask: np.ndarray) -> np.ndarray:
        self.least = min(self.least, float((~mask).reshape(len(X), -1).mean(1).min()))
        there = np.where(mask, np.nan, X.astype(float))
        means = np.nanmean(there.reshape(len(X), -1), axis=1).reshape(-1, 1, 1, 1)
        return np.where(mask, means, X)


def test_whole_pictures_are_refined_where_there_is_noise(
    patchwork: Patchwork, flower: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = flower[:24, 80:104]
    noisy = np.clip(picture + np.random.default_rng(1).normal(0, 20, picture.shape), 0, 255).round().astype(np.uint8)
    fitted = patchwork.vae.fitted_
    answers = []
    for rounds in (0.0, 2.0):
        trial = replace(fitted.artifacts.denoising_trial, rounds=torch.full((3, 2), rounds))
        monkeypatch.setattr(fitted, "artifacts", replace(fitted.artifacts, denoising_trial=trial))
        assert np.array_equal(patchwork.denoise([picture], "normal", rate=0.0)[0], picture)
        answers.append(patchwork.denoise([noisy], "normal", rate=20 / 255)[0])
    assert not np.array_equal(*answers)


def test_a_hole_larger_than_a_patch_is_filled_from_its_rim(patchwork: Patchwork) -> None:
    model = Rim(patchwork.vae.schema_)
    picture = np.broadcast_to(np.linspace(40, 200, 48)[:, None, None], (48, 48, 3)).round().astype(np.uint8)
    missing = np.zeros(picture.shape, bool)
    missing[10:38, 10:38] = True
    filled = impute_picture(model, np.where(missing, 0, picture).astype(np.uint8), missing, 0.5)
    assert model.least >= 0.25, "patches that see little wait"
    assert np.array_equal(filled[~missing], picture[~missing])
    by_row = filled[10:38, 20:28].astype(float).mean((1, 2))
    assert (np.diff(by_row) >= -2).all(), "each side goes on from its own rim"
    assert np.abs(by_row - picture[10:38].mean((1, 2))).max() < 45


def test_a_picture_that_misses_every_cell_is_filled(patchwork: Patchwork) -> None:
    with pytest.warns(QuintetWarning, match="No cell is observed"):
        (whole,) = patchwork.impute([np.zeros((9, 12, 3), np.uint8)], mask=np.ones((9, 12), bool), effort="low")
    assert whole.shape == (9, 12, 3)
    assert whole.any()


def test_detecting_finds_a_strange_part_and_where_it_is(patchwork: Patchwork, flower: np.ndarray) -> None:
    normal = flower[:48, 80:128]
    strange = normal.copy()
    strange[16:32, 20:36] = np.random.default_rng(0).integers(0, 256, (16, 16, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = patchwork.detect([normal, strange])
    assert found.scores[1] > found.scores[0]
    assert found.p_values[1] < found.p_values[0]
    pasted = np.zeros(strange.shape[:2], bool)
    pasted[16:32, 20:36] = True
    for heat in (found.where[1], found.heat[1]):
        assert heat.shape == strange.shape[:2]
        assert heat[pasted].mean() > 2 * heat[~pasted].mean()
    stack = patchwork.detect(np.stack([normal, strange]))
    assert stack.where.shape == (2, 48, 48)
    assert np.array_equal(stack.where[1], found.where[1])


def test_few_patches_at_a_time_give_the_same_answer(
    patchwork: Patchwork, flower: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = flower[20:45, 80:111]
    whole = patchwork.detect([picture])
    monkeypatch.setattr("quintet.estimators._patchwork.input.AT_ONCE", 7)
    parted = patchwork.detect([picture])
    assert np.array_equal(parted.scores, whole.scores)
    assert np.array_equal(parted.p_values, whole.p_values)
    assert np.array_equal(parted.where[0], whole.where[0])


def test_p_values_among_normal_pictures_are_ranks(patchwork: Patchwork, flower: np.ndarray) -> None:
    queries, normal = flower[20:52, 80:144].reshape(2, 16, 64, 3), flower[52:84, 80:144].reshape(2, 16, 64, 3)
    found = patchwork.detect(list(queries), normal=normal, fdr=0.5)
    usual = patchwork.detect(normal).scores
    ranks = [(1 + (usual >= score).sum()) / 3 for score in found.scores]
    assert found.p_values.tolist() == ranks


def test_a_combined_p_value_is_valid_whatever_the_dependence() -> None:
    rng, n, draws = np.random.default_rng(0), 60, 4000
    together = np.repeat(rng.random((draws, 6)), 10, axis=1)  # groups of equal p-values
    apart = rng.random((draws, n))
    for p in (together, apart, np.stack([worst_case(n, 0.05, rng) for _ in range(draws)])):
        found = np.array([combined(row) for row in p])
        for level in (0.05, 0.2):
            assert (found <= level).mean() <= level + 3 * np.sqrt(level / draws)
    assert combined(np.full(n, 1e-6)) < 1e-4
    few = np.concatenate([np.full(6, 1e-4), rng.random(n - 6)])
    assert combined(few) < 0.05


def worst_case(n: int, level: float, rng: np.random.Generator) -> np.ndarray:
    """n p-values, each uniform, that together reach level k / n in k of them as often as can be."""
    p = rng.uniform(level, 1, n)
    chances = level / np.arange(1, n + 1)
    k = rng.choice(n + 1, p=[1 - chances.sum(), *chances])
    p[rng.permutation(n)[:k]] = rng.uniform(level * (k - 1) / n, level * k / n, k)
    return p


def test_rows_of_one_group_are_held_out_together(flower: np.ndarray) -> None:
    from quintet.data.dataset import Rows
    from quintet.data.schema import Schema

    X = np.arange(300, dtype=np.float32)[:, None]
    groups = np.arange(300) % 20
    rows = Rows.of(X, Schema.infer(X, kind="count"))
    parts = split_rows(rows, 0, 0.1, 0.1, groups)
    numbers = [part.values[:, 0].long() for part in (parts.train, parts.calibration, parts.validation) if part]
    own = [set(groups[part.numpy()].tolist()) for part in numbers]
    assert [len(part) for part in numbers] == [225, 60, 15]
    assert not own[0] & own[1]
    assert not own[0] & own[2]
    assert not own[1] & own[2]
    single = split_rows(rows, 0, 0.1, 0.0, np.zeros(300))
    assert single.held_out == 0
    with pytest.raises(InputError, match="groups must have shape"):
        split_rows(rows, 0, 0.1, 0.0, groups[:5])


@pytest.mark.parametrize("question", ["compress", "denoise", "impute", "detect"])
@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (np.zeros((7, 20, 3), np.uint8), "20×7 pixels, fewer than this model's patches of 8×8"),
        (np.zeros((20, 20), np.uint8), "convert it"),
        (np.zeros((20, 20, 1), np.uint8), "has 1 channels, this model's patches have 3"),
    ],
    ids=["small", "grey", "one channel"],
)
def test_pictures_that_do_not_fit_are_refused(
    patchwork: Patchwork, question: str, picture: np.ndarray, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        getattr(patchwork, question)([picture])


@pytest.mark.parametrize("question", ["compress", "denoise", "impute", "detect"])
def test_rows_of_another_size_name_the_cure(patchwork: Patchwork, flower: np.ndarray, question: str) -> None:
    with pytest.raises(InputError, match="Patchwork"):
        getattr(patchwork.vae, question)(flower[None, :20, :20])


def test_a_mask_that_does_not_fit_is_refused(patchwork: Patchwork, flower: np.ndarray) -> None:
    picture = flower[:20, 80:100]
    with pytest.raises(InputError, match=r"\(20, 20, 3\) or \(20, 20\), got \(3, 4\)"):
        patchwork.impute([picture], mask=[np.zeros((3, 4), bool)])
    with pytest.raises(InputError, match="one for each of 1 pictures, got 2"):
        patchwork.impute([picture], mask=[np.zeros((20, 20), bool)] * 2)
    with pytest.raises(InputError, match="name the kind that has this rate"):
        patchwork.denoise([picture], rate=0.1)
