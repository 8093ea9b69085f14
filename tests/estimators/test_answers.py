"""The public face: shapes, units, conditions, holes, single rows, containers, and what is refused."""

from typing import Any

import numpy as np
import pytest

from quintet import VAE
from quintet.errors import InputError, QuintetWarning, Unanswerable

TINY: dict[str, Any] = {
    "latent_dim": 3,
    "network": {"kind": "mlp", "hidden": (32,)},
    "epochs": 6,
    "training": {"batch_size": 64},
}


@pytest.mark.filterwarnings("ignore:.*calibration rows are too few")
def test_shapes_and_types_of_every_answer(digits: VAE, images: np.ndarray) -> None:
    X = images[250:260]
    assert digits.generate(4).shape == (4, 8, 8)
    assert digits.generate(4).dtype == np.uint8
    assert digits.transform(X).shape == (10, 3)
    assert digits.inverse_transform(digits.transform(X)).shape == X.shape
    assert digits.reconstruct(X).dtype == np.uint8
    assert digits.denoise(X, effort="low").shape == X.shape
    assert digits.interpolate(X[0], X[1], steps=5).shape == (5, 8, 8)
    assert digits.interpolate(X[:2], X[2:4], steps=5).shape == (2, 5, 8, 8)
    assert digits.traverse(X[0], 1, steps=7).shape == (7, 8, 8)
    assert digits.log_prob(X, draws=5).shape == (10,)
    assert isinstance(digits.score(X), float)
    found = digits.detect(images)
    assert found.scores.shape == found.p_values.shape == found.is_anomaly.shape == (300,)
    assert found.where.shape == images.shape
    assert np.array_equal(-found.scores, digits.score_samples(images))
    figures = digits.evaluate(X, rows="all", draws=20)
    assert figures["elbo"] == pytest.approx(digits.score(X))
    assert figures["rows_trained_on"] == (digits.parts_of(X) == "train").sum()
    fair = digits.evaluate(images[200:], draws=2)
    kept = images[200:][digits.parts_of(images[200:]) != "train"]
    assert (fair["rows"], fair["rows_trained_on"]) == (len(kept), 100 - len(kept))
    assert fair["elbo"] == pytest.approx(digits.score(kept))
    with pytest.warns(QuintetWarning, match="rows trained this model"):
        digits.evaluate(images[:250][digits.parts_of(images[:250]) == "train"], draws=2)
    with pytest.raises(InputError, match="did you mean 'all'"):
        digits.evaluate(X, rows="al")
    assert set(np.unique(digits.predict(images))) <= {-1, 1}
    assert list(digits.get_feature_names_out()) == ["vae0", "vae1", "vae2"]


def test_lossless_and_lossy_compression(digits: VAE, images: np.ndarray) -> None:
    blob = digits.compress(images)
    assert np.array_equal(digits.decompress(blob), images)
    assert digits.decompress(blob).dtype == images.dtype
    lossy = digits.compress(images, lossy=True)
    assert len(lossy) < len(blob)
    assert digits.decompress(lossy).shape == images.shape


def test_the_ends_of_a_line_are_the_reconstructions(digits: VAE, images: np.ndarray) -> None:
    line = digits.interpolate(images[0], images[1], steps=4)
    assert np.array_equal(line[[0, -1]], digits.reconstruct(images[:2]))


def test_a_traversal_moves_one_latent(digits: VAE, images: np.ndarray) -> None:
    z = digits.transform(images[:1])
    same = digits.traverse(images[0], 2, values=[float(z[0, 2])])
    assert np.array_equal(same, digits.reconstruct(images[:1]))
    walk = digits.traverse(images[0], 2, values=[-3, 3])
    assert not np.array_equal(walk[0], walk[1])


def test_rows_come_back_in_the_users_units(numbers: VAE, table: np.ndarray) -> None:
    back = numbers.reconstruct(table)
    assert back.dtype == table.dtype
    assert np.abs(back.mean(0) - table.mean(0)).max() < 1.5 * table.std(0).max()
    assert np.corrcoef(back[:, 3], table[:, 3])[0, 1] > 0.5


def test_transform_keeps_the_type_of_floats(numbers: VAE, table: np.ndarray) -> None:
    assert numbers.transform(table).dtype == np.float64
    assert numbers.transform(table.astype(np.float32)).dtype == np.float32


def test_imputation_returns_what_was_seen_bit_for_bit(numbers: VAE, table: np.ndarray) -> None:
    holes = table.copy()
    holes[::2, 1] = np.nan
    there = ~np.isnan(holes)
    for filled in (numbers.impute(holes), *numbers.impute(holes, draws=3)):
        assert not np.isnan(filled).any()
        assert np.array_equal(filled[there], holes[there])
    assert numbers.impute(holes, draws=3).shape == (3, *holes.shape)
    assert np.isnan(holes[0, 1]), "the user's array is left alone"


def test_a_masked_cell_has_no_influence(digits: VAE, images: np.ndarray) -> None:
    mask = np.zeros((8, 8), dtype=bool)
    mask[4:] = True
    other = images[:20].copy()
    other[:, 4:] = 255 - other[:, 4:] % 16
    other = np.minimum(other, 16)
    for ask in (digits.transform, digits.score_samples, digits.log_prob, digits.reconstruct):
        assert np.array_equal(ask(images[:20], mask=mask), ask(other, mask=mask)), ask.__name__
    filled, again = digits.impute(images[:20], mask=mask), digits.impute(other, mask=mask)
    assert np.array_equal(filled, again)


@pytest.mark.parametrize("ask", ["transform", "score_samples", "log_prob", "reconstruct"])
def test_an_answer_does_not_depend_on_the_other_rows(digits: VAE, images: np.ndarray, ask: str) -> None:
    whole = getattr(digits, ask)(images)
    for index in ([7], [290, 3, 41], list(range(17, 280))):
        assert np.array_equal(getattr(digits, ask)(images[index]), whole[index])


def test_conditions_are_taken_by_every_question(conditional: VAE, images: np.ndarray, labels: np.ndarray) -> None:
    X, y = images[:12], labels[:12]
    assert conditional.generate(6, condition=7).shape == (6, 8, 8)
    assert conditional.generate(3, condition=[1, 2, 3]).shape == (3, 8, 8)
    assert np.array_equal(conditional.decompress(conditional.compress(X, condition=y)), X)
    each = np.stack([conditional.log_prob(X, c, draws=5) for c in range(10)])
    share = np.log(np.bincount(labels[:250]) / 250)[:, None]
    np.testing.assert_allclose(conditional.log_prob(X, draws=5), np.logaddexp.reduce(each + share), rtol=1e-4)
    assert conditional.denoise(X, condition=y, effort="low").shape == X.shape
    assert conditional.impute(X, mask=np.eye(8, dtype=bool), condition=y, effort="low").shape == X.shape
    assert conditional.transform(X, y).shape == conditional.transform(X).shape == (12, 3)
    assert not np.array_equal(
        conditional.inverse_transform(np.zeros((1, 3)), 0), conditional.inverse_transform(np.zeros((1, 3)), 1)
    )
    assert np.isfinite(conditional.score(X, y))
    with pytest.raises(InputError, match="must be one of the training labels"):
        conditional.generate(3, condition=12)


def test_a_condition_for_an_unconditional_model_is_refused(digits: VAE, images: np.ndarray, labels: np.ndarray) -> None:
    X, y = images[:5], labels[:5]
    for ask in (
        lambda: digits.generate(3, condition=7),
        lambda: digits.compress(X, y),
        lambda: digits.denoise(X, condition=y),
        lambda: digits.detect(X, condition=y),
        lambda: digits.impute(X, mask=np.eye(8, dtype=bool), condition=y),
        lambda: digits.transform(X, y),
        lambda: digits.log_prob(X, y),
        lambda: digits.inverse_transform(np.zeros((2, 3)), 1),
    ):
        with pytest.raises(InputError, match="ondition"):
            ask()


def test_y_is_ignored_by_unconditional_variants(images: np.ndarray, labels: np.ndarray, digits: VAE) -> None:
    with_labels = VAE(**TINY).fit(images[:250], labels[:250])
    assert with_labels.fitted_.fingerprint == digits.fitted_.fingerprint
    assert digits.score(images[:9], labels[:9]) == digits.score(images[:9])


def test_frames_come_back_as_frames_where_asked(table: np.ndarray) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(table, columns=list("abcde"), index=range(100, 300))
    vae = VAE(**TINY).set_output(transform="pandas").fit(frame)
    latents = vae.transform(frame)
    assert list(latents.columns) == ["vae0", "vae1", "vae2"]
    assert list(latents.index) == list(frame.index)
    assert list(vae.generate(3).columns) == list("abcde")
    holes = frame.mask(frame > frame.mean() * 1.0)
    with pytest.warns(QuintetWarning, match="No cell is observed in rows"):
        filled = vae.impute(holes, effort="low")
    assert list(filled.columns) == list("abcde")
    assert list(filled.index) == list(frame.index)
    assert not filled.isna().to_numpy().any()


def test_polars_frames_are_read(table: np.ndarray) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(table, schema=list("abcde"))
    vae = VAE(**TINY).fit(frame)
    assert list(vae.feature_names_in_) == list("abcde")
    assert vae.schema_.kind == "columns"
    assert np.array_equal(vae.transform(frame), vae.transform(frame.to_numpy()))  # by their places
    real = VAE(**TINY, kind="real").fit(frame)
    assert np.array_equal(real.transform(frame), VAE(**TINY).fit(frame.to_numpy()).transform(frame.to_numpy()))


def test_tensors_are_read(images: np.ndarray, digits: VAE) -> None:
    import torch

    assert np.array_equal(digits.transform(torch.from_numpy(images)), digits.transform(images))


def test_a_variant_that_cannot_answer_says_why(
    digits: VAE, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quintet.variants import get

    monkeypatch.setattr(get("vae"), "answers", {"compress": "it has no posterior."})
    with pytest.raises(Unanswerable, match="variant 'vae' cannot compress: it has no posterior"):
        digits.compress(images)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"variant": "vea"}, "did you mean 'vae'"),
        ({"preset": "quick"}, "preset='quick' is not known"),
        ({"training": {"batchsize": 3}}, "no option 'batchsize': did you mean 'batch_size'"),
        ({"kind": "image"}, "kind='image' is not known"),
        ({"network": "cnn"}, "network='cnn' is not known"),
        ({"device": "abacus"}, "device must be one of this machine's .*got 'abacus'"),
        ({"variant": "cvae"}, "needs a condition"),
    ],
)
def test_parameters_are_refused_in_one_sentence(params: dict[str, Any], words: str, images: np.ndarray) -> None:
    with pytest.raises(InputError, match=words) as refusal:
        VAE(**TINY | params).fit(images[:40])
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda vae, X: vae.transform(X[:, :7]), "shape"),
        (lambda vae, X: vae.transform(X.reshape(len(X), -1)[:, :60]), "60 features"),
        (lambda vae, X: vae.transform(X.astype(float) + np.inf), "finite, or NaN"),
        (lambda vae, X: vae.interpolate(X[:2], X[:3]), "a and b must hold as many rows"),
        (lambda vae, X: vae.denoise(X, noise="rain"), "noise='rain' is not known"),
        (lambda vae, X: vae.impute(X, mask=np.zeros((3, 3))), "mask must have the shape"),
    ],
)
def test_questions_are_refused_in_one_sentence(digits: VAE, images: np.ndarray, ask: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as refusal:
        ask(digits, images[:5])
    assert "\n" not in str(refusal.value)
