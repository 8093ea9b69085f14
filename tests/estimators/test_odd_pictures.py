"""Pictures as people have them, asked of a model of other ones: the right answer, or one sentence with the cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quintet import VAE, Patchwork
from quintet.errors import InputError, QuintetError, QuintetWarning
from tests.cli.command import invoke
from tests.shared import hardly_measured, uncrossed, unguided

QUESTIONS = ("compress", "detect", "denoise", "impute")
X = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)


def fitted(rows: np.ndarray, **options: Any) -> VAE:
    small = {"latent_dim": 2, "network": {"kind": "mlp", "hidden": (8,)}, "epochs": 2} | options
    with hardly_measured(), uncrossed(), unguided():
        return VAE(**small).fit(rows)


@pytest.fixture(scope="module")
def vae() -> VAE:
    return fitted(X, context="none")


def asked(of: Any, question: str, pictures: Any, **options: Any) -> Any:
    if question == "compress":
        return of.decompress(of.compress(pictures, effort="low"))
    if question == "detect":
        return of.detect(pictures)
    extra = {"noise": "replacement", "rate": 0.1} if question == "denoise" else options
    return getattr(of, question)(pictures, effort="low", **extra)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 3, 3), (1, 7)], ids=str)
def test_images_smaller_than_the_window_of_a_context_decoder_are_answered(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).integers(0, 256, (60, *shape), dtype=np.uint8)
    model = fitted(x, context="grid")
    mask = np.zeros(shape[:2], bool)
    mask[0, 0] = mask.size > 1
    for question in QUESTIONS:
        answer = asked(model, question, x[:4], mask=mask)
        assert np.isfinite(answer.scores).all() if question == "detect" else answer.shape == (4, *shape)
    assert np.array_equal(asked(model, "compress", x[:4]), x[:4])


@pytest.mark.parametrize("level", [0, 255])
def test_images_of_one_level_are_learnt_and_answered(level: int) -> None:
    x = np.full((60, 8, 8), level, np.uint8)
    model = fitted(x, context="none")
    for question in QUESTIONS:
        answer = asked(model, question, x[:4], mask=np.eye(8, dtype=bool))
        assert np.isfinite(answer.scores).all() if question == "detect" else np.array_equal(answer, x[:4])
    assert (model.generate(3) == level).all()


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("question", QUESTIONS)
def test_pictures_of_one_level_are_answered_by_any_model(vae: VAE, question: str, level: int) -> None:
    picture = np.full((9, 12, 3), level, np.uint8)
    answer = asked(Patchwork(vae), question, [picture], mask=np.eye(9, 12, dtype=bool))
    found = answer.scores if question == "detect" else answer[0]
    assert np.isfinite(found).all()
    assert question != "compress" or np.array_equal(found, picture)


@pytest.mark.parametrize("question", ["detect", "impute"])
def test_a_picture_20_000_wide_is_answered(vae: VAE, question: str) -> None:
    picture = np.tile(X[0], (1, 2500, 1))
    missing = np.zeros((8, 20_000), bool)
    missing[2:4, 19_990] = True
    answer = asked(Patchwork(vae, overlap=0), question, [picture], mask=missing)
    if question == "detect":
        assert answer.heat[0].shape == (8, 20_000)
    else:
        assert np.array_equal(answer[0][~missing], picture[~missing])


OTHER: dict[str, tuple[np.ndarray, str]] = {
    "grey": (X[0, ..., 0], "convert"),
    "grey and alpha": (X[0, ..., :2], "convert"),
    "alpha": (X[0][..., [0, 1, 2, 0]], "convert"),
    "one pixel": (X[0, :1, :1], "smaller"),
    "flat": (np.zeros((3, 90, 3), np.uint8), "smaller"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", OTHER)
def test_other_channels_and_smaller_pictures_name_the_cure(vae: VAE, question: str, name: str) -> None:
    picture, cure = OTHER[name]
    for of, given in ((vae, picture[None]), (Patchwork(vae), [picture])):
        with pytest.raises(InputError, match=cure) as caught:
            asked(of, question, given)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("question", QUESTIONS)
def test_more_bits_than_trained_are_answered_by_the_nearest_levels_with_a_warning(vae: VAE, question: str) -> None:
    deep = np.tile(X[:1], (1, 2, 1, 1)).astype(np.uint16) * 257
    hole = np.eye(8, dtype=bool)
    for of, given, mask in ((vae, deep[:, :8], hole), (Patchwork(vae), list(deep), np.tile(hole, (2, 1)))):
        if question == "compress":
            assert np.array_equal(asked(of, question, given)[0], given[0])
            continue
        with pytest.warns(QuintetWarning, match="levels of training|nearest"):
            answer = asked(of, question, given, mask=mask)
        if question == "impute":
            assert np.array_equal(np.asarray(answer[0])[~mask], given[0][~mask])
            assert np.asarray(answer[0])[mask].max() <= 255
        if question == "detect":
            assert (answer.p_values <= 0.5).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda v: v.impute(X, mask=np.zeros((7, 8), bool)), r"mask must have the shape .* got \(7, 8\)"),
        (lambda v: Patchwork(v).impute([X[0]], mask=np.zeros((7, 8), bool)), r"must have its shape, .*got \(7, 8\)"),
        (lambda v: v.denoise(X, "stripes"), "is not known: allowed are"),
        (lambda v: Patchwork(v).denoise([X[0]], "stripes"), "is not known: allowed are"),
        (lambda v: fitted(X > 127, context="none").denoise(X > 127, "normal"), "does not fit rows of kind 'binary'"),
        (lambda v: v.decompress(v.compress(X[:9])[:-20]), "."),
        (lambda v: Patchwork(v).decompress(Patchwork(v).compress([X[0]])[:-1]), "damaged or cut short"),
    ],
    ids=["mask", "mask of a picture", "noise", "noise of a picture", "noise of zeros and ones", "cut", "cut pictures"],
)
def test_what_does_not_fit_is_said_in_a_sentence(vae: VAE, make: Callable[[VAE], object], says: str) -> None:
    with pytest.raises(QuintetError, match=says) as caught:
        make(vae)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("question", ["compress", "detect", "denoise", "impute"])
@pytest.mark.parametrize("name", [*OTHER, "cut"])
def test_the_command_says_it_in_a_sentence_and_writes_nothing(
    vae: VAE, tmp_path: Path, question: str, name: str
) -> None:
    from PIL import Image

    vae.save(tmp_path / "m")
    picture = X[0] if name == "cut" else OTHER[name][0]
    Image.fromarray(picture).save(tmp_path / "a.png")
    if name == "cut":
        content = (tmp_path / "a.png").read_bytes()
        (tmp_path / "a.png").write_bytes(content[: len(content) // 2])
    out = tmp_path / {"compress": "x.qnt", "detect": "x.csv"}.get(question, "x.npy")
    result = invoke(question, tmp_path / "m", tmp_path / "a.png", "--out", out)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert ("as an image" if name == "cut" else OTHER[name][1]) in " ".join(result.output.split())
    assert not out.exists()
