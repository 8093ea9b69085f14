"""Answers that are rows come in the container of `set_output`; weights count rows where scikit-learn's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quintet import VAE, Classifier, Translator
from quintet.errors import InputError
from tests.shared import hardly_measured

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 3)) @ RNG.normal(size=(3, 3))
HOLES = np.where(RNG.random((8, 3)) < 0.3, np.nan, ROWS[:8])
LABELS = np.arange(60) % 2
NAMES = ["x0", "x1", "x2"]
TINY = {"latent_dim": 2, "epochs": 1, "network": "mlp", "kind": "real", "calibration": 0.0}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}


@pytest.fixture(scope="module")
def vae() -> VAE:
    with hardly_measured():
        return VAE("cvae", **TINY).fit(ROWS, LABELS)


ANSWERS = {
    "generate": lambda vae: vae.generate(4, random_state=0),
    "reconstruct": lambda vae: vae.reconstruct(ROWS[:4]),
    "inverse_transform": lambda vae: vae.inverse_transform(np.zeros((4, 2))),
    "denoise": lambda vae: vae.denoise(ROWS[:4], "normal", rate=0.1, effort="low"),
    "impute": lambda vae: vae.impute(HOLES, effort="low"),
    "impute draws": lambda vae: vae.impute(HOLES, draws=2, effort="low"),
    "interpolate": lambda vae: vae.interpolate(ROWS[0], ROWS[1], steps=4),
    "interpolate several": lambda vae: vae.interpolate(ROWS[:2], ROWS[2:4], steps=4),
    "traverse": lambda vae: vae.traverse(ROWS[0], 1, steps=4),
    "transfer_style": lambda vae: vae.transfer_style(ROWS[:4], ROWS[4:8]),
    "augment": lambda vae: vae.augment(ROWS, LABELS, per_class=2)[0],
}


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_of_rows_comes_in_the_container_that_was_set(name: str, library: str, vae: VAE) -> None:
    plain = ANSWERS[name](vae)
    assert isinstance(plain, np.ndarray)
    try:
        framed = ANSWERS[name](vae.set_output(transform=library))
    finally:
        vae.set_output(transform="default")
    parts = framed if isinstance(framed, list) else [framed]
    for part in parts:
        assert isinstance(part, FRAMES[library])
        assert list(part.columns) == NAMES
    cells: Any = [part.to_numpy() for part in parts]
    np.testing.assert_array_equal(cells if isinstance(framed, list) else cells[0], plain)


@pytest.mark.parametrize("library", FRAMES)
def test_a_translator_answers_in_the_container_that_was_set(library: str) -> None:
    with hardly_measured():
        translator = Translator(VAE("translate", **TINY), epochs=1).fit(None, ROWS)
    plain = translator.transform(ROWS[:4])
    assert isinstance(plain, np.ndarray)
    framed = translator.set_output(transform=library).transform(ROWS[:4])
    assert isinstance(framed, FRAMES[library])
    np.testing.assert_array_equal(framed.to_numpy(), plain)
    assert isinstance(translator.set_output().transform(ROWS[:4]), FRAMES[library])
    with pytest.raises(InputError, match="did you mean 'pandas'"):
        translator.set_output(transform="panda")


def test_rows_of_a_list_have_no_index(vae: VAE) -> None:
    try:
        framed = vae.set_output(transform="pandas").reconstruct(ROWS[:3].tolist())
    finally:
        vae.set_output(transform="default")
    assert list(framed.index) == [0, 1, 2]


def test_a_weight_of_two_counts_as_a_row_that_occurs_twice_and_of_zero_as_none(vae: VAE) -> None:
    each = [vae.score(ROWS[i : i + 1], LABELS[i : i + 1]) for i in range(3)]
    found = vae.score(ROWS[:3], LABELS[:3], sample_weight=[2.0, 1.0, 0.0])
    assert found == pytest.approx((2 * each[0] + each[1]) / 3, rel=1e-5)
    assert vae.score(ROWS[:3], LABELS[:3], sample_weight=[1, 1, 1]) == pytest.approx(vae.score(ROWS[:3], LABELS[:3]))
    with pytest.raises(InputError, match="sample_weight"):
        vae.score(ROWS[:3], LABELS[:3], sample_weight=[1, 1])


def test_a_classifier_leaves_rows_of_weight_zero_out() -> None:
    labels = np.where(np.arange(60) < 55, LABELS, 7)
    weight = np.where(np.arange(60) < 55, 1.0, 0.0)
    make = VAE("semi", **TINY)
    with hardly_measured():
        weighted = Classifier(make).fit(ROWS, labels, sample_weight=weight)
        without = Classifier(make).fit(ROWS[:55], labels[:55])
    assert weighted.classes_.tolist() == [0, 1]
    np.testing.assert_array_equal(weighted.predict_proba(ROWS), without.predict_proba(ROWS))


def test_weights_change_what_a_classifier_learns() -> None:
    make = VAE("semi", **(TINY | {"epochs": 25}))
    weight = np.where(LABELS == 1, 20.0, 1.0)
    with hardly_measured():
        plain, weighted = Classifier(make).fit(ROWS, LABELS), Classifier(make).fit(ROWS, LABELS, sample_weight=weight)
    assert weighted.predict_proba(ROWS)[:, 1].mean() > plain.predict_proba(ROWS)[:, 1].mean()
