"""Attributes, style, augmentation and clusters: what moves, what balances, what the file keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from quintet import VAE, load
from quintet.errors import InputError, Unanswerable
from quintet.evaluate import slant, thickness
from quintet.tasks.edit.attributes import fit_attribute
from tests.shared import Shared

X, Y = load_digits().images.astype(np.uint8), load_digits().target
NETWORK = {"kind": "mlp", "hidden": (128,)}


@pytest.fixture(scope="module")
def vae(shared: Shared) -> VAE:
    """A model of 1,000 digits."""
    fit = VAE(latent_dim=8, network=NETWORK, epochs=60, training={"batch_size": 64}, calibration=0.0).fit
    return shared("editing-vae", lambda: fit(X[:1000]))


@pytest.fixture(scope="module")
def conditional(shared: Shared) -> VAE:
    fit = VAE("cvae", latent_dim=3, network=NETWORK, epochs=60, training={"batch_size": 64}, calibration=0.0).fit
    return shared("editing-cvae", lambda: fit(X[:1000], Y[:1000]))


@pytest.mark.parametrize("measure", [thickness, slant])
def test_an_edit_moves_the_measured_attribute_monotonically(vae: VAE, measure: Any) -> None:
    values = measure(X[:1000])
    vae.fit_attribute(X[:1000], values, "measured")
    spread = float(values.std())
    steps = [by * spread for by in (-2, -1, 0, 1, 2)]
    means = [float(measure(vae.edit(X[1500:1600], by, "measured")).mean()) for by in steps]
    assert (np.diff(means) > 0.15 * spread).all()


def test_a_label_moves_rows_into_its_class(vae: VAE) -> None:
    vae.fit_attribute(X[:1000], Y[:1000], "digit")
    assert (vae.read_attribute(X[1500:1600], "digit") == Y[1500:1600]).mean() > 0.7
    ones = X[1500:1600][Y[1500:1600] == 1]
    judge = LogisticRegression(max_iter=500).fit(X.reshape(-1, 64)[:1000], Y[:1000])
    for to in (0, 7):
        moved = vae.edit(ones, 20.0, "digit", to=to)
        assert (judge.predict(moved.reshape(-1, 64)) == to).mean() > 0.5


def test_reading_goes_up_by_what_was_asked_for() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 4)) * [1, 2, 0.1, 5]
    y = 3 + z @ [1.0, 0.5, 20.0, 0.0] + 0.01 * rng.normal(size=500)
    found = fit_attribute("y", z, y)
    assert found.quality > 0.99
    start = torch.from_numpy(z[:10]).float()
    moved = found.moved(start, torch.tensor(2.5))
    assert found.read(moved) - found.read(start) == pytest.approx(
        torch.full((10, 1), 2.5, dtype=torch.float64), abs=1e-3
    )
    truth = 3 + moved.numpy() @ [1.0, 0.5, 20.0, 0.0]
    assert truth - y[:10] == pytest.approx(np.full(10, 2.5), abs=0.2)


def test_a_latent_that_the_decoder_does_not_use_is_left_alone() -> None:
    """Its mean determines y exactly; its draws do not."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=1000)
    z = np.stack([y + 0.3 * rng.normal(size=1000), 1e-3 * y], 1)
    found = fit_attribute("y", z, y, blur=np.tile([0.1, 1.0], (1000, 1)))
    assert abs(float(found.step[0, 1])) < 0.1 * abs(float(found.step[0, 0]))


def test_the_file_keeps_attributes(vae: VAE, tmp_path: Path) -> None:
    vae.fit_attribute(X[:300], slant(X[:300]), "slant").fit_attribute(X[:300], Y[:300] > 4, "large")
    vae.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert list(again.attributes_) == list(vae.attributes_)
    assert again.attributes_["large"].levels == (False, True)
    np.testing.assert_array_equal(again.edit(X[:5], 3.0, "slant"), vae.edit(X[:5], 3.0, "slant"))
    np.testing.assert_array_equal(again.edit(X[0], 3.0), vae.edit(X[0], 3.0))  # the last one, a single row
    np.testing.assert_array_equal(again.read_attribute(X[:9]), vae.read_attribute(X[:9]))


@pytest.mark.parametrize("how", ["auto", "walk", "interpolate", "neighbours"])
def test_augmented_rows_balance_the_classes(vae: VAE, conditional: VAE, how: str) -> None:
    few = np.r_[np.flatnonzero(Y[:1000] == 3)[:20], np.flatnonzero(Y[:1000] == 8)[:4], np.flatnonzero(Y == 0)[:1]]
    for model in (vae, conditional) if how != "walk" else (vae,):
        new, y = model.augment(X[few], Y[few], how=how)
        assert new.shape[1:] == (8, 8)
        assert new.dtype == np.uint8
        both = np.concatenate([Y[few], y])
        assert np.unique(both, return_counts=True)[1].tolist() == [20, 20, 20]
        new, y = model.augment(X[few], Y[few], per_class={8: 5}, how=how)
        assert y.tolist() == [8] * 5
        np.testing.assert_array_equal(*(model.augment(X[few], Y[few], 3, how=how, random_state=1)[0] for _ in "ab"))


def test_augmented_rows_look_like_their_class_and_are_new(vae: VAE) -> None:
    new, y = vae.augment(X[:200], Y[:200], per_class=20)
    judge = LogisticRegression(max_iter=500).fit(X.reshape(-1, 64), Y)
    assert (judge.predict(new.reshape(-1, 64)) == y).mean() > 0.75
    assert len(np.unique(new.reshape(-1, 64), axis=0)) == len(new)


def test_a_classifier_of_few_labels_errs_less_with_augmented_rows_beside_them(vae: VAE) -> None:
    """Two labelled rows a digit; the model saw the other rows without labels."""
    errors = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        few = np.concatenate([rng.choice(np.flatnonzero(Y[:1000] == digit), 2, replace=False) for digit in range(10)])
        new, y = vae.augment(X[few], Y[few], per_class=60, random_state=seed)
        alone, beside = SVC(C=10).fit(X[few].reshape(-1, 64), Y[few]), SVC(C=10)
        beside.fit(np.concatenate([X[few], new]).reshape(-1, 64), np.concatenate([Y[few], y]))
        errors.append([1 - judge.score(X[1000:].reshape(-1, 64), Y[1000:]) for judge in (alone, beside)])
    without, with_new = np.mean(errors, 0)
    assert with_new < 0.95 * without


def test_style_is_handed_on(conditional: VAE) -> None:
    """Same z, other condition: the digit of one row, the slant of the other."""
    held, labels = X[1000:], Y[1000:]
    order = np.argsort(slant(held))
    style = held[np.r_[order[80:120], order[-120:-80]]]
    content = held[np.flatnonzero(labels == 0)[:1].repeat(80)]
    mixed = conditional.transfer_style(content, style, content_condition=np.zeros(80, int))
    judge = LogisticRegression(max_iter=500).fit(X.reshape(-1, 64), Y)
    assert (judge.predict(mixed.reshape(-1, 64)) == 0).mean() > 0.8
    assert slant(mixed[40:]).mean() > slant(mixed[:40]).mean() + 2


def test_latents_are_features_in_a_pipeline() -> None:
    vae = VAE(latent_dim=8, network=NETWORK, epochs=20, training={"batch_size": 64})
    pipeline = make_pipeline(vae, StandardScaler(), LogisticRegression(max_iter=500))
    assert pipeline.fit(X[:600], Y[:600]).score(X[600:800], Y[600:800]) > 0.6


@pytest.mark.parametrize("method", ["mixture", "kmeans"])
def test_clusters_find_classes(vae: VAE, method: str) -> None:
    found, shares = vae.cluster(X[:1000], 10, method=method, return_probabilities=True)
    assert adjusted_rand_score(Y[:1000], found) > 0.3
    assert shares.sum(1) == pytest.approx(1)
    sizes = np.bincount(found, minlength=10)
    assert (np.diff(sizes) <= 0).all()


def test_a_walk_needs_latents_that_no_condition_parts(conditional: VAE) -> None:
    with pytest.raises(InputError, match="use how='interpolate'"):
        conditional.augment(X[:9], Y[:9], how="walk")


def test_what_makes_no_sense_is_refused(vae: VAE, numbers: VAE, table: np.ndarray) -> None:
    with pytest.raises(InputError, match="no attribute: call fit_attribute"):
        numbers.edit(table[:3], 1.0)
    with pytest.raises(Unanswerable, match="train variant='cvae'"):
        vae.transfer_style(X[0], X[1])
    with pytest.raises(InputError, match="'dull' must differ between rows, got 1"):
        vae.fit_attribute(X[:9], np.ones(9), "dull")
    vae.fit_attribute(X[:300], Y[:300], "digit")
    for call, words in (
        (lambda: vae.edit(X[:3], 1.0, "digti"), "is not known"),
        (lambda: vae.edit(X[:3], 1.0, "digit"), "to must be one of"),
        (lambda: vae.edit(X[:3], [1.0, 2.0], "digit", to=3), "one for each of 3 rows"),
        (lambda: vae.fit_attribute(X[:3], [1, 2]), "'attribute' must have one value per row, got 2 values"),
        (lambda: vae.augment(X[:9], Y[:9], per_class=-1), "at least 0"),
        (lambda: vae.augment(X[:9], Y[:9], per_class={11: 1}), "got 11"),
        (lambda: vae.augment(X[:9], Y[:9], how="conditional"), "variant='cvae'"),
        (lambda: vae.augment(X[:9], Y[:9], how="magic"), "is not known"),
        (lambda: vae.cluster(X[:9], 10), "from 1 to 9"),
        (lambda: vae.cluster(X[:9], 2, method="dbscan"), "is not known"),
    ):
        with pytest.raises(InputError, match=words):
            call()
