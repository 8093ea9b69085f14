"""The other estimators, and the report, with tables of columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quintet import VAE, Classifier, Imputer, Translator
from quintet.errors import InputError
from quintet.report import report
from tests.shared import answering_in_haste, hardly_measured
from tests.tables import assert_legal, small_table

TINY = {"latent_dim": 3, "network": {"kind": "mlp", "hidden": (16,)}, "context": "none"}


def test_an_imputer_fills_frames_and_keeps_what_is_there() -> None:
    rows = small_table(120)
    with hardly_measured(), answering_in_haste():
        imputer = Imputer(VAE(epochs=2, **TINY)).fit(rows)
        filled, drawn = imputer.transform(rows), imputer.set_params(sample_posterior=True).transform(rows)
    assert imputer.n_features_in_ == rows.shape[1]
    assert list(imputer.get_feature_names_out()) == list(rows.columns)
    for frame in (filled, drawn):
        assert_legal(frame, rows)
        assert frame.index.equals(rows.index)
        assert frame.age.equals(rows.age)


def test_a_classifier_learns_from_columns_of_text() -> None:
    rows = small_table(160, holes=0.0)
    truth = np.where(rows.age > 42, "old", "young")  # the group, on which all columns depend
    rows = rows.drop(columns=["age", "visits", "price", "when"])
    labels = np.where(np.arange(160) < 60, truth, "-1")
    with hardly_measured():
        model = Classifier(VAE("semi", epochs=60, calibration=0.0, **TINY)).fit(rows, labels)
    assert model.n_features_in_ == rows.shape[1]
    assert model.score(rows[rows.columns[::-1]], truth) > 0.8


def test_a_classifier_of_a_table_has_a_context_decoder_by_default() -> None:
    rows = small_table(60)
    with hardly_measured():
        model = Classifier(VAE("semi", epochs=1, calibration=0.0, **TINY | {"context": "auto"})).fit(rows, rows.free)
    assert model.vae_.fitted_.model.has_context
    share = model.predict_proba(rows)
    np.testing.assert_allclose(share.sum(1), 1)
    np.testing.assert_array_equal(share[:7], model.predict_proba(rows[:7]))


def test_a_translator_says_that_it_needs_images_or_numbers() -> None:
    with pytest.raises(InputError, match=r"^B must be images or rows of numbers, got a table"):
        Translator(VAE("translate", epochs=1)).fit(small_table(60), small_table(60))


def test_the_report_on_a_table_has_every_answer(tmp_path: Path) -> None:
    rows, train = small_table(80, seed=1), small_table(160)
    with hardly_measured(), answering_in_haste():
        model = VAE(epochs=4, **TINY).fit(train)
        page = report(model, pd.concat([rows, train]), out=tmp_path / "page", quick=True)
    text = page.read_text()
    for word in ("Compress", "Generate", "Denoise", "Detect", "Impute", "most surprising columns", "identical"):
        assert word in text
    assert "DIFFER" not in text
    assert text.count("<table") >= 8
